import { defineKind } from '#machinery/kind.ts';
import { scaleSubresource } from '../../autoscaling/scale/subresource.ts';
import { selectorText } from '../../cells.ts';
import { deploymentColumns } from './columns.ts';
import { defaultDeployment } from './defaults.ts';
import { type Deployment, deployment } from './schema.ts';
import { deploymentStatusSubresource, deploymentStrategy } from './strategy.ts';

/** `deployments` of apps. */
export const deployments = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  schema: deployment,
  subresources: {
    scale: scaleSubresource<Deployment>(({ spec }) => selectorText(spec.selector)),
    status: deploymentStatusSubresource,
  },
  defaults: defaultDeployment,
  strategy: deploymentStrategy,
  columns: deploymentColumns,
});
