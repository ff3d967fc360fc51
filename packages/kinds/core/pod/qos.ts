/**
 * The quality-of-service class of a pod, which decides who is killed first when a node runs short.
 *
 * Source: kubernetes `pkg/apis/core/v1/helper/qos`.
 */
import { addQuantities, compareQuantities, quantitySign } from '#machinery/quantity.ts';
import type { Draft } from '#machinery/schema.ts';
import type { PodSpec } from './schema.ts';
import { isPodLevelResource } from './requests.ts';

/** `Guaranteed`, `Burstable` or `BestEffort`. */
export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

type Amounts = Readonly<Record<string, string | undefined>>;

const COMPUTE = ['cpu', 'memory'] as const;

/** The class that a spec gives: all limits equal to requests, none at all, or something between. */
export function qosClass(spec: PodSpec | Draft<PodSpec>): QosClass {
  if (spec.resources && (hasAny(spec.resources.requests) || hasAny(spec.resources.limits))) {
    return classOf(positive(spec.resources.requests), positive(spec.resources.limits), hasBoth(spec.resources.limits));
  }
  const requests: Record<string, string> = {};
  const limits: Record<string, string> = {};
  let allLimited = true;
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    add(requests, positive(container.resources?.requests));
    add(limits, positive(container.resources?.limits));
    if (!hasBoth(container.resources?.limits)) allLimited = false;
  }
  return classOf(requests, limits, allLimited);
}

function hasAny(amounts: Amounts | undefined): boolean {
  return Object.keys(amounts ?? {}).some(isPodLevelResource);
}

function hasBoth(amounts: Amounts | undefined): boolean {
  return COMPUTE.every((name) => amounts?.[name] !== undefined && quantitySign(amounts[name]) > 0);
}

function positive(amounts: Amounts | undefined): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of COMPUTE) {
    const text = amounts?.[name];
    if (text !== undefined && quantitySign(text) > 0) found[name] = text;
  }
  return found;
}

function add(total: Record<string, string>, amounts: Record<string, string>): void {
  for (const [name, text] of Object.entries(amounts)) total[name] = total[name] === undefined ? text : addQuantities(total[name], text);
}

function classOf(requests: Record<string, string>, limits: Record<string, string>, allLimited: boolean): QosClass {
  const requested = Object.keys(requests);
  const limited = Object.keys(limits);
  if (requested.length === 0 && limited.length === 0) return 'BestEffort';
  const equal = requested.every((name) => limits[name] !== undefined && compareQuantities(limits[name], requests[name]!) === 0);
  return allLimited && equal && requested.length === limited.length ? 'Guaranteed' : 'Burstable';
}
