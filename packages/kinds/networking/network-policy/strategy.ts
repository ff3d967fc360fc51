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
import { invalidEach, legacyCidr, optionalOneOf, portNumber } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { nextGeneration, startGeneration } from '../../strategy.ts';
import { cidrWarnings } from '../../warnings.ts';
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
  validate: (policy) => validate(policy),
  validateUpdate: validate,
  warnings: ({ spec }) => rulesOf(spec).flatMap(({ field, peers }) => peers.flatMap(({ ipBlock }, index) => (ipBlock ? blockWarnings(`${at(field, index)}.ipBlock`, ipBlock) : []))),
};

/** Lists of peers and where they stand. */
function rulesOf({ ingress = [], egress = [] }: NetworkPolicy['spec']): { readonly field: string; readonly peers: readonly NetworkPolicyPeer[] }[] {
  return [
    ...ingress.map(({ from = [] }, index) => ({ field: `${at('spec.ingress', index)}.from`, peers: from })),
    ...egress.map(({ to = [] }, index) => ({ field: `${at('spec.egress', index)}.to`, peers: to })),
  ];
}

function blockWarnings(field: string, { cidr: range, except = [] }: IPBlock): string[] {
  return [...cidrWarnings(child(field, 'cidr'), range), ...except.flatMap((text, index) => cidrWarnings(at(child(field, 'except'), index), text))];
}

/** Blocks that were accepted before. */
function knownBlocks(stored: NetworkPolicy | undefined): string[] {
  if (!stored) return [];
  return rulesOf(stored.spec).flatMap(({ peers }) => peers.flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr, ...(ipBlock.except ?? [])] : [])));
}

/** A new policy, or a change of `stored`: blocks that it had may stay as they are written. */
function validate({ spec }: NetworkPolicy, stored?: NetworkPolicy): FieldError[] {
  const kept = knownBlocks(stored);
  const errors = validateLabelSelector(spec.podSelector, 'spec.podSelector');
  for (const [index, { ports, from }] of (spec.ingress ?? []).entries()) {
    errors.push(...portsRules(at('spec.ingress', index), ports), ...peersRules(`${at('spec.ingress', index)}.from`, from, kept));
  }
  for (const [index, { ports, to }] of (spec.egress ?? []).entries()) {
    errors.push(...portsRules(at('spec.egress', index), ports), ...peersRules(`${at('spec.egress', index)}.to`, to, kept));
  }
  const types = spec.policyTypes ?? [];
  if (types.length > 2) return [...errors, invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')];
  for (const [index, type] of types.entries())
    if (type !== 'Ingress' && type !== 'Egress') errors.push(notSupported(at('spec.policyTypes', index), type, ['Ingress', 'Egress']));
  return errors;
}

function portsRules(field: string, ports: readonly NetworkPolicyPort[] = []): FieldError[] {
  return ports.flatMap((port, index) => portRules(at(child(field, 'ports'), index), port));
}

function peersRules(field: string, peers: readonly NetworkPolicyPeer[] | undefined, kept: readonly string[]): FieldError[] {
  return (peers ?? []).flatMap((peer, index) => peerRules(at(field, index), peer, kept));
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

function peerRules(field: string, { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, kept: readonly string[]): FieldError[] {
  const errors = [
    ...validateLabelSelector(podSelector, child(field, 'podSelector')),
    ...validateLabelSelector(namespaceSelector, child(field, 'namespaceSelector')),
  ];
  if (ipBlock) errors.push(...blockRules(child(field, 'ipBlock'), ipBlock, kept));
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(field, 'must specify a peer'));
  if (ipBlock && (podSelector ?? namespaceSelector)) errors.push(forbiddenField(field, 'may not specify both ipBlock and another peer'));
  return errors;
}

function blockRules(field: string, { cidr: range, except = [] }: IPBlock, kept: readonly string[]): FieldError[] {
  if (!range) return [required(child(field, 'cidr'))];
  const errors = legacyCidr(child(field, 'cidr'), range, kept);
  const whole = parseCidr(range);
  if (!whole) return errors;
  for (const [index, text] of except.entries()) {
    const here = at(child(field, 'except'), index);
    errors.push(...legacyCidr(here, text, kept));
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
