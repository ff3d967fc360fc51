/**
 * The life of a network policy.
 *
 * Source: kubernetes `pkg/registry/networking/networkpolicy`, `pkg/apis/networking/validation`, `v1/defaults.go`.
 */
import { at, child, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import { cidrContains, parseCidr } from '#machinery/ip.ts';
import type { Column, Strategy } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { validatePortName } from '#machinery/names.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import { ageColumn, nameColumn, selectorCell } from '../../cells.ts';
import { cidr, invalidEach, optionalOneOf, portNumber } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { nextGeneration, startGeneration } from '../../strategy.ts';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from './schema.ts';

/** Fills a network policy: it is about what comes in, and about what goes out if it says anything of that. */
export function defaultNetworkPolicy(draft: Draft<NetworkPolicy>): void {
  const spec = (draft.spec ??= {});
  if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
}

/** Rules of a network policy's life. */
export const networkPolicyStrategy: Strategy<NetworkPolicy> = {
  unconditionalUpdate: true,
  prepareForCreate: startGeneration,
  prepareForUpdate: (draft, stored) => nextGeneration(draft, stored, !sameValue(draft.spec, stored.spec)),
  validate,
  validateUpdate: (policy) => validate(policy),
};

function validate({ spec }: NetworkPolicy): FieldError[] {
  const errors = validateLabelSelector(spec.podSelector, 'spec.podSelector');
  for (const [index, { ports, from }] of (spec.ingress ?? []).entries()) errors.push(...ruleRules(at('spec.ingress', index), ports, 'from', from));
  for (const [index, { ports, to }] of (spec.egress ?? []).entries()) errors.push(...ruleRules(at('spec.egress', index), ports, 'to', to));
  const types = spec.policyTypes ?? [];
  if (types.length > 2) return [...errors, invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')];
  for (const [index, type] of types.entries())
    if (type !== 'Ingress' && type !== 'Egress') errors.push(notSupported(at('spec.policyTypes', index), type, ['Ingress', 'Egress']));
  return errors;
}

function ruleRules(
  field: string,
  ports: readonly NetworkPolicyPort[] = [],
  name: 'from' | 'to',
  peers: readonly NetworkPolicyPeer[] = [],
): FieldError[] {
  return [
    ...ports.flatMap((port, index) => portRules(at(child(field, 'ports'), index), port)),
    ...peers.flatMap((peer, index) => peerRules(at(child(field, name), index), peer)),
  ];
}

function portRules(field: string, { protocol, port, endPort }: NetworkPolicyPort): FieldError[] {
  const errors = optionalOneOf(child(field, 'protocol'), protocol, ['SCTP', 'TCP', 'UDP']);
  const inEnd = child(field, 'endPort');
  if (port === undefined)
    return endPort === undefined ? errors : [...errors, invalid(inEnd, endPort, 'may not be specified when `port` is not specified')];
  if (typeof port === 'number') {
    errors.push(...portNumber(child(field, 'port'), port));
    if (endPort !== undefined && endPort < port) errors.push(invalid(inEnd, port, 'must be greater than or equal to `port`'));
    if (endPort !== undefined) errors.push(...portNumber(inEnd, endPort));
    return errors;
  }
  if (endPort !== undefined) errors.push(invalid(inEnd, endPort, 'may not be specified when `port` is non-numeric'));
  return [...errors, ...invalidEach(child(field, 'port'), port, validatePortName(port))];
}

function peerRules(field: string, { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer): FieldError[] {
  const errors = [
    ...validateLabelSelector(podSelector, child(field, 'podSelector')),
    ...validateLabelSelector(namespaceSelector, child(field, 'namespaceSelector')),
  ];
  if (ipBlock) errors.push(...blockRules(child(field, 'ipBlock'), ipBlock));
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(field, 'must specify a peer'));
  if (ipBlock && (podSelector ?? namespaceSelector)) errors.push(forbiddenField(field, 'may not specify both ipBlock and another peer'));
  return errors;
}

function blockRules(field: string, { cidr: range, except = [] }: IPBlock): FieldError[] {
  if (!range) return [required(child(field, 'cidr'))];
  const errors = cidr(child(field, 'cidr'), range);
  const whole = parseCidr(range);
  if (!whole) return errors;
  for (const [index, text] of except.entries()) {
    const here = at(child(field, 'except'), index);
    errors.push(...cidr(here, text));
    const part = parseCidr(text);
    if (part && (!cidrContains(whole, part.address) || whole.bits >= part.bits))
      errors.push(invalid(here, text, 'must be a strict subset of `cidr`'));
  }
  return errors;
}

/** What `kubectl get networkpolicies` shows. */
export const networkPolicyColumns: readonly Column<NetworkPolicy>[] = [
  nameColumn,
  { name: 'Pod-Selector', type: 'string', description: 'Pods that the policy is about.', cell: ({ spec }) => selectorCell(spec.podSelector) },
  ageColumn,
];
