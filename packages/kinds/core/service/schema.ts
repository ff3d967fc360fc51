import type { Infer } from '#machinery/schema.ts';
import { anyOf, bool, embedded, int32, intOrString, list, map, message, oneOf, optional, pointer, required, string } from '#machinery/schema.ts';
import { protocol } from '../pod/container.ts';
import { condition, objectMeta, typeMeta } from '#machinery/meta.ts';

export const servicePort = message('core/v1.ServicePort', {
  name: optional(1, string),
  protocol: optional(2, protocol, { default: 'TCP' }),
  appProtocol: pointer(6, string),
  port: required(3, int32),
  targetPort: optional(4, intOrString),
  nodePort: optional(5, int32),
});
export interface ServicePort extends Infer<typeof servicePort> {}

export const serviceType = oneOf('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName');

export const serviceAffinity = oneOf('ClientIP', 'None');

export const serviceExternalTrafficPolicy = oneOf('Cluster', 'Local');

export const clientIPConfig = message('core/v1.ClientIPConfig', {
  timeoutSeconds: pointer(1, int32),
});
export interface ClientIPConfig extends Infer<typeof clientIPConfig> {}

export const sessionAffinityConfig = message('core/v1.SessionAffinityConfig', {
  clientIP: pointer(1, clientIPConfig),
});
export interface SessionAffinityConfig extends Infer<typeof sessionAffinityConfig> {}

export const ipFamily = oneOf('IPv4', 'IPv6', '');

export const ipFamilyPolicy = oneOf('SingleStack', 'PreferDualStack', 'RequireDualStack');

export const serviceInternalTrafficPolicy = oneOf('Cluster', 'Local');

export const serviceSpec = message('core/v1.ServiceSpec', {
  ports: optional(1, list(servicePort), { listType: 'map', keys: ['port', 'protocol'], patch: 'merge', mergeKey: 'port' }),
  selector: optional(2, map(string), { mapType: 'atomic' }),
  clusterIP: optional(3, string),
  clusterIPs: optional(18, list(string)),
  type: optional(4, serviceType),
  externalIPs: optional(5, list(string)),
  sessionAffinity: optional(7, serviceAffinity),
  loadBalancerIP: optional(8, string, { deprecated: true }),
  loadBalancerSourceRanges: optional(9, list(string)),
  externalName: optional(10, string),
  externalTrafficPolicy: optional(11, serviceExternalTrafficPolicy),
  healthCheckNodePort: optional(12, int32),
  publishNotReadyAddresses: optional(13, bool),
  sessionAffinityConfig: pointer(14, sessionAffinityConfig),
  ipFamilies: optional(19, list(ipFamily)),
  ipFamilyPolicy: pointer(17, ipFamilyPolicy),
  allocateLoadBalancerNodePorts: pointer(20, bool),
  loadBalancerClass: pointer(21, string),
  internalTrafficPolicy: pointer(22, serviceInternalTrafficPolicy),
  trafficDistribution: pointer(23, string),
});
export interface ServiceSpec extends Infer<typeof serviceSpec> {}

export const loadBalancerIPMode = anyOf('VIP', 'Proxy');

export const portStatus = message('core/v1.PortStatus', {
  port: required(1, int32),
  protocol: required(2, protocol),
  error: pointer(3, string),
});
export interface PortStatus extends Infer<typeof portStatus> {}

export const loadBalancerIngress = message('core/v1.LoadBalancerIngress', {
  ip: optional(1, string),
  hostname: optional(2, string),
  ipMode: pointer(3, loadBalancerIPMode),
  ports: optional(4, list(portStatus)),
});
export interface LoadBalancerIngress extends Infer<typeof loadBalancerIngress> {}

export const loadBalancerStatus = message('core/v1.LoadBalancerStatus', {
  ingress: optional(1, list(loadBalancerIngress)),
});
export interface LoadBalancerStatus extends Infer<typeof loadBalancerStatus> {}

export const serviceStatus = message('core/v1.ServiceStatus', {
  loadBalancer: embedded(1, loadBalancerStatus),
  conditions: optional(2, list(condition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
});
export interface ServiceStatus extends Infer<typeof serviceStatus> {}

export const service = message('core/v1.Service', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, serviceSpec),
  status: embedded(3, serviceStatus),
});
export interface Service extends Infer<typeof service> {}

export const serviceProxyOptions = message('core/v1.ServiceProxyOptions', {
  ...typeMeta,
  path: optional(1, string),
});
export interface ServiceProxyOptions extends Infer<typeof serviceProxyOptions> {}
