/**
 * Rules for a pod spec, in a pod or in a template.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidatePodSpec.
 */
import { at, child, duplicate, type FieldError, invalid, required } from '#machinery/field-error.ts';
import { validateLabels } from '#machinery/meta-validation.ts';
import { inclusiveRangeMessage, nameIsDnsSubdomain } from '#machinery/names.ts';
import { dnsLabel, dnsSubdomain, invalidEach, ipAddress, MAX_INT32, qualifiedName, requiredOneOf } from '../../../rules.ts';
import type { HostAlias, PodDNSConfig, PodResourceClaim, PodSpec } from '../schema.ts';
import { affinityRules, spreadRules, tolerationRules } from './affinity.ts';
import { type ContainerContext, validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.ts';
import { containerRequirements, podLevelResources } from './resources.ts';
import { podSecurity } from './security.ts';
import { validateVolumes } from './volumes.ts';
import { hostProcessRules, hostUsersRules, operatingSystem } from './windows.ts';

const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;
const MAX_HOSTNAME_OVERRIDE = 64;
const DNS_POLICIES: readonly string[] = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

/** Where the spec stands. */
export interface SpecContext {
  /** The pod's name when the spec is a pod's. */
  readonly podName?: string | undefined;
  /** A pod, not a template. */
  readonly isPod: boolean;
}

/** A pod spec. */
export function podSpecRules(field: string, spec: PodSpec, context: SpecContext): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.terminationGracePeriodSeconds === undefined) errors.push(required(child(field, 'terminationGracePeriodSeconds')));
  const volumes = spec.volumes ?? [];
  errors.push(...validateVolumes(child(field, 'volumes'), volumes, { podName: context.podName, isPod: context.isPod }));
  const claims = spec.resourceClaims ?? [];
  errors.push(...claimRules(child(field, 'resourceClaims'), claims));
  const inContainers: ContainerContext = {
    volumes: new Map(volumes.map((volume) => [volume.name, volume])),
    claimNames: new Set(claims.map(({ name }) => name).filter(Boolean)),
    grace: spec.terminationGracePeriodSeconds,
    restartPolicy: spec.restartPolicy,
    hostUsers: spec.hostUsers !== false,
    isPod: context.isPod,
  };
  errors.push(
    ...validateContainers(child(field, 'containers'), spec.containers, inContainers),
    ...validateInitContainers(child(field, 'initContainers'), spec, inContainers),
    ...validateEphemeralContainers(child(field, 'ephemeralContainers'), spec, inContainers),
    ...podLevelResources(child(field, 'resources'), spec, inContainers.claimNames),
    ...hostNetworkPorts(field, spec, context.isPod),
    ...placementRules(field, spec),
    ...identityRules(field, spec),
  );
  return errors;
}

/** Host, network, security and scheduling members. */
function placementRules(field: string, spec: PodSpec): FieldError[] {
  return [
    ...requiredOneOf(child(field, 'restartPolicy'), spec.restartPolicy, ['Always', 'OnFailure', 'Never']),
    ...requiredOneOf(child(field, 'dnsPolicy'), spec.dnsPolicy, DNS_POLICIES),
    ...validateLabels(spec.nodeSelector, child(field, 'nodeSelector')),
    ...podSecurity(child(field, 'securityContext'), spec),
    ...affinityRules(child(field, 'affinity'), spec.affinity),
    ...dnsConfigRules(child(field, 'dnsConfig'), spec.dnsConfig, spec.dnsPolicy),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType }, index) =>
      qualifiedName(child(at(child(field, 'readinessGates'), index), 'conditionType'), conditionType),
    ),
    ...schedulingGates(child(field, 'schedulingGates'), spec),
    ...spreadRules(child(field, 'topologySpreadConstraints'), spec.topologySpreadConstraints ?? []),
    ...hostProcessRules(field, spec),
    ...hostUsersRules(field, spec),
  ];
}

/** Names, deadlines and references. */
function identityRules(field: string, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const name = (member: 'serviceAccountName' | 'nodeName' | 'priorityClassName' | 'runtimeClassName'): void => {
    const value = spec[member];
    if (value || (member === 'runtimeClassName' && value !== undefined))
      errors.push(...invalidEach(child(field, member), value, nameIsDnsSubdomain(value, false)));
  };
  name('serviceAccountName');
  name('nodeName');
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > MAX_INT32))
    errors.push(invalid(child(field, 'activeDeadlineSeconds'), deadline, inclusiveRangeMessage(1, MAX_INT32)));
  if (spec.hostname) errors.push(...dnsLabel(child(field, 'hostname'), spec.hostname));
  if (spec.subdomain) errors.push(...dnsLabel(child(field, 'subdomain'), spec.subdomain));
  errors.push(
    ...hostnameOverride(field, spec),
    ...tolerationRules(child(field, 'tolerations'), spec.tolerations ?? []),
    ...hostAliases(child(field, 'hostAliases'), spec.hostAliases ?? []),
  );
  name('priorityClassName');
  name('runtimeClassName');
  if (spec.preemptionPolicy !== undefined)
    errors.push(...requiredOneOf(child(field, 'preemptionPolicy'), spec.preemptionPolicy, ['PreemptLowerPriority', 'Never']));
  if (spec.overhead) errors.push(...containerRequirements(child(field, 'overhead'), { limits: spec.overhead }, new Set()));
  errors.push(...operatingSystem(field, spec));
  return errors;
}

function hostnameOverride(field: string, { hostnameOverride: name, hostNetwork, setHostnameAsFQDN }: PodSpec): FieldError[] {
  if (name === undefined) return [];
  const here = child(field, 'hostnameOverride');
  const errors = dnsSubdomain(here, name);
  if (Buffer.byteLength(name) > MAX_HOSTNAME_OVERRIDE) errors.push(invalid(here, name, `must be no more than ${MAX_HOSTNAME_OVERRIDE} characters`));
  if (setHostnameAsFQDN) errors.push(invalid(here, name, 'setHostnameAsFQDN must not be set to true when hostnameOverride is set'));
  if (hostNetwork) errors.push(invalid(here, name, 'hostNetwork must not be set to true when hostnameOverride is set'));
  return errors;
}

function schedulingGates(field: string, { schedulingGates: gates = [] }: PodSpec): FieldError[] {
  const seen = new Set<string>();
  return gates.flatMap(({ name }, index) => {
    const errors = qualifiedName(at(field, index), name);
    if (seen.has(name)) errors.push(duplicate(at(field, index), name));
    seen.add(name);
    return errors;
  });
}

function hostAliases(field: string, aliases: readonly HostAlias[]): FieldError[] {
  return aliases.flatMap(({ ip, hostnames = [] }, index) => {
    const here = at(field, index);
    return [
      ...ipAddress(child(here, 'ip'), ip),
      ...hostnames.flatMap((name, nameIndex) => dnsSubdomain(at(child(here, 'hostnames'), nameIndex), name)),
    ];
  });
}

const SEARCH_LABEL = '[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?';
const SEARCH_FORMAT = `${SEARCH_LABEL}(\\.${SEARCH_LABEL})*`;
const SEARCH_REGEX = new RegExp(`^${SEARCH_FORMAT}$`);
const SEARCH_TEXT = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SEARCH_FORMAT}')`;

function dnsConfigRules(field: string, config: PodDNSConfig | undefined, policy: string | undefined): FieldError[] {
  const here = child(field, 'nameservers');
  if (policy === 'None') {
    if (!config) return [required(field, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if (!config.nameservers?.length) return [required(here, 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  }
  if (!config) return [];
  const { nameservers = [], searches = [], options = [] } = config;
  const errors: FieldError[] = [];
  if (nameservers.length > MAX_NAMESERVERS) errors.push(invalid(here, nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`));
  for (const [index, server] of nameservers.entries()) errors.push(...ipAddress(at(here, index), server));
  const inSearches = child(field, 'searches');
  if (searches.length > MAX_SEARCHES) errors.push(invalid(inSearches, searches, `must not have more than ${MAX_SEARCHES} search paths`));
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS) {
    errors.push(invalid(inSearches, searches, `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`));
  }
  for (const [index, search] of searches.entries()) if (search !== '.') errors.push(...searchRules(at(inSearches, index), search.replace(/\.$/, '')));
  for (const [index, { name }] of options.entries()) if (!name) errors.push(required(at(child(field, 'options'), index), 'must not be empty'));
  return errors;
}

function searchRules(field: string, search: string): FieldError[] {
  const errors = Buffer.byteLength(search) > 253 ? [invalid(field, search, 'must be no more than 253 bytes')] : [];
  if (!SEARCH_REGEX.test(search)) errors.push(invalid(field, search, SEARCH_TEXT));
  return errors;
}

function hostNetworkPorts(field: string, spec: PodSpec, isPod: boolean): FieldError[] {
  if (!spec.hostNetwork) return [];
  return (spec.containers ?? []).flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ hostPort = 0, containerPort }, portIndex) => {
      if ((!isPod && hostPort === 0) || hostPort === containerPort) return [];
      const here = at(child(at(child(field, 'containers'), index), 'ports'), portIndex);
      return [invalid(child(here, 'hostPort'), hostPort, 'must match `containerPort` when `hostNetwork` is true')];
    }),
  );
}

function claimRules(field: string, claims: readonly PodResourceClaim[]): FieldError[] {
  const seen = new Set<string>();
  return claims.flatMap((claim, index) => {
    const here = at(field, index);
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    const errors: FieldError[] = [];
    if (!name) errors.push(required(child(here, 'name')));
    else if (seen.has(name)) errors.push(duplicate(child(here, 'name'), name));
    else errors.push(...dnsLabel(child(here, 'name'), name));
    seen.add(name);
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      errors.push(invalid(here, claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'));
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      errors.push(invalid(here, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    }
    if (resourceClaimName !== undefined) errors.push(...dnsSubdomain(child(here, 'resourceClaimName'), resourceClaimName));
    if (resourceClaimTemplateName !== undefined) errors.push(...dnsSubdomain(child(here, 'resourceClaimTemplateName'), resourceClaimTemplateName));
    return errors;
  });
}
