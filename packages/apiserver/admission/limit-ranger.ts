/**
 * Limit ranges: containers get default requests and limits, and nothing is smaller or larger than allowed.
 *
 * Source: kubernetes `plugin/pkg/admission/limitranger`.
 */
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refusal } from './refusal.ts';
import type { Caches } from '../call.ts';
import { limitRanges } from '#kinds/core/limit-range/kind.ts';
import type { LimitRangeItem } from '#kinds/core/limit-range/schema.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import { podLimits, podRequests } from '#kinds/core/pod/requests.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { compareQuantities, parseQuantity, quantitySign } from '#machinery/quantity.ts';
import type { Draft } from '#machinery/schema.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';

type Amounts = Readonly<Record<string, string>>;

/** What an object asks for. */
interface Usage {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/** One bound on one resource. */
interface Bound {
  /** `Container`, `Pod`, `PersistentVolumeClaim`. */
  readonly type: string;
  readonly resource: string;
  readonly enforced: string;
}

function below({ type, resource, enforced }: Bound, { requests, limits }: Usage): string | undefined {
  const request = requests[resource];
  const limit = limits[resource];
  const start = `minimum ${resource} usage per ${type} is ${enforced}`;
  if (request === undefined) return `${start}.  No request is specified`;
  if (compareQuantities(request, enforced) < 0) return `${start}, but request is ${request}`;
  if (limit !== undefined && compareQuantities(limit, enforced) < 0) return `${start}, but limit is ${limit}`;
  return undefined;
}

function above({ type, resource, enforced }: Bound, { requests, limits }: Usage): string | undefined {
  const request = requests[resource];
  const limit = limits[resource];
  const start = `maximum ${resource} usage per ${type} is ${enforced}`;
  if (type === 'PersistentVolumeClaim') {
    if (request === undefined) return `${start}.  No request is specified`;
  } else {
    if (limit === undefined) return `${start}.  No limit is specified`;
    if (compareQuantities(limit, enforced) > 0) return `${start}, but limit is ${limit}`;
  }
  return request !== undefined && compareQuantities(request, enforced) > 0 ? `${start}, but request is ${request}` : undefined;
}

function ratioAbove({ type, resource, enforced }: Bound, { requests, limits }: Usage): string | undefined {
  const request = requests[resource];
  const limit = limits[resource];
  const start = `${resource} max limit to request ratio per ${type} is ${enforced}`;
  if (request === undefined || quantitySign(request) === 0) return `${start}, but no request is specified or request is 0`;
  if (limit === undefined || quantitySign(limit) === 0) return `${start}, but no limit is specified or limit is 0`;
  const ratio = Number(parseQuantity(limit).nanos) / Number(parseQuantity(request).nanos);
  const most = Number(parseQuantity(enforced).nanos) / 1e9;
  return ratio > most ? `${start}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}

function check(item: LimitRangeItem, usage: Usage): string[] {
  const problems: string[] = [];
  const each = (amounts: Amounts | undefined, test: (bound: Bound, of: Usage) => string | undefined): void => {
    for (const [resource, enforced] of Object.entries(amounts ?? {})) {
      const problem = test({ type: item.type, resource, enforced }, usage);
      if (problem) problems.push(problem);
    }
  };
  each(item.min, below);
  each(item.max, above);
  each(item.maxLimitRequestRatio, ratioAbove);
  return problems;
}

function usageOf(container: Container): Usage {
  return { requests: container.resources?.requests ?? {}, limits: container.resources?.limits ?? {} };
}

function checkPod(items: readonly LimitRangeItem[], pod: Pod): string[] {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  return items.flatMap((item) => {
    if (item.type === 'Container') return containers.flatMap((container) => check(item, usageOf(container)));
    return item.type === 'Pod' ? check(item, { requests: podRequests(pod), limits: podLimits(pod) }) : [];
  });
}

/** Sets what is missing; returns its names. */
function fill(amounts: Record<string, string | undefined>, defaults: Amounts | undefined): string[] {
  const set = Object.keys(defaults ?? {}).filter((name) => amounts[name] === undefined);
  for (const name of set) amounts[name] = defaults![name]!;
  return set;
}

/** Gives a container its defaults; says what was set. */
function fillContainer(container: Draft<Container>, items: readonly LimitRangeItem[], role: string): string[] {
  const limits: Record<string, string | undefined> = { ...container.resources?.limits };
  const requests: Record<string, string | undefined> = { ...container.resources?.requests };
  const set = { limits: [] as string[], requests: [] as string[] };
  for (const item of items) {
    if (item.type !== 'Container') continue;
    set.limits.push(...fill(limits, item.default));
    set.requests.push(...fill(requests, item.defaultRequest));
  }
  const said: string[] = [];
  if (set.requests.length > 0) said.push(`${set.requests.toSorted().join(', ')} request for ${role} ${container.name}`);
  if (set.limits.length > 0) said.push(`${set.limits.toSorted().join(', ')} limit for ${role} ${container.name}`);
  if (said.length === 0) return said;
  container.resources = {
    ...container.resources,
    ...(Object.keys(limits).length > 0 ? { limits: limits as Record<string, string> } : {}),
    ...(Object.keys(requests).length > 0 ? { requests: requests as Record<string, string> } : {}),
  };
  return said;
}

function fillPod(pod: Draft<Pod>, items: readonly LimitRangeItem[]): void {
  const said = [
    ...(pod.spec?.containers ?? []).flatMap((container) => fillContainer(container, items, 'container')),
    ...(pod.spec?.initContainers ?? []).flatMap((container) => fillContainer(container, items, 'init container')),
  ];
  if (said.length === 0) return;
  pod.metadata = { ...pod.metadata, annotations: { ...pod.metadata?.annotations, [ANNOTATION]: `LimitRanger plugin set: ${said.join('; ')}` } };
}

/** The plugin. */
export function limitRanger(caches: Caches): AdmissionPlugin {
  const itemsOf = ({ namespace }: AdmissionRequest): LimitRangeItem[] => caches.list(limitRanges, namespace).flatMap(({ spec }) => spec.limits);
  return {
    name: 'LimitRanger',
    interest: { operations: ['CREATE', 'UPDATE'], resources: ['/pods', '/persistentvolumeclaims'], subresources: ['resize'] },
    admit(request) {
      if (request.kind.plural !== 'pods' || request.operation !== 'CREATE') return;
      const items = itemsOf(request);
      if (items.length > 0) fillPod(request.object as Draft<Pod>, items);
    },
    validate(request) {
      if (request.kind.plural === 'pods' && request.operation === 'UPDATE' && request.subresource !== 'resize') return;
      const items = itemsOf(request);
      if (items.length === 0) return;
      const object = request.object as unknown;
      const problems =
        request.kind.plural === 'pods'
          ? checkPod(items, object as Pod)
          : items
              .filter(({ type }) => type === 'PersistentVolumeClaim')
              .flatMap((item) => check(item, { requests: (object as PersistentVolumeClaim).spec.resources.requests ?? {}, limits: {} }));
      const unique = [...new Set(problems)];
      if (unique.length > 0) throw refusal(request, unique.length === 1 ? unique[0]! : `[${unique.join(', ')}]`);
    },
  };
}
