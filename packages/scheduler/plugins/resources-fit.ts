/**
 * NodeResourcesFit: what the pod requests must be free; the strategy prefers empty nodes (spreading), full ones (bin packing) or a given shape.
 *
 * Source: the documented arguments and formulas of the plugin.
 */
import { MAX_NODE_SCORE, type Plugin, type Rejection } from '../framework.ts';
import { fitsEmpty } from './fits-empty.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import { amountOf } from '../resources.ts';

/** A resource with its weight in the score. */
export interface WeightedResource {
  readonly name: string;
  readonly weight: number;
}

/** A point of a requested-to-capacity function: at `utilization` percent the node is worth `score` (0..10). */
export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

/** How free resources become points. */
export interface ScoringStrategy {
  readonly type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  readonly resources: readonly WeightedResource[];
  /** For RequestedToCapacityRatio, by rising utilization. */
  readonly shape?: readonly ShapePoint[];
}

/** Arguments of the plugin. */
export interface ResourcesFitArgs {
  /** Extended resources that do not need to be free. */
  readonly ignoredResources?: readonly string[];
  /** Prefixes (`example.com`) of such resources. */
  readonly ignoredResourceGroups?: readonly string[];
  readonly scoringStrategy: ScoringStrategy;
}

/** Cpu and memory, equally. */
export const DEFAULT_RESOURCES: readonly WeightedResource[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

/** The default: prefer the node with the most left. */
export const RESOURCES_FIT_DEFAULTS: ResourcesFitArgs = { scoringStrategy: { type: 'LeastAllocated', resources: DEFAULT_RESOURCES } };

const TOO_MANY_PODS = 'Too many pods';
/** Distinct combinations of lacking resources whose rejections are kept. */
const MAX_REMEMBERED = 1_000;

/** Every resource of which the node has too little left for the pod, in words. */
function insufficientResources(pod: PodInfo, node: NodeInfo, ignored: (name: string) => boolean): Rejection {
  const reasons: string[] = [];
  let resolvable = true;
  if (node.pods.size + 1 > node.allowedPods) reasons.push(TOO_MANY_PODS);
  const check = (name: string, wanted: number): void => {
    if (wanted <= 0 || wanted <= amountOf(node.allocatable, name) - amountOf(node.requested, name)) return;
    reasons.push(`Insufficient ${name}`);
    // More than the node has at all: no other pod's removal helps.
    if (wanted > amountOf(node.allocatable, name)) resolvable = false;
  };
  check('cpu', pod.requests.cpuMillis);
  check('memory', pod.requests.memoryBytes);
  check('ephemeral-storage', pod.requests.ephemeralBytes);
  for (const [name, wanted] of pod.requests.scalars) if (!ignored(name)) check(name, wanted);
  return { reasons, resolvable };
}

/** Resource fit with a scoring strategy. */
export function resourcesFit({ ignoredResources = [], ignoredResourceGroups = [], scoringStrategy }: ResourcesFitArgs = RESOURCES_FIT_DEFAULTS): Plugin {
  const ignored = (name: string): boolean => ignoredResources.includes(name) || ignoredResourceGroups.includes(name.slice(0, Math.max(name.indexOf('/'), 0)));
  const lacking = new Map<string, Rejection>();
  const remembered = (lack: Rejection): Rejection => {
    const key = `${lack.resolvable}${lack.reasons.join()}`;
    const known = lacking.get(key);
    if (known) return known;
    if (lacking.size >= MAX_REMEMBERED) lacking.clear();
    lacking.set(key, lack);
    return lack;
  };
  return {
    name: 'NodeResourcesFit',
    nodeLocal: true,
    events: [
      { on: ['AssignedPodDelete', 'AssignedPodUpdate', 'PodUpdate'] },
      { on: ['NodeAdd', 'NodeAllocatable'], helps: (pod, { next }) => next === undefined || fitsEmpty(pod, next as never) },
    ],
    filter(pod, node): Rejection | undefined {
      const { requests } = pod;
      const { allocatable, requested } = node;
      // The common case without an allocation: it fits.
      if (
        node.pods.size + 1 <= node.allowedPods &&
        (requests.cpuMillis === 0 || requests.cpuMillis <= allocatable.cpuMillis - requested.cpuMillis) &&
        (requests.memoryBytes === 0 || requests.memoryBytes <= allocatable.memoryBytes - requested.memoryBytes) &&
        requests.ephemeralBytes === 0 &&
        requests.scalars.size === 0
      ) {
        return undefined;
      }
      const lack = insufficientResources(pod, node, ignored);
      return lack.reasons.length > 0 ? remembered(lack) : undefined;
    },
    score: (pod, node) => scoreResources(scoringStrategy, pod, node),
  };
}

function scoreResources(strategy: ScoringStrategy, pod: PodInfo, node: NodeInfo): number {
  let sum = 0;
  let weights = 0;
  const ratio = strategy.type === 'RequestedToCapacityRatio';
  for (const { name, weight } of strategy.resources) {
    const capacity = amountOf(node.allocatable, name);
    if (capacity === 0) continue;
    const wanted = amountOf(pod.assumed, name);
    if (wanted === 0 && name !== 'cpu' && name !== 'memory' && name !== 'ephemeral-storage') continue;
    const points = strategyPoints(strategy, amountOf(node.assumedRequested, name) + wanted, capacity);
    // With a shape, resources without points do not thin out the others.
    if (ratio && points <= 0) continue;
    sum += weight * points;
    weights += weight;
  }
  if (weights === 0) return 0;
  return ratio ? Math.round(sum / weights) : Math.floor(sum / weights);
}

function strategyPoints(strategy: ScoringStrategy, requested: number, capacity: number): number {
  switch (strategy.type) {
    case 'LeastAllocated':
      return requested > capacity ? 0 : Math.floor(((capacity - requested) * MAX_NODE_SCORE) / capacity);
    case 'MostAllocated':
      return Math.floor((Math.min(requested, capacity) * MAX_NODE_SCORE) / capacity);
    case 'RequestedToCapacityRatio':
      return requested > capacity ? shapePoints(strategy.shape ?? [], 100) : shapePoints(strategy.shape ?? [], Math.floor((requested * 100) / capacity));
    default:
      return strategy.type satisfies never;
  }
}

/** The piecewise linear function through the shape's points, scaled from 0..10 to 0..100. */
export function shapePoints(shape: readonly ShapePoint[], utilization: number): number {
  const scale = MAX_NODE_SCORE / 10;
  let previous: ShapePoint | undefined;
  for (const point of shape) {
    if (utilization <= point.utilization) {
      if (!previous) return point.score * scale;
      const rise = (point.score - previous.score) * scale;
      return previous.score * scale + Math.trunc((rise * (utilization - previous.utilization)) / (point.utilization - previous.utilization));
    }
    previous = point;
  }
  return (previous?.score ?? 0) * scale;
}
