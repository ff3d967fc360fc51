/**
 * A pod against a level of the pod security standards at a version.
 */
import { BASELINE_CHECKS } from './baseline-checks.ts';
import type { Check, PodLike, Test, Violation } from './check.ts';
import type { LevelVersion } from './policy.ts';
import { RESTRICTED_CHECKS } from './restricted-checks.ts';

function testAt({ versions }: Check, minor: number): Test | undefined {
  return versions.findLast(({ since }) => since <= minor)?.test;
}

/** The tests of a level at a version, the baseline's first. */
function testsOf({ level, minor }: LevelVersion): readonly Test[] {
  if (level === 'privileged') return [];
  const restricted = level === 'restricted' ? RESTRICTED_CHECKS.filter((check) => testAt(check, minor)) : [];
  const replaced = new Set(restricted.flatMap(({ overrides = [] }) => overrides));
  const checks = [...BASELINE_CHECKS.filter(({ id }) => !replaced.has(id)), ...restricted];
  return checks.flatMap((check) => testAt(check, minor) ?? []);
}

/** What breaks the rules of `at`; empty when nothing does. */
export function violations(pod: PodLike, at: LevelVersion): Violation[] {
  return testsOf(at).flatMap((test) => test(pod) ?? []);
}

/** `a (why), b (why)`. */
export function violationsText(found: readonly Violation[]): string {
  return found.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
}
