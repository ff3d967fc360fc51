import { defineKind } from '#machinery/kind.ts';
import { type Deployment, deployment } from './schema.ts';

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
    scale: { type: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: ['get', 'patch', 'update'] },
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
