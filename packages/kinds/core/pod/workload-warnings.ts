/** Warnings of workloads, which make pods from a template. Source: the strategies of kubernetes' `pkg/registry/apps` and `batch`. */
import type { KubeObject } from '#machinery/kind.ts';
import { podNamesWarnings } from '../../warnings.ts';
import type { PodTemplateSpec } from './schema.ts';
import { podTemplateWarnings } from './warnings.ts';

/** A template and where it stands. */
interface Place {
  readonly field: string;
  readonly template: PodTemplateSpec | null | undefined;
}

/** Of a workload: its template when it is new or has changed, and its name when it is new and pods are named after it. */
export function workloadWarnings(object: KubeObject, stored: KubeObject | undefined, { field, template }: Place): string[] {
  if (stored && stored.metadata.generation === object.metadata.generation) return [];
  return [...(stored ? [] : podNamesWarnings(object.metadata.name)), ...(template ? podTemplateWarnings(field, template) : [])];
}
