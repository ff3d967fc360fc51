/** What the table tests of kinds share. */
import assert from 'node:assert/strict';
import { decodeObject } from '#machinery/decode.ts';
import type { FieldError } from '#machinery/field-error.ts';
import type { Kind, KindContext, KubeObject } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { timeToMs } from '#machinery/time.ts';
import { onByDefault } from '../feature-gates.ts';

/** A request at a fixed time with default gates. */
export const testContext: KindContext = {
  nowMs: timeToMs('2026-01-02T03:04:05Z'),
  gate: onByDefault,
  user: { name: 'tester', groups: ['system:authenticated'] },
};

/** The same with some gates switched. */
export function withGates(gates: Readonly<Record<string, boolean>>): KindContext {
  return { ...testContext, gate: (name) => gates[name] ?? onByDefault(name) };
}

/** Findings as `kubectl` prints them, one line each. */
export function lines(errors: readonly FieldError[]): string[] {
  return errors.map(({ field, message }) => `${field}: ${message}`);
}

/** A deep copy that may be assigned. */
export function draftOf<T>(object: unknown): Draft<T> {
  return structuredClone(object) as Draft<T>;
}

/** Freezes all the way down, so that a test fails where a pure function writes. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}

/** A manifest as the API server reads it. @throws AssertionError when it has a field that the kind lacks */
export function decoded<T extends KubeObject>(kind: Kind<T>, manifest: unknown): Draft<T> {
  const { object, problems } = decodeObject<T>(kind.schema, manifest, { mode: 'strict' });
  assert.deepEqual(problems, []);
  return draftOf<T>(object);
}

/** The object as it is stored: defaults, then what creation does to it. */
export function created<T extends KubeObject>(kind: Kind<T>, manifest: unknown, context: KindContext = testContext): T {
  const draft = decoded(kind, manifest);
  kind.defaults?.(draft, context);
  kind.strategy.prepareForCreate?.(draft, context);
  return deepFreeze(draft) as unknown as T;
}

/** Findings of a creation. */
export function createFindings<T extends KubeObject>(kind: Kind<T>, manifest: unknown, context: KindContext = testContext): string[] {
  return lines(kind.strategy.validate?.(created(kind, manifest, context), context) ?? []);
}

/** The object after an update of `stored` by `change`. */
export function updated<T extends KubeObject>(kind: Kind<T>, stored: T, change: (draft: Draft<T>) => void): T {
  const draft = draftOf<T>(stored);
  change(draft);
  kind.defaults?.(draft, testContext);
  kind.strategy.prepareForUpdate?.(draft, stored, testContext);
  return deepFreeze(draft) as unknown as T;
}

/** Findings of an update of `stored` by `change`. */
export function updateFindings<T extends KubeObject>(kind: Kind<T>, stored: T, change: (draft: Draft<T>) => void): string[] {
  return lines(kind.strategy.validateUpdate?.(updated(kind, stored, change), stored, testContext) ?? []);
}
