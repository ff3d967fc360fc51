/** Tables of what a kind refuses. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { created, createFindings, lines, testContext, updateFindings } from './objects.ts';

/** What an object or a change leads to: findings as `kubectl` prints them, none when it is fine. */
export type Findings = readonly string[];

/** Creates each manifest. */
export function createCases<T extends KubeObject>(
  kind: Kind<T>,
  cases: Readonly<Record<string, readonly [manifest: object, findings: Findings]>>,
): void {
  for (const [name, [manifest, findings]] of Object.entries(cases)) {
    test(`${kind.kind} create: ${name}`, () => assert.deepEqual(createFindings(kind, manifest), findings));
  }
}

/** Updates what `manifest` creates. */
export function updateCases<T extends KubeObject>(
  kind: Kind<T>,
  manifest: object,
  cases: Readonly<Record<string, readonly [change: (draft: Draft<T>) => void, findings: Findings]>>,
): void {
  for (const [name, [change, findings]] of Object.entries(cases)) {
    test(`${kind.kind} update: ${name}`, () => assert.deepEqual(updateFindings(kind, created(kind, manifest), change), findings));
  }
}

/** Cells of a table row by column name; `wide` ones too. */
export function row<T extends KubeObject>(kind: Kind<T>, object: T, ageSeconds = 0): Record<string, string | number | boolean | null> {
  const nowMs = testContext.nowMs + ageSeconds * 1000;
  return Object.fromEntries(kind.columns.map((column) => [column.name, column.cell(object, nowMs)]));
}

/** Findings of a subresource's update. */
export function subresourceFindings<T extends KubeObject>(kind: Kind<T>, name: string, stored: T, sent: KubeObject): string[] {
  const update = kind.subresources[name]!.update!;
  const draft = { ...stored };
  update.apply(draft as unknown as Draft<KubeObject>, sent, stored, testContext);
  return lines(update.validate?.(draft, stored, testContext) ?? []);
}

/** Updates of the status of what `manifest` creates, whose stored status is `before`. */
export function statusCases<T extends KubeObject & { readonly status?: unknown }>(
  kind: Kind<T>,
  manifest: object,
  cases: Readonly<Record<string, readonly [before: object, after: object, findings: Findings]>>,
): void {
  for (const [name, [before, after, findings]] of Object.entries(cases)) {
    test(`${kind.kind} status: ${name}`, () => {
      const stored = { ...created(kind, manifest), status: before } as T;
      assert.deepEqual(subresourceFindings(kind, 'status', stored, { ...stored, status: after }), findings);
    });
  }
}

/** Warnings for what `manifest` creates. */
export function warningCases<T extends KubeObject>(kind: Kind<T>, cases: Readonly<Record<string, readonly [manifest: object, warnings: Findings]>>): void {
  for (const [name, [manifest, warnings]] of Object.entries(cases)) {
    test(`${kind.kind} warnings: ${name}`, () => assert.deepEqual(kind.strategy.warnings?.(created(kind, manifest), undefined, testContext) ?? [], warnings));
  }
}
