/**
 * Arguments of plugins from their configuration: defaults filled in, values checked.
 *
 * Source: the documented defaults and rules of the argument types.
 */
import { at, child, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { PluginArgs } from '../plugins/registry.ts';
import { DEFAULT_RESOURCES, type ScoringStrategy, type ShapePoint, type WeightedResource } from '../plugins/resources-fit.ts';
import type {
  BalancedAllocationArgs,
  DefaultPreemptionArgs,
  InterPodAffinityConfigArgs,
  NodeAffinityConfigArgs,
  NodeResourcesFitArgs,
  PodTopologySpreadConfigArgs,
  VolumeBindingArgs,
} from './schema.ts';

/** Arguments ready for use, or what is wrong with them. */
export interface CheckedArgs {
  readonly args: PluginArgs;
  readonly errors: readonly FieldError[];
}

type Check<T> = (args: T, path: string) => CheckedArgs;

const MAX_WEIGHT = 100;
const MAX_UTILIZATION = 100;
const MAX_SHAPE_SCORE = 10;
const STRATEGIES = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'] as const;

const fit: Check<NodeResourcesFitArgs> = (args, path) => {
  const { type = 'LeastAllocated', resources = [], requestedToCapacityRatio } = args.scoringStrategy ?? {};
  const where = child(path, 'scoringStrategy');
  const errors = resourceErrors(resources, child(where, 'resources'));
  const known = STRATEGIES.find((one) => one === type);
  if (!known) errors.push(notSupported(child(where, 'type'), type, STRATEGIES));
  const shape = requestedToCapacityRatio?.shape ?? [];
  if (type === 'RequestedToCapacityRatio') errors.push(...shapeErrors(shape, child(where, 'requestedToCapacityRatio', 'shape')));
  const scoringStrategy: ScoringStrategy = { type: known ?? 'LeastAllocated', resources: weighted(resources), shape };
  const { ignoredResources = [], ignoredResourceGroups = [] } = args;
  for (const [i, group] of ignoredResourceGroups.entries()) {
    if (group.includes('/')) errors.push(invalid(at(child(path, 'ignoredResourceGroups'), i), group, "resource group name can't contain '/'"));
  }
  return { args: { NodeResourcesFit: { ignoredResources, ignoredResourceGroups, scoringStrategy } }, errors };
};

const balanced: Check<BalancedAllocationArgs> = ({ resources = [] }, path) => {
  const errors = resourceErrors(resources, child(path, 'resources'));
  for (const [i, { weight }] of resources.entries()) if (weight !== undefined && weight !== 1) errors.push(invalid(at(child(path, 'resources'), i), weight, 'resource weight must be 1'));
  return { args: { NodeResourcesBalancedAllocation: { resources: weighted(resources) } }, errors };
};

const affinity: Check<NodeAffinityConfigArgs> = ({ addedAffinity }, path) => {
  const { requiredDuringSchedulingIgnoredDuringExecution: hard, preferredDuringSchedulingIgnoredDuringExecution: soft } = addedAffinity ?? {};
  const empty = addedAffinity !== undefined && hard === undefined && (soft ?? []).length === 0;
  const errors = empty ? [required(child(path, 'addedAffinity'), 'must have at least one of the required or preferred terms')] : [];
  return { args: { NodeAffinity: addedAffinity ? { addedAffinity } : {} }, errors };
};

const spread: Check<PodTopologySpreadConfigArgs> = ({ defaultConstraints = [], defaultingType = 'System' }, path) => {
  const errors: FieldError[] = [];
  if (defaultingType === 'System' && defaultConstraints.length > 0) errors.push(invalid(child(path, 'defaultingType'), defaultingType, 'when .defaultConstraints are not empty'));
  for (const [i, { maxSkew, topologyKey, labelSelector }] of defaultConstraints.entries()) {
    const where = at(child(path, 'defaultConstraints'), i);
    if (maxSkew <= 0) errors.push(invalid(child(where, 'maxSkew'), maxSkew, 'not in valid range (0, inf)'));
    if (topologyKey === '') errors.push(required(child(where, 'topologyKey'), 'can not be empty'));
    if (labelSelector) errors.push(forbiddenField(child(where, 'labelSelector'), 'constraint must not define a selector, as they deduced for each pod'));
  }
  return { args: { PodTopologySpread: { defaultConstraints, defaultingType: defaultingType === 'List' ? 'List' : 'System' } }, errors };
};

const interPod: Check<InterPodAffinityConfigArgs> = ({ hardPodAffinityWeight = 1, ignorePreferredTermsOfExistingPods = false }, path) => {
  const valid = hardPodAffinityWeight >= 0 && hardPodAffinityWeight <= MAX_WEIGHT;
  return {
    args: { InterPodAffinity: { hardPodAffinityWeight, ignorePreferredTermsOfExistingPods } },
    errors: valid ? [] : [invalid(child(path, 'hardPodAffinityWeight'), hardPodAffinityWeight, 'not in valid range [0, 100]')],
  };
};

const preemption: Check<DefaultPreemptionArgs> = ({ minCandidateNodesPercentage = 10, minCandidateNodesAbsolute = 100 }, path) => {
  const errors: FieldError[] = [];
  if (minCandidateNodesPercentage < 0 || minCandidateNodesPercentage > 100) errors.push(invalid(child(path, 'minCandidateNodesPercentage'), minCandidateNodesPercentage, 'not in valid range [0, 100]'));
  if (minCandidateNodesAbsolute < 0) errors.push(invalid(child(path, 'minCandidateNodesAbsolute'), minCandidateNodesAbsolute, 'not in valid range [0, inf)'));
  if (minCandidateNodesPercentage === 0 && minCandidateNodesAbsolute === 0) {
    errors.push(invalid(child(path, 'minCandidateNodesPercentage'), 0, 'cannot be zero at the same time as minCandidateNodesAbsolute'));
  }
  return { args: { DefaultPreemption: { minCandidateNodesPercentage, minCandidateNodesAbsolute } }, errors };
};

const volumes: Check<VolumeBindingArgs> = ({ bindTimeoutSeconds = 600, shape = [] }, path) => {
  const errors = shape.length > 0 ? shapeErrors(shape, child(path, 'shape')) : [];
  if (bindTimeoutSeconds < 0) errors.push(invalid(child(path, 'bindTimeoutSeconds'), bindTimeoutSeconds, 'invalid BindTimeoutSeconds, should not be a negative value'));
  return { args: { VolumeBinding: { bindTimeoutMs: bindTimeoutSeconds * 1_000 } }, errors };
};

/** The rules by plugin. */
const CHECKS: Readonly<Record<string, Check<never>>> = {
  NodeResourcesFit: fit,
  NodeResourcesBalancedAllocation: balanced,
  NodeAffinity: affinity,
  PodTopologySpread: spread,
  InterPodAffinity: interPod,
  DefaultPreemption: preemption,
  VolumeBinding: volumes,
};

/** Checks the decoded arguments of a plugin. */
export function checkPluginArgs(plugin: string, args: unknown, path: string): CheckedArgs {
  return CHECKS[plugin]?.(args as never, path) ?? { args: {}, errors: [] };
}

function weighted(resources: readonly { readonly name: string; readonly weight?: number }[]): readonly WeightedResource[] {
  return resources.length === 0 ? DEFAULT_RESOURCES : resources.map(({ name, weight }) => ({ name, weight: weight || 1 }));
}

function resourceErrors(resources: readonly { readonly name: string; readonly weight?: number }[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, { name, weight = 1 }] of resources.entries()) {
    if (weight < 0 || weight > MAX_WEIGHT) errors.push(invalid(child(at(path, i), 'weight'), weight, `resource weight of ${name} not in valid range (0, 100]`));
  }
  return errors;
}

function shapeErrors(shape: readonly ShapePoint[], path: string): FieldError[] {
  if (shape.length === 0) return [required(path, 'at least one point must be specified')];
  const errors: FieldError[] = [];
  for (const [i, { utilization, score }] of shape.entries()) {
    if (utilization < 0 || utilization > MAX_UTILIZATION) errors.push(invalid(child(at(path, i), 'utilization'), utilization, 'not in valid range [0-100]'));
    if (i > 0 && shape[i - 1]!.utilization >= utilization) {
      errors.push(invalid(child(at(path, i), 'utilization'), utilization, 'utilization values must be sorted in increasing order'));
    }
    if (score < 0 || score > MAX_SHAPE_SCORE) errors.push(invalid(child(at(path, i), 'score'), score, 'not in valid range [0-10]'));
  }
  return errors;
}
