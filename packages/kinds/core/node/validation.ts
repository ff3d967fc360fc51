/**
 * Rules for nodes.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateNode, ValidateNodeUpdate.
 */
import { at, child, duplicate, type FieldError, forbiddenField, invalid, required } from '#machinery/field-error.ts';
import { validateLabelValue } from '#machinery/names.ts';
import { goStruct } from '../../go-struct.ts';
import { ABOVE_ZERO, isDualStack, legacyCidr, qualifiedName } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { taintEffect } from '../pod/validation/tolerations.ts';
import { resourceAmount } from '../pod/validation/resources.ts';
import { configSourceRules, configStatusRules } from './config-validation.ts';
import { type Node, nodeAddress, type NodeAddress, type Taint, taint as taintSchema } from './schema.ts';

const TAINTS_ANNOTATION = 'scheduler.alpha.kubernetes.io/taints';
const AVOID_ANNOTATION = 'scheduler.alpha.kubernetes.io/preferAvoidPods';
const ANNOTATIONS = 'metadata.annotations';
const MAX_FEATURE_NAME = 253;
const FEATURE_NAME = /^[A-Z][A-Za-z0-9]*(\/[A-Za-z0-9]+)*$/;
const CIDR_STAYS = 'node updates may not change podCIDR except from "" to valid';

/** A new node. Upstream gives taints and swap the path of metadata. */
export function validateNode(node: Node): FieldError[] {
  const { metadata, spec, status } = node;
  const swap = status.nodeInfo?.swap?.capacity;
  return [
    ...annotationRules(metadata.annotations),
    ...taintRules('metadata.taints', spec.taints ?? []),
    ...amountRules(node),
    ...(swap !== undefined && swap <= 0 ? [invalid('metadata.nodeSwapStatus.capacity', swap, ABOVE_ZERO)] : []),
    ...featureRules('status.declaredFeatures', status.declaredFeatures ?? []),
    ...podCidrRules(spec.podCIDRs ?? []),
  ];
}

/** Taints, and pods to avoid, as they were before there were fields. */
function annotationRules(annotations: Readonly<Record<string, string>> = {}): FieldError[] {
  const errors: FieldError[] = [];
  const taints = annotations[TAINTS_ANNOTATION];
  if (taints) {
    const parsed = parsedJson(taints);
    if (Array.isArray(parsed)) errors.push(...taintRules(child(ANNOTATIONS, TAINTS_ANNOTATION), parsed as Taint[]));
    else errors.push(invalid(ANNOTATIONS, TAINTS_ANNOTATION, UNREADABLE));
  }
  const avoid = annotations[AVOID_ANNOTATION];
  if (!avoid) return errors;
  const parsed = parsedJson(avoid) as AvoidPods | undefined;
  if (!parsed) return [...errors, invalid(child(ANNOTATIONS, 'AvoidPods'), AVOID_ANNOTATION, UNREADABLE)];
  for (const [index, { podSignature }] of (parsed.preferAvoidPods ?? []).entries()) {
    const here = child(at(child(ANNOTATIONS, AVOID_ANNOTATION), index), 'PodSignature');
    const controller = podSignature?.podController;
    if (!controller) errors.push(required(here));
    else if (!controller.controller) errors.push(invalid(child(here, 'PodController', 'Controller'), false, 'must point to a controller'));
  }
  return errors;
}

/** Pods that a node would rather not run. */
interface AvoidPods {
  readonly preferAvoidPods?: readonly { readonly podSignature?: { readonly podController?: { readonly controller?: boolean } } }[];
}

const UNREADABLE = 'unexpected end of JSON input';

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Features in order, each once. */
function featureRules(field: string, features: readonly string[]): FieldError[] {
  return features.flatMap((feature, index) => {
    const here = at(field, index);
    const before = features[index - 1];
    const errors: FieldError[] = [];
    if (before === feature) errors.push(duplicate(here, feature));
    else if (before !== undefined && before > feature) errors.push(invalid(here, feature, 'list must be sorted alphabetically'));
    const name = `invalid feature name ${JSON.stringify(feature)}`;
    if (feature.length > MAX_FEATURE_NAME) errors.push(invalid(here, feature, `${name}: must be no more than ${MAX_FEATURE_NAME} characters`));
    else if (!FEATURE_NAME.test(feature)) {
      const form = "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature)";
      errors.push(invalid(here, feature, `${name}: ${form}, and contain only alphanumeric characters and slashes`));
    }
    return errors;
  });
}

/** Taints are well formed, and one of each key and effect. */
export function taintRules(field: string, taints: readonly Taint[]): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, index) => {
    const here = at(field, index);
    const { key, value = '', effect } = taint;
    const errors = qualifiedName(child(here, 'key'), key);
    const texts = validateLabelValue(value);
    if (texts.length) errors.push(invalid(child(here, 'value'), value, texts.join(';')));
    errors.push(...(effect ? taintEffect(child(here, 'effect'), effect) : [required(child(here, 'effect'))]));
    const id = `${effect}/${key}`;
    if (seen.has(id)) {
      const repeated = duplicate(here, goStruct(taintSchema, taint));
      errors.push({ ...repeated, message: `${repeated.message}: taints must be unique by key and effect pair` });
    }
    seen.add(id);
    return errors;
  });
}

function amountRules({ status }: Node): FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((list) =>
    Object.entries(status[list] ?? {}).flatMap(([name, amount]) => resourceAmount(child('status', list, name), name, amount)),
  );
}

function podCidrRules(ranges: readonly string[]): FieldError[] {
  const field = 'spec.podCIDRs';
  const errors = ranges.flatMap((range, index) => legacyCidr(at(field, index), range));
  if (ranges.length < 2) return errors;
  if (!isDualStack(ranges) || ranges.length > 2) errors.push(invalid(field, ranges, 'may specify no more than one CIDR for each IP family'));
  return errors;
}

/** A changed node: what identifies it stays once set. */
export function validateNodeUpdate(node: Node, stored: Node): FieldError[] {
  const { spec, status } = node;
  const errors = [
    ...annotationRules(node.metadata.annotations),
    ...amountRules(node),
    ...featureRules('status.declaredFeatures', status.declaredFeatures ?? []),
    ...addressRules('status.addresses', status.addresses ?? []),
  ];
  if (stored.spec.podCIDRs?.length && !sameValue(stored.spec.podCIDRs, spec.podCIDRs)) errors.push(forbiddenField('spec.podCIDRs', CIDR_STAYS));
  if (stored.spec.providerID && stored.spec.providerID !== spec.providerID) {
    errors.push(forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  if (spec.configSource) errors.push(...configSourceRules('spec.configSource', spec.configSource));
  if (status.config) errors.push(...configStatusRules('status.config', status.config));
  errors.push(...taintRules('metadata.taints', spec.taints ?? []));
  if ((spec.externalID ?? '') !== (stored.spec.externalID ?? '')) errors.push(forbiddenField('spec.externalID', 'may not be updated'));
  return errors;
}

function addressRules(field: string, addresses: readonly NodeAddress[]): FieldError[] {
  const seen = new Set<string>();
  return addresses.flatMap((address, index) => {
    const key = `${address.type} ${address.address}`;
    if (seen.has(key)) return [duplicate(at(field, index), goStruct(nodeAddress, address))];
    seen.add(key);
    return [];
  });
}
