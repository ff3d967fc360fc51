/**
 * Rules for services.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateService and updates.
 */
import { at, child, duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import { parseIp } from '#machinery/ip.ts';
import { validateLabels } from '#machinery/meta-validation.ts';
import {
  dnsLabel,
  dnsSubdomain,
  legacyCidr,
  legacyIp,
  nonSpecialIp,
  optionalOneOf,
  portNumber,
  portNumberOrName,
  qualifiedName,
  requiredOneOf,
} from '../../rules.ts';
import { validateClusterIPs, validateClusterIPsUpdate } from './ip-validation.ts';
import type { LoadBalancerStatus, Service, ServicePort, ServiceSpec, SessionAffinityConfig } from './schema.ts';
import { isExternallyAccessible, needsHealthCheckNodePort } from './traits.ts';

const PROTOCOLS: readonly string[] = ['SCTP', 'TCP', 'UDP'];
const TYPES: readonly string[] = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const DISTRIBUTIONS: readonly string[] = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
/** One day: the longest a client may stick to a pod. */
const MAX_AFFINITY_SECONDS = 86_400;
const HINTS_ANNOTATION = 'service.kubernetes.io/topology-aware-hints';
const MODE_ANNOTATION = 'service.kubernetes.io/topology-mode';
const SOURCE_RANGES_ANNOTATION = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const ONLY_BALANCED = "may only be used when `type` is 'LoadBalancer'";

/** A new or changed service. */
export function validateService(service: Service, stored?: Service): FieldError[] {
  const { spec } = service;
  return [
    ...topologyAnnotations(service),
    ...typeRules(spec),
    ...(spec.ports ?? []).flatMap((port, index) => portRules(at('spec.ports', index), port, spec)),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...affinityRules(spec),
    ...validateClusterIPs(spec, stored?.spec),
    ...(spec.externalIPs ?? []).flatMap((ip, index) => externalIpRules(at('spec.externalIPs', index), ip, stored?.spec.externalIPs ?? [])),
    ...requiredOneOf('spec.type', spec.type, TYPES),
    ...nodePortRules(spec),
    ...duplicatePorts(spec.ports ?? []),
    ...sourceRangeRules(service, stored),
    ...balancerRules(spec),
    ...trafficRules(spec),
  ];
}

function topologyAnnotations({ metadata }: Service): FieldError[] {
  const hints = metadata.annotations?.[HINTS_ANNOTATION];
  const mode = metadata.annotations?.[MODE_ANNOTATION];
  if (hints === undefined || mode === undefined || hints === mode) return [];
  return [invalid(at('metadata.annotations', MODE_ANNOTATION), mode, `must match annotations[${HINTS_ANNOTATION}] when both are specified`)];
}

function typeRules(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const headless = spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None';
  if (!spec.ports?.length && !headless && spec.type !== 'ExternalName') errors.push(required('spec.ports'));
  if (headless && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`));
  }
  if (spec.type !== 'ExternalName') return errors;
  const text = 'may not be set for ExternalName services';
  if (spec.clusterIPs?.length) errors.push(forbiddenField('spec.clusterIPs', text));
  if (spec.ipFamilies?.length) errors.push(forbiddenField('spec.ipFamilies', text));
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbiddenField('spec.ipFamilyPolicy', text));
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  errors.push(...(name ? dnsSubdomain('spec.externalName', name) : [required('spec.externalName')]));
  return errors;
}

function portRules(field: string, port: ServicePort, spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const { name = '', protocol, appProtocol, targetPort } = port;
  const ports = spec.ports ?? [];
  if (!name && ports.length > 1) errors.push(required(child(field, 'name')));
  else if (name) {
    errors.push(...dnsLabel(child(field, 'name'), name));
    if (ports.findIndex((other) => other.name === name) < ports.indexOf(port)) errors.push(duplicate(child(field, 'name'), name));
  }
  errors.push(
    ...portNumber(child(field, 'port'), port.port),
    ...requiredOneOf(child(field, 'protocol'), protocol, PROTOCOLS),
    ...portNumberOrName(child(field, 'targetPort'), targetPort ?? 0),
    ...(appProtocol === undefined ? [] : qualifiedName(child(field, 'appProtocol'), appProtocol)),
  );
  return errors;
}

function affinityRules({ sessionAffinity, sessionAffinityConfig }: ServiceSpec): FieldError[] {
  const errors = requiredOneOf('spec.sessionAffinity', sessionAffinity, ['ClientIP', 'None']);
  if (sessionAffinity === 'ClientIP') errors.push(...clientIpRules('spec.sessionAffinityConfig', sessionAffinityConfig));
  if (sessionAffinity === 'None' && sessionAffinityConfig)
    errors.push(forbiddenField('spec.sessionAffinityConfig', 'must not be set when session affinity is None'));
  return errors;
}

function clientIpRules(field: string, config: SessionAffinityConfig | undefined): FieldError[] {
  const text = 'when session affinity type is ClientIP';
  if (!config) return [required(field, text)];
  if (!config.clientIP) return [required(child(field, 'clientIP'), text)];
  const seconds = config.clientIP.timeoutSeconds;
  const here = child(field, 'clientIP', 'timeoutSeconds');
  if (seconds === undefined) return [required(here, text)];
  return seconds > 0 && seconds <= MAX_AFFINITY_SECONDS
    ? []
    : [invalid(here, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`)];
}

function externalIpRules(field: string, ip: string, kept: readonly string[]): FieldError[] {
  const errors = legacyIp(field, ip, kept);
  return errors.length ? errors : nonSpecialIp(field, ip);
}

function nodePortRules({ type, ports = [] }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const used = new Set<string>();
  for (const [index, { nodePort, protocol }] of ports.entries()) {
    if (!nodePort) continue;
    const here = child(at('spec.ports', index), 'nodePort');
    if (type === 'ClusterIP') errors.push(forbiddenField(here, "may not be used when `type` is 'ClusterIP'"));
    const key = `${protocol}/${nodePort}`;
    if (used.has(key)) errors.push(duplicate(here, nodePort));
    used.add(key);
  }
  return errors;
}

function duplicatePorts(ports: readonly ServicePort[]): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(({ protocol, port }, index) => {
    const key = `${protocol}/${port}`;
    const repeated = seen.has(key);
    seen.add(key);
    return repeated
      ? [duplicate(at('spec.ports', index), { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 })]
      : [];
  });
}

/** Blocks that may reach a load balancer; spaces around them are part of the API. */
function sourceRangeRules({ metadata, spec }: Service, stored: Service | undefined): FieldError[] {
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const annotation = metadata.annotations?.[SOURCE_RANGES_ANNOTATION];
  if (!ranges.length && annotation === undefined) return [];
  const field = ranges.length ? 'spec.LoadBalancerSourceRanges' : at('metadata.annotations', SOURCE_RANGES_ANNOTATION);
  const errors = spec.type === 'LoadBalancer' ? [] : [forbiddenField(field, ONLY_BALANCED)];
  if (ranges.length) {
    const kept = (stored?.spec.loadBalancerSourceRanges ?? []).map((range) => range.trim());
    for (const [index, range] of ranges.entries()) errors.push(...legacyCidr(at(field, index), range.trim(), kept));
  } else if (annotation?.trim() && annotation !== stored?.metadata.annotations?.[SOURCE_RANGES_ANNOTATION]) {
    for (const range of annotation.trim().split(',')) errors.push(...legacyCidr(field, range.trim()));
  }
  return errors;
}

function balancerRules({ type, allocateLoadBalancerNodePorts, loadBalancerClass }: ServiceSpec): FieldError[] {
  const balanced = type === 'LoadBalancer';
  const errors: FieldError[] = [];
  if (!balanced && allocateLoadBalancerNodePorts !== undefined) errors.push(forbiddenField('spec.allocateLoadBalancerNodePorts', ONLY_BALANCED));
  if (balanced && allocateLoadBalancerNodePorts === undefined) errors.push(required('allocateLoadBalancerNodePorts'));
  if (loadBalancerClass === undefined) return errors;
  return [
    ...errors,
    ...(balanced ? qualifiedName('spec.loadBalancerClass', loadBalancerClass) : [forbiddenField('spec.loadBalancerClass', ONLY_BALANCED)]),
  ];
}

function trafficRules(spec: ServiceSpec): FieldError[] {
  const { externalTrafficPolicy, healthCheckNodePort = 0, internalTrafficPolicy, trafficDistribution, type } = spec;
  const errors: FieldError[] = [];
  if (isExternallyAccessible(spec)) errors.push(...requiredOneOf('spec.externalTrafficPolicy', externalTrafficPolicy, ['Cluster', 'Local']));
  else if (externalTrafficPolicy)
    errors.push(invalid('spec.externalTrafficPolicy', externalTrafficPolicy, 'may only be set for externally-accessible services'));
  if (needsHealthCheckNodePort(spec)) {
    errors.push(...(healthCheckNodePort ? portNumber('spec.healthCheckNodePort', healthCheckNodePort) : [required('spec.healthCheckNodePort')]));
  } else if (healthCheckNodePort) {
    errors.push(
      invalid(
        'spec.healthCheckNodePort',
        healthCheckNodePort,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    );
  }
  if (internalTrafficPolicy === undefined && type !== 'ExternalName' && TYPES.includes(type ?? ''))
    errors.push(required('spec.internalTrafficPolicy'));
  errors.push(
    ...optionalOneOf('spec.internalTrafficPolicy', internalTrafficPolicy, ['Cluster', 'Local']),
    ...optionalOneOf('spec.trafficDistribution', trafficDistribution, DISTRIBUTIONS),
  );
  return errors;
}

/** A changed service: addresses stay. */
export function validateServiceUpdate(service: Service, stored: Service): FieldError[] {
  const errors = validateClusterIPsUpdate(service.spec, stored.spec);
  const bothBalanced = service.spec.type === 'LoadBalancer' && stored.spec.type === 'LoadBalancer';
  if (bothBalanced && service.spec.loadBalancerClass !== stored.spec.loadBalancerClass) {
    errors.push(invalid('spec.loadBalancerClass', service.spec.loadBalancerClass, 'may not change once set'));
  }
  if (
    needsHealthCheckNodePort(service.spec) &&
    needsHealthCheckNodePort(stored.spec) &&
    service.spec.healthCheckNodePort !== stored.spec.healthCheckNodePort
  ) {
    errors.push(forbiddenField('spec.healthCheckNodePort', 'field is immutable'));
  }
  return [...errors, ...validateService(service, stored)];
}

/** A new status. */
export function validateServiceStatus({ spec, status }: Service, stored: Service): FieldError[] {
  const kept = (stored.status.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
  return loadBalancerRules('status.loadBalancer', status.loadBalancer, { type: spec.type, kept });
}

/** The service's type, and addresses that were there before. */
interface Balanced {
  readonly type: string | undefined;
  readonly kept: readonly string[];
}

function loadBalancerRules(field: string, status: LoadBalancerStatus | undefined, { type, kept }: Balanced): FieldError[] {
  const ingress = status?.ingress ?? [];
  const list = child(field, 'ingress');
  if (type !== 'LoadBalancer' && ingress.length) return [forbiddenField(list, "may only be used when `spec.type` is 'LoadBalancer'")];
  return ingress.flatMap(({ ip, hostname, ipMode }, index) => {
    const here = at(list, index);
    const errors = ip ? legacyIp(child(here, 'ip'), ip, kept) : [];
    const mode = child(here, 'ipMode');
    if (ip && ipMode === undefined) errors.push(required(mode, 'must be specified when `ip` is set'));
    else if (!ip && ipMode !== undefined) errors.push(forbiddenField(mode, 'may not be specified when `ip` is not set'));
    else if (ipMode !== undefined && ipMode !== 'VIP' && ipMode !== 'Proxy') errors.push(notSupported(mode, ipMode, ['Proxy', 'VIP']));
    if (hostname) errors.push(...hostnameRules(child(here, 'hostname'), hostname));
    return errors;
  });
}

function hostnameRules(field: string, hostname: string): FieldError[] {
  const errors = dnsSubdomain(field, hostname);
  if (parseIp(hostname)) errors.push(invalid(field, hostname, 'must be a DNS name, not an IP address'));
  return errors;
}
