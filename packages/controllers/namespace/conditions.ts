/**
 * What a namespace that is going away says about its content.
 *
 * Source: kube-controller-manager `pkg/controller/namespace/deletion`, status condition utilities.
 */
import type { NamespaceCondition, NamespaceStatus } from '#kinds/core/namespace/schema.ts';

/** What one attempt to empty a namespace found. */
export interface DeletionFindings {
  /** Why some resources are not known; `undefined` when all are. */
  readonly discoveryFailure: string | undefined;
  /** Why content could not be deleted, one text per resource. */
  readonly contentFailures: readonly string[];
  /** Objects left, by `plural.group` (pods: `pods.`). */
  readonly remaining: ReadonlyMap<string, number>;
  /** Objects left that carry a finalizer, by finalizer. */
  readonly finalizers: ReadonlyMap<string, number>;
}

type Verdict = Pick<NamespaceCondition, 'type' | 'status' | 'reason' | 'message'>;

const verdict = (type: string, failed: boolean, good: readonly [string, string], bad: readonly [string, string]): Verdict => {
  const [reason, message] = failed ? bad : good;
  return { type, status: failed ? 'True' : 'False', reason, message };
};

const lines = (counts: ReadonlyMap<string, number>, line: (name: string, count: number) => string): string =>
  [...counts]
    .map(([name, count]) => line(name, count))
    .toSorted()
    .join(', ');

function verdicts({ discoveryFailure, contentFailures, remaining, finalizers }: DeletionFindings): readonly Verdict[] {
  const failures = `Failed to delete all resource types, ${contentFailures.length} remaining: ${contentFailures.toSorted().join(', ')}`;
  const left = `Some resources are remaining: ${lines(remaining, (name, count) => `${name} has ${count} resource instances`)}`;
  const held = `Some content in the namespace has finalizers remaining: ${lines(finalizers, (name, count) => `${name} in ${count} resource instances`)}`;
  return [
    verdict(
      'NamespaceDeletionDiscoveryFailure',
      discoveryFailure !== undefined,
      ['ResourcesDiscovered', 'All resources successfully discovered'],
      ['DiscoveryFailed', discoveryFailure ?? ''],
    ),
    verdict(
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      ['ParsedGroupVersions', 'All legacy kube types successfully parsed'],
      ['GroupVersionParsingFailed', ''],
    ),
    verdict(
      'NamespaceDeletionContentFailure',
      contentFailures.length > 0,
      ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
      ['ContentDeletionFailed', failures],
    ),
    verdict('NamespaceContentRemaining', remaining.size > 0, ['ContentRemoved', 'All content successfully removed'], ['SomeResourcesRemain', left]),
    verdict(
      'NamespaceFinalizersRemaining',
      finalizers.size > 0,
      ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
      ['SomeFinalizersRemain', held],
    ),
  ];
}

/** The status that tells the findings; the same object when it already does. */
export function withFindings(status: NamespaceStatus, findings: DeletionFindings, now: string): NamespaceStatus {
  let conditions = status.conditions ?? [];
  let changed = false;
  for (const next of verdicts(findings)) {
    const known = conditions.find((one) => one.type === next.type);
    if (known && known.status === next.status && known.reason === next.reason && known.message === next.message) continue;
    changed = true;
    if (!known) conditions = [...conditions, { ...next, lastTransitionTime: now }];
    else
      conditions = conditions.map((one) =>
        one === known ? { ...known, ...next, ...(known.status === next.status ? {} : { lastTransitionTime: now }) } : one,
      );
  }
  return changed ? { ...status, conditions } : status;
}
