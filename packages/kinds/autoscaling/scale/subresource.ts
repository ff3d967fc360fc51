import type { FieldError } from '#machinery/field-error.ts';
import { invalid } from '#machinery/field-error.ts';
import type { KubeObject, Subresource, SubresourceUpdate } from '#machinery/kind.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import type { Draft } from '#machinery/schema.ts';
import { nextGeneration } from '../../strategy.ts';
import type { Scale } from './schema.ts';

/** A workload whose replicas can be set. */
export interface Scalable extends KubeObject {
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly replicas?: number };
}

const SHOWN_METADATA = ['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp'] as const satisfies readonly (keyof ObjectMeta)[];

/**
 * The `scale` subresource of a workload: shows and sets the number of replicas as `autoscaling/v1` Scale.
 *
 * `selector` gives the text of the workload's pod selector, which autoscalers query with.
 */
export function scaleSubresource<T extends Scalable>(selector: (object: T) => string): Subresource {
  const update: SubresourceUpdate = {
    view: (parent) => scaleOf(parent as T, selector(parent as T)),
    apply(draft, sent, stored) {
      const replicas = (sent as Scale).spec?.replicas ?? 0;
      const current = stored as T;
      const changed = (current.spec.replicas ?? 1) !== replicas;
      if (changed) (draft as Draft<Scalable>).spec = { ...current.spec, replicas };
      nextGeneration(draft, stored, changed);
    },
    declares({ spec }) {
      const replicas = (spec as Scale['spec'] | null | undefined)?.replicas;
      return replicas === undefined || replicas === null ? {} : { spec: { replicas } };
    },
    validate: (object) => validateReplicas((object as T).spec.replicas ?? 0),
  };
  return { type: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: ['get', 'patch', 'update'], update };
}

function scaleOf(parent: Scalable, selector: string): Scale {
  const metadata: Record<string, unknown> = {};
  for (const name of SHOWN_METADATA) if (parent.metadata[name] !== undefined) metadata[name] = parent.metadata[name];
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata,
    spec: parent.spec.replicas ? { replicas: parent.spec.replicas } : {},
    status: { replicas: parent.status.replicas ?? 0, ...(selector ? { selector } : {}) },
  };
}

function validateReplicas(replicas: number): FieldError[] {
  return replicas < 0 ? [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')] : [];
}
