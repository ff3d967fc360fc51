/**
 * What a check of the pod security standards is, and the words that checks share.
 */
import type { Container } from '#kinds/core/pod/container.ts';
import type { PodSpec } from '#kinds/core/pod/schema.ts';

/** A pod, or what a workload makes pods from. */
export interface PodLike {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> | undefined };
  readonly spec: PodSpec;
}

/** What is wrong: `reason (detail)` in messages. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** Looks at one aspect of a pod; `undefined` when it is in order. */
export type Test = (pod: PodLike) => Violation | undefined;

/** A check as it is from a release on. */
export interface CheckVersion {
  /** The minor release from which this holds, until the next version of the check. */
  readonly since: number;
  readonly test: Test;
}

/** One rule of a level through the releases. */
export interface Check {
  readonly id: string;
  /** In ascending order. */
  readonly versions: readonly CheckVersion[];
  /** Checks of the level below that this one replaces. */
  readonly overrides?: readonly string[];
}

/** What the checks look at in every container, ephemeral ones included. */
export type AnyContainer = Pick<
  Container,
  'name' | 'securityContext' | 'ports' | 'livenessProbe' | 'readinessProbe' | 'startupProbe' | 'lifecycle' | 'image'
>;

/** Init containers, containers, ephemeral containers. */
export function allContainers(spec: PodSpec): readonly AnyContainer[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...((spec.ephemeralContainers ?? []) as readonly AnyContainer[])];
}

/** Names of the containers for which `test` holds. */
export function containersWith({ spec }: PodLike, test: (container: AnyContainer) => boolean): string[] {
  return allContainers(spec).flatMap((container) => (test(container) ? [container.name] : []));
}

/** `"a", "b"`. */
export function quoted(names: Iterable<string>): string {
  return [...names].map((name) => JSON.stringify(name)).join(', ');
}

/** Each once, in order. */
export function sortedSet(values: Iterable<string>): string[] {
  return [...new Set(values)].toSorted();
}

/** The word for one or for several. */
export function plural(one: string, several: string, count: number): string {
  return count === 1 ? one : several;
}

/** `container "a"`, `containers "a", "b"`. */
export function containersText(names: readonly string[]): string {
  return `${plural('container', 'containers', names.length)} ${quoted(names)}`;
}

/** `pod and container "a"`: who set something. */
export function settersText(pod: boolean, containers: readonly string[]): string {
  return [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [containersText(containers)] : [])].join(' and ');
}

/** Pods whose root is nobody on the host may do what others may not. Source: KEP-127. */
export function hasUserNamespace({ spec }: PodLike): boolean {
  return spec.hostUsers === false;
}

/** Pods for which settings of Linux mean nothing. */
export function isForWindows({ spec }: PodLike): boolean {
  return spec.os?.name === 'windows';
}

/** The test for pods that `exempt` does not hold for. */
export function unless(exempt: (pod: PodLike) => boolean, test: Test): Test {
  return (pod) => (exempt(pod) ? undefined : test(pod));
}
