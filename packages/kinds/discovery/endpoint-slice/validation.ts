/**
 * Rules for endpoint slices.
 *
 * Source: kubernetes `pkg/apis/discovery/validation`.
 */
import { at, child, duplicate, type FieldError, invalid, required, tooMany } from '#machinery/field-error.ts';
import { parseIPv4, parseIPv6 } from '#machinery/ip.ts';
import { nameIsDnsSubdomain, validateDns1123Subdomain } from '#machinery/names.ts';
import { dnsLabel, immutable, invalidEach, nonSpecialIp, portNumber, qualifiedName, requiredOneOf } from '../../rules.ts';
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from './schema.ts';

const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;
const MAX_HINTS = 8;

/** A new or changed slice. */
export function validateEndpointSlice(slice: EndpointSlice): FieldError[] {
  return [
    ...requiredOneOf('addressType', slice.addressType, ['FQDN', 'IPv4', 'IPv6']),
    ...endpointsRules('endpoints', slice.endpoints ?? [], slice.addressType),
    ...portsRules('ports', slice.ports ?? []),
  ];
}

/** A changed slice: the kind of its addresses stays. */
export function validateEndpointSliceUpdate(slice: EndpointSlice, stored: EndpointSlice): FieldError[] {
  return [...validateEndpointSlice(slice), ...immutable('addressType', slice.addressType, stored.addressType)];
}

function endpointsRules(field: string, endpoints: readonly Endpoint[], type: string): FieldError[] {
  if (endpoints.length > MAX_ENDPOINTS) return [tooMany(field, endpoints.length, MAX_ENDPOINTS)];
  return endpoints.flatMap((endpoint, index) => endpointRules(at(field, index), endpoint, type));
}

function endpointRules(field: string, endpoint: Endpoint, type: string): FieldError[] {
  const addresses = endpoint.addresses ?? [];
  const inAddresses = child(field, 'addresses');
  const errors: FieldError[] = [];
  if (!addresses.length) errors.push(required(inAddresses, 'must contain at least 1 address'));
  if (addresses.length > MAX_ADDRESSES) errors.push(tooMany(inAddresses, addresses.length, MAX_ADDRESSES));
  for (const [index, address] of addresses.entries()) errors.push(...addressRules(at(inAddresses, index), address, type));
  const { nodeName, hostname, hints } = endpoint;
  if (nodeName !== undefined) errors.push(...invalidEach(child(field, 'nodeName'), nodeName, nameIsDnsSubdomain(nodeName, false)));
  if (hostname !== undefined) errors.push(...dnsLabel(child(field, 'hostname'), hostname));
  if (hints) errors.push(...hintRules(child(field, 'hints'), hints));
  return errors;
}

function addressRules(field: string, address: string, type: string): FieldError[] {
  if (type === 'IPv4')
    return [...(parseIPv4(address) === undefined ? [invalid(field, address, 'must be a valid IPv4 address')] : []), ...nonSpecialIp(field, address)];
  if (type === 'IPv6')
    return [...(parseIPv6(address) === undefined ? [invalid(field, address, 'must be a valid IPv6 address')] : []), ...nonSpecialIp(field, address)];
  return type === 'FQDN' ? fqdnRules(field, address) : [];
}

function fqdnRules(field: string, name: string): FieldError[] {
  if (!name) return [required(field)];
  const bare = name.replace(/\.$/, '');
  const texts = validateDns1123Subdomain(bare);
  if (texts.length) return invalidEach(field, bare, texts);
  return bare.split('.').length < 2 ? [invalid(field, bare, 'should be a domain with at least two segments separated by dots')] : [];
}

function hintRules(field: string, { forZones = [], forNodes = [] }: EndpointHints): FieldError[] {
  return [...hintList(child(field, 'forZones'), forZones), ...hintList(child(field, 'forNodes'), forNodes)];
}

function hintList(field: string, hints: readonly { readonly name: string }[]): FieldError[] {
  if (hints.length > MAX_HINTS) return [tooMany(field, hints.length, MAX_HINTS)];
  return hints.flatMap(({ name }, index) => {
    const here = child(at(field, index), 'name');
    const errors = invalidEach(here, name, nameIsDnsSubdomain(name, false));
    if (hints.findIndex((other) => other.name === name) < index) errors.push(duplicate(here, name));
    return errors;
  });
}

function portsRules(field: string, ports: readonly EndpointPort[]): FieldError[] {
  if (ports.length > MAX_PORTS) return [tooMany(field, ports.length, MAX_PORTS)];
  const names = new Set<string>();
  return ports.flatMap(({ name = '', protocol, port, appProtocol }, index) => {
    const here = at(field, index);
    const errors = name ? dnsLabel(child(here, 'name'), name) : [];
    if (names.has(name)) errors.push(duplicate(child(here, 'name'), name));
    names.add(name);
    errors.push(...requiredOneOf(child(here, 'protocol'), protocol, ['SCTP', 'TCP', 'UDP']));
    if (port !== undefined) errors.push(...portNumber(child(here, 'port'), port));
    if (appProtocol !== undefined) errors.push(...qualifiedName(child(here, 'appProtocol'), appProtocol));
    return errors;
  });
}
