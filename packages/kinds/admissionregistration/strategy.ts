/**
 * What the strategies of webhook configurations, policies and bindings share: the generation counts changes of one member.
 *
 * Source: kubernetes `pkg/registry/admissionregistration`.
 */
import type { KubeObject } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { sameValue } from '../semantic-equal.ts';
import { nextGeneration, startGeneration } from '../strategy.ts';

/** Counts changes of the member `counted`. */
export function countedGeneration(counted: 'spec' | 'webhooks'): {
  prepareForCreate(draft: Draft<KubeObject>): void;
  prepareForUpdate(draft: Draft<KubeObject>, stored: KubeObject): void;
} {
  const memberOf = (object: object): unknown => (object as Readonly<Record<string, unknown>>)[counted];
  return {
    prepareForCreate: startGeneration,
    prepareForUpdate: (draft, stored) => nextGeneration(draft, stored, !sameValue(memberOf(draft), memberOf(stored))),
  };
}
