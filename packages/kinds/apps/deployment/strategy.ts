/**
 * The life of a deployment.
 *
 * Source: kubernetes `pkg/registry/apps/deployment/strategy.go`.
 */
import type { Strategy, Subresource } from '#machinery/kind.ts';
import { sameValue } from '../../semantic-equal.ts';
import { nextGeneration, specStrategy, statusSubresource } from '../../strategy.ts';
import { workloadWarnings } from '../../core/pod/workload-warnings.ts';
import type { Deployment } from './schema.ts';
import { validateDeployment, validateDeploymentStatus, validateDeploymentUpdate } from './validation.ts';

/** Rules of a deployment's life; annotations count for its generation because the revision is one. */
export const deploymentStrategy: Strategy<Deployment> = {
  ...specStrategy<Deployment>({}),
  unconditionalUpdate: true,
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  warnings: (object, stored) => workloadWarnings(object, stored, { field: 'spec.template', template: object.spec.template }),
  prepareForUpdate(draft, stored) {
    draft.status = stored.status as NonNullable<typeof draft.status>;
    const changed = !sameValue(draft.spec, stored.spec) || !sameValue(draft.metadata?.annotations, stored.metadata.annotations);
    nextGeneration(draft, stored, changed);
  },
};

/** `status`: labels cannot be changed through it. */
export const deploymentStatusSubresource: Subresource = statusSubresource<Deployment>({
  keptMetadata: ['labels'],
  validate: validateDeploymentStatus,
});
