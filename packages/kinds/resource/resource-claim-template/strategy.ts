/**
 * The life of resource claim templates.
 *
 * Source: kubernetes `pkg/apis/resource/validation/validation.go`.
 */
import type { Strategy } from '#machinery/kind.ts';
import { validateAnnotations, validateLabels } from '#machinery/meta-validation.ts';
import { immutable } from '../../rules.ts';
import { adminRequestFindings } from '../admin-access.ts';
import { deviceClaimFindings } from '../claim-validation.ts';
import type { ResourceClaimTemplate } from './schema.ts';

/** Rules of a template's life: it stays as it is. */
export const resourceClaimTemplateStrategy: Strategy<ResourceClaimTemplate> = {
  unconditionalUpdate: true,
  validate: ({ metadata: { namespace }, spec: { metadata, spec } }, context) => [
    ...adminRequestFindings(spec.devices, namespace, context),
    ...validateAnnotations(metadata.annotations, 'spec.metadata.annotations'),
    ...validateLabels(metadata.labels, 'spec.metadata.labels'),
    ...deviceClaimFindings('spec.spec.devices', spec.devices),
  ],
  validateUpdate: ({ spec }, stored) => immutable('spec', spec, stored.spec),
};
