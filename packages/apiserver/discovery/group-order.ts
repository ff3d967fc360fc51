/**
 * The order in which discovery shows groups and versions.
 *
 * Source: kubernetes `controlplane/apiserver/aggregator.go` (group and version priorities).
 */
import type { Kind } from '#machinery/kind.ts';

/** Higher comes first. Groups that are not here come last, by name. */
const GROUP_PRIORITY: Readonly<Record<string, number>> = {
  'apiregistration.k8s.io': 20_000,
  '': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'admissionregistration.k8s.io': 16_700,
  'apiextensions.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
  'resource.k8s.io': 15_900,
};

/** The priority of groups of extensions. */
const EXTENSION_PRIORITY = 1_000;

/** A version with its kinds, in the order of their names. */
export interface VersionKinds {
  readonly version: string;
  readonly kinds: readonly Kind[];
}

/** A group with its versions, the preferred one first. */
export interface GroupKinds {
  readonly group: string;
  readonly versions: readonly VersionKinds[];
}

const VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/;
const STABILITY: Readonly<Record<string, number>> = { alpha: 0, beta: 1 };

/** Orders versions: stable before beta before alpha, higher numbers first. Source: apimachinery `version.CompareKubeAwareVersionStrings`. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [VERSION.exec(a), VERSION.exec(b)];
  if (!x || !y) return x ? -1 : y ? 1 : a < b ? -1 : Number(a > b);
  const stability = (match: RegExpExecArray): number => (match[2] === undefined ? 2 : STABILITY[match[2]]!);
  return stability(y) - stability(x) || Number(y[1]) - Number(x[1]) || Number(y[3] ?? 0) - Number(x[3] ?? 0);
}

/** All groups in discovery order. */
export function groupKinds(kinds: readonly Kind[]): GroupKinds[] {
  const groups = Map.groupBy(kinds, ({ group }) => group);
  const priority = (group: string): number => GROUP_PRIORITY[group] ?? EXTENSION_PRIORITY;
  const names = [...groups.keys()].sort((a, b) => priority(b) - priority(a) || (a < b ? -1 : 1));
  return names.map((group) => {
    const versions = Map.groupBy(groups.get(group)!, ({ version }) => version);
    return {
      group,
      versions: [...versions.keys()].sort(compareVersions).map((version) => ({
        version,
        kinds: versions.get(version)!.toSorted((a, b) => (a.plural < b.plural ? -1 : 1)),
      })),
    };
  });
}
