/**
 * Rules for endpoints.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateEndpoints.
 */
import { at, child, type FieldError, required } from '#machinery/field-error.ts';
import { nameIsDnsSubdomain } from '#machinery/names.ts';
import { dnsLabel, invalidEach, legacyIp, nonSpecialIp, portNumber, qualifiedName, requiredOneOf } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { ipWarnings } from '../../warnings.ts';
import type { EndpointAddress, EndpointPort, Endpoints } from './schema.ts';

/** Changed endpoints: subsets that stay as they are need not be mended. */
export function validateEndpointsUpdate(endpoints: Endpoints, stored: Endpoints): FieldError[] {
  const errors = validateEndpoints(endpoints);
  return errors.length && sameValue(endpoints.subsets, stored.subsets) ? [] : errors;
}

const MANAGER_LABEL = 'endpoints.kubernetes.io/managed-by';

/** Warnings about addresses that are written oddly, unless the controller copied them. */
export function endpointsWarnings({ metadata, subsets = [] }: Endpoints): string[] {
  if (metadata.labels?.[MANAGER_LABEL] === 'endpoint-controller') return [];
  return subsets.flatMap((subset, index) =>
    (['addresses', 'notReadyAddresses'] as const).flatMap((list) =>
      (subset[list] ?? []).flatMap(({ ip }, position) => ipWarnings(child(at(child(at('subsets', index), list), position), 'ip'), ip)),
    ),
  );
}

/** New endpoints. */
export function validateEndpoints({ subsets = [] }: Endpoints): FieldError[] {
  return subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
    const here = at('subsets', index);
    return [
      ...(addresses.length || notReadyAddresses.length ? [] : [required(here, 'must specify `addresses` or `notReadyAddresses`')]),
      ...addresses.flatMap((address, i) => addressRules(at(child(here, 'addresses'), i), address)),
      ...notReadyAddresses.flatMap((address, i) => addressRules(at(child(here, 'notReadyAddresses'), i), address)),
      ...ports.flatMap((port, i) => portRules(at(child(here, 'ports'), i), port, ports.length > 1)),
    ];
  });
}

function addressRules(field: string, { ip, hostname, nodeName }: EndpointAddress): FieldError[] {
  return [
    ...legacyIp(child(field, 'ip'), ip),
    ...(hostname ? dnsLabel(child(field, 'hostname'), hostname) : []),
    ...(nodeName === undefined ? [] : invalidEach(child(field, 'nodeName'), nodeName, nameIsDnsSubdomain(nodeName, false))),
    ...nonSpecialIp(child(field, 'ip'), ip),
  ];
}

function portRules(field: string, { name, port, protocol, appProtocol }: EndpointPort, needsName: boolean): FieldError[] {
  const named = name ? dnsLabel(child(field, 'name'), name) : needsName ? [required(child(field, 'name'))] : [];
  return [
    ...named,
    ...portNumber(child(field, 'port'), port),
    ...requiredOneOf(child(field, 'protocol'), protocol, ['SCTP', 'TCP', 'UDP']),
    ...(appProtocol === undefined ? [] : qualifiedName(child(field, 'appProtocol'), appProtocol)),
  ];
}
