/**
 * Status patches of stages: merged like strategic merge patches, with the time where they ask for it.
 */
import { jsonEqual, type JsonObject, type JsonValue } from '#machinery/patch/json-value.ts';
import { applyStrategicMergePatch } from '#machinery/patch/strategic-merge.ts';
import type { Message } from '#machinery/schema.ts';
import { formatTime } from '#machinery/time.ts';

/** Stands for the time in texts of a patch. */
const NOW = '{{now}}';

/** A status with the patch merged in; conditions that change have a new transition time. */
export function withPatch<T extends object>(schema: Message, status: T, patch: JsonObject, nowMs: number): T {
  const now = formatTime(nowMs);
  const before = (status as unknown as JsonObject)['conditions'];
  return applyStrategicMergePatch(schema, status as unknown as JsonObject, stamped(patch, now, conditionsByType(before))) as unknown as T;
}

/** Whether the status is as the patch wants it, times aside. */
export function isPatched(schema: Message, status: object, patch: JsonObject): boolean {
  const current = status as unknown as JsonObject;
  return jsonEqual(applyStrategicMergePatch(schema, current, withoutTimes(patch)), current);
}

type Conditions = ReadonlyMap<string, JsonObject>;

function conditionsByType(list: JsonValue | undefined): Conditions {
  return new Map(((list ?? []) as readonly JsonObject[]).map((one) => [String(one['type'] as string), one]));
}

function stamped(patch: JsonObject, now: string, before: Conditions): JsonObject {
  const { conditions, ...rest } = patch;
  const plain = replaced(rest, now) as JsonObject;
  if (!Array.isArray(conditions)) return plain;
  const changed = (conditions as readonly JsonObject[]).map((one) => {
    const moves = one['lastTransitionTime'] === undefined && one['status'] !== undefined && before.get(String(one['type'] as string))?.['status'] !== one['status'];
    return replaced(moves ? { ...one, lastTransitionTime: now } : one, now);
  });
  return { ...plain, conditions: changed };
}

function replaced(value: JsonValue, now: string): JsonValue {
  if (typeof value === 'string') return value.replaceAll(NOW, now);
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((one) => replaced(one, now));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value as JsonObject).map(([key, one]) => [key, replaced(one, now)]));
}

const isTimed = (value: JsonValue): boolean => typeof value === 'string' && value.includes(NOW);

function withoutTimes<V extends JsonValue>(value: V): V {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).filter((one) => !isTimed(one)).map(withoutTimes) as unknown as V;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value as JsonObject).filter(([, one]) => !isTimed(one)).map(([key, one]) => [key, withoutTimes(one)])) as unknown as V;
}
