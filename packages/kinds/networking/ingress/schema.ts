import type { Infer } from '#machinery/schema.ts';
import { embedded, inline, int32, list, message, oneOf, optional, pointer, required, string } from '#machinery/schema.ts';
import { protocol } from '../../core/pod/container.ts';
import { typedLocalObjectReference } from '../../core/references.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const serviceBackendPort = message(
  'networking/v1.ServiceBackendPort',
  {
    name: optional(1, string),
    number: optional(2, int32),
  },
  'atomic',
);
export interface ServiceBackendPort extends Infer<typeof serviceBackendPort> {}

export const ingressServiceBackend = message('networking/v1.IngressServiceBackend', {
  name: required(1, string),
  port: embedded(2, serviceBackendPort),
});
export interface IngressServiceBackend extends Infer<typeof ingressServiceBackend> {}

export const ingressBackend = message('networking/v1.IngressBackend', {
  service: pointer(4, ingressServiceBackend),
  resource: pointer(3, typedLocalObjectReference),
});
export interface IngressBackend extends Infer<typeof ingressBackend> {}

export const ingressTLS = message('networking/v1.IngressTLS', {
  hosts: optional(1, list(string)),
  secretName: optional(2, string),
});
export interface IngressTLS extends Infer<typeof ingressTLS> {}

export const pathType = oneOf('Exact', 'Prefix', 'ImplementationSpecific');

export const httpIngressPath = message('networking/v1.HTTPIngressPath', {
  path: optional(1, string),
  pathType: pointer(3, pathType, { nullable: true, mustBeSet: true }),
  backend: required(2, ingressBackend),
});
export interface HTTPIngressPath extends Infer<typeof httpIngressPath> {}

export const httpIngressRuleValue = message('networking/v1.HTTPIngressRuleValue', {
  paths: required(1, list(httpIngressPath)),
});
export interface HTTPIngressRuleValue extends Infer<typeof httpIngressRuleValue> {}

export const ingressRuleValue = message('networking/v1.IngressRuleValue', {
  http: pointer(1, httpIngressRuleValue),
});
export interface IngressRuleValue extends Infer<typeof ingressRuleValue> {}

export const ingressRule = message('networking/v1.IngressRule', {
  host: optional(1, string),
  ingressRuleValue: inline(2, ingressRuleValue),
});
export interface IngressRule extends Infer<typeof ingressRule> {}

export const ingressSpec = message('networking/v1.IngressSpec', {
  ingressClassName: pointer(4, string),
  defaultBackend: pointer(1, ingressBackend),
  tls: optional(2, list(ingressTLS)),
  rules: optional(3, list(ingressRule)),
});
export interface IngressSpec extends Infer<typeof ingressSpec> {}

export const ingressPortStatus = message('networking/v1.IngressPortStatus', {
  port: required(1, int32),
  protocol: required(2, protocol),
  error: pointer(3, string),
});
export interface IngressPortStatus extends Infer<typeof ingressPortStatus> {}

export const ingressLoadBalancerIngress = message('networking/v1.IngressLoadBalancerIngress', {
  ip: optional(1, string),
  hostname: optional(2, string),
  ports: optional(4, list(ingressPortStatus)),
});
export interface IngressLoadBalancerIngress extends Infer<typeof ingressLoadBalancerIngress> {}

export const ingressLoadBalancerStatus = message('networking/v1.IngressLoadBalancerStatus', {
  ingress: optional(1, list(ingressLoadBalancerIngress)),
});
export interface IngressLoadBalancerStatus extends Infer<typeof ingressLoadBalancerStatus> {}

export const ingressStatus = message('networking/v1.IngressStatus', {
  loadBalancer: embedded(1, ingressLoadBalancerStatus),
});
export interface IngressStatus extends Infer<typeof ingressStatus> {}

export const ingress = message('networking/v1.Ingress', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, ingressSpec),
  status: embedded(3, ingressStatus),
});
export interface Ingress extends Infer<typeof ingress> {}
