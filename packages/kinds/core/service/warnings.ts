/** What a client is told about a service that is accepted but out of date, or asks for what has no effect. Source: kubernetes `pkg/api/service/warnings.go`. */
import { at } from '#machinery/field-error.ts';
import { cidrWarnings, ipWarnings } from '../../warnings.ts';
import type { Service } from './schema.ts';
import { isHeadless } from './traits.ts';

const TOPOLOGY_HINTS = 'service.kubernetes.io/topology-aware-hints';
const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode';

/** Warnings: what does nothing for the service's kind, or is written in an old way. */
export function serviceWarnings({ metadata, spec }: Service): string[] {
  const warnings: string[] = [];
  if (metadata.annotations?.[TOPOLOGY_HINTS] !== undefined) warnings.push(`annotation ${TOPOLOGY_HINTS} is deprecated, please use ${TOPOLOGY_MODE} instead`);
  const addresses = (spec.clusterIPs ?? []).filter((ip) => ip !== 'None');
  warnings.push(...addresses.flatMap((ip, index) => ipWarnings(at('spec.clusterIPs', index), ip)));
  if (isHeadless(spec)) {
    if (spec.loadBalancerIP) warnings.push('spec.loadBalancerIP is ignored for headless services');
    if (spec.externalIPs?.length) warnings.push('spec.externalIPs is ignored for headless services');
    if (spec.sessionAffinity !== 'None') warnings.push('spec.SessionAffinity is ignored for headless services');
  }
  warnings.push(...(spec.externalIPs ?? []).flatMap((ip, index) => ipWarnings(at('spec.externalIPs', index), ip)));
  if (spec.loadBalancerIP) warnings.push(...ipWarnings('spec.loadBalancerIP', spec.loadBalancerIP));
  const ranges = spec.loadBalancerSourceRanges ?? [];
  warnings.push(...ranges.flatMap((range, index) => cidrWarnings(at('spec.loadBalancerSourceRanges', index), range.trim())));
  if (spec.type === 'ExternalName' && spec.externalIPs?.length) warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (spec.type !== 'ExternalName' && spec.externalName) warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec.trafficDistribution === 'PreferClose') warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  return warnings;
}
