/**
 * The life of a replication controller.
 *
 * Source: kubernetes `pkg/registry/core/replicationcontroller`, `pkg/apis/core/validation` ValidateReplicationController.
 */
import { type FieldError, invalid, required } from '#machinery/field-error.ts';
import type { Column, KindContext, Strategy, Subresource } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { replicaCounts, runningTemplate } from '../../apps/validation.ts';
import { ageColumn, containerColumns, labelsCell, nameColumn, selectorColumn } from '../../cells.ts';
import { nonNegative } from '../../rules.ts';
import { specStrategy, statusSubresource } from '../../strategy.ts';
import { defaultPodTemplate } from '../pod/defaults.ts';
import { ratcheted } from '../pod/validation/ratchet.ts';
import { workloadWarnings } from '../pod/workload-warnings.ts';
import type { ReplicationController } from './schema.ts';

/** Fills a replication controller: it selects the labels of its template and bears them. */
export function defaultReplicationController(draft: Draft<ReplicationController>): void {
  const spec = (draft.spec ??= {});
  spec.replicas ??= 1;
  const labels = spec.template?.metadata?.labels;
  if (labels && Object.keys(labels).length) {
    if (!Object.keys(spec.selector ?? {}).length) spec.selector = { ...labels };
    if (!Object.keys(draft.metadata?.labels ?? {}).length) draft.metadata = { ...draft.metadata, labels: { ...labels } };
  }
  defaultPodTemplate(spec.template);
}

/** Rules of a replication controller's life; its pods are orphaned by a delete that does not say otherwise. */
export const replicationControllerStrategy: Strategy<ReplicationController> = {
  ...specStrategy<ReplicationController>({ replicas: 0 }),
  unconditionalUpdate: true,
  defaultPropagation: 'Orphan',
  validate,
  validateUpdate: (controller, stored, context) => ratcheted(validate(controller, context), () => validate(stored, context)),
  warnings: (object, stored) => workloadWarnings(object, stored, { field: 'spec.template', template: object.spec.template }),
};

function validate({ spec }: ReplicationController, { gate }: KindContext): FieldError[] {
  const selector = Object.entries(spec.selector ?? {});
  const errors = nonNegative('spec.minReadySeconds', spec.minReadySeconds);
  if (!selector.length) errors.push(required('spec.selector'));
  errors.push(...nonNegative('spec.replicas', spec.replicas));
  if (!spec.template) return [...errors, required('spec.template')];
  const labels = spec.template.metadata?.labels ?? {};
  if (selector.some(([key, value]) => labels[key] !== value))
    errors.push(invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'));
  return [...errors, ...runningTemplate('spec.template', spec.template, 'ReplicationController', gate)];
}

/** `status`. */
export const replicationControllerStatusSubresource: Subresource = statusSubresource<ReplicationController>({
  validate: ({ status }) => replicaCounts('status', status),
});

/** What `kubectl get replicationcontrollers` shows. */
export const replicationControllerColumns: readonly Column<ReplicationController>[] = [
  nameColumn,
  { name: 'Desired', type: 'integer', description: 'Replicas that are wanted.', cell: ({ spec }) => spec.replicas ?? 1 },
  { name: 'Current', type: 'integer', description: 'Replicas that exist.', cell: ({ status }) => status.replicas },
  { name: 'Ready', type: 'integer', description: 'Replicas that are ready.', cell: ({ status }) => status.readyReplicas ?? 0 },
  ageColumn,
  ...containerColumns,
  selectorColumn(({ spec }) => labelsCell(spec.selector)),
];
