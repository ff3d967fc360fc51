/**
 * Rules for nodes.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateNode, ValidateNodeUpdate.
 */
import { at, child, duplicate, type FieldError, forbiddenField, invalid, required } from '#machinery/field-error.ts';
import { validateLabelValue } from '#machinery/names.ts';
import { cidr, isDualStack, qualifiedName } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { taintEffect } from '../pod/validation/tolerations.ts';
import { resourceAmount } from '../pod/validation/resources.ts';
import type { Node, Taint } from './schema.ts';

/** A new node. Upstream gives taints the path of metadata. */
export function validateNode(node: Node): FieldError[] {
  return [...taintRules('metadata.taints', node.spec.taints ?? []), ...amountRules(node), ...podCidrRules(node.spec.podCIDRs ?? [])];
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
      const repeated = duplicate(here, taint);
      errors.push({ ...repeated, message: `${repeated.message}: taints must be unique by key and effect pair` });
    }
    seen.add(id);
    return errors;
  });
}

function amountRules({ status }: Node): FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((list) =>
    Object.entries(status?.[list] ?? {}).flatMap(([name, amount]) => resourceAmount(child('status', list, name), name, amount)),
  );
}

function podCidrRules(ranges: readonly string[]): FieldError[] {
  const field = 'spec.podCIDRs';
  const errors = ranges.flatMap((range, index) => cidr(at(field, index), range));
  if (ranges.length < 2) return errors;
  if (!isDualStack(ranges) || ranges.length > 2) errors.push(invalid(field, ranges, 'may specify no more than one CIDR for each IP family'));
  for (const [index, range] of ranges.entries()) if (ranges.indexOf(range) < index) errors.push(duplicate(at(field, index), range));
  return errors;
}

/** A changed node: what identifies it stays once set. */
export function validateNodeUpdate(node: Node, stored: Node): FieldError[] {
  const errors = amountRules(node);
  const addresses = node.status?.addresses ?? [];
  for (const [index, address] of addresses.entries()) {
    if (addresses.findIndex((other) => sameValue(other, address)) < index) errors.push(duplicate(at('status.addresses', index), address));
  }
  if (stored.spec.podCIDRs?.length && !sameValue(stored.spec.podCIDRs, node.spec.podCIDRs)) {
    errors.push(forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  if (stored.spec.providerID && stored.spec.providerID !== node.spec.providerID) {
    errors.push(forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  errors.push(...taintRules('metadata.taints', node.spec.taints ?? []));
  if ((node.spec.externalID ?? '') !== (stored.spec.externalID ?? '')) errors.push(forbiddenField('spec.externalID', 'may not be updated'));
  return errors;
}
