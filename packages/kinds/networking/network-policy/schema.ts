import type { Infer } from '#machinery/schema.ts';
import { embedded, int32, intOrString, list, message, oneOf, optional, pointer, required, string } from '#machinery/schema.ts';
import { protocol } from '../../core/pod/container.ts';
import { labelSelector, objectMeta, typeMeta } from '#machinery/meta.ts';

export const networkPolicyPort = message('networking/v1.NetworkPolicyPort', {
  protocol: pointer(1, protocol),
  port: pointer(2, intOrString),
  endPort: pointer(3, int32),
});
export interface NetworkPolicyPort extends Infer<typeof networkPolicyPort> {}

export const ipBlock = message('networking/v1.IPBlock', {
  cidr: required(1, string),
  except: optional(2, list(string)),
});
export interface IPBlock extends Infer<typeof ipBlock> {}

export const networkPolicyPeer = message('networking/v1.NetworkPolicyPeer', {
  podSelector: pointer(1, labelSelector),
  namespaceSelector: pointer(2, labelSelector),
  ipBlock: pointer(3, ipBlock),
});
export interface NetworkPolicyPeer extends Infer<typeof networkPolicyPeer> {}

export const networkPolicyIngressRule = message('networking/v1.NetworkPolicyIngressRule', {
  ports: optional(1, list(networkPolicyPort)),
  from: optional(2, list(networkPolicyPeer)),
});
export interface NetworkPolicyIngressRule extends Infer<typeof networkPolicyIngressRule> {}

export const networkPolicyEgressRule = message('networking/v1.NetworkPolicyEgressRule', {
  ports: optional(1, list(networkPolicyPort)),
  to: optional(2, list(networkPolicyPeer)),
});
export interface NetworkPolicyEgressRule extends Infer<typeof networkPolicyEgressRule> {}

export const policyType = oneOf('Ingress', 'Egress');

export const networkPolicySpec = message('networking/v1.NetworkPolicySpec', {
  podSelector: embedded(1, labelSelector),
  ingress: optional(2, list(networkPolicyIngressRule)),
  egress: optional(3, list(networkPolicyEgressRule)),
  policyTypes: optional(4, list(policyType)),
});
export interface NetworkPolicySpec extends Infer<typeof networkPolicySpec> {}

export const networkPolicy = message('networking/v1.NetworkPolicy', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, networkPolicySpec),
});
export interface NetworkPolicy extends Infer<typeof networkPolicy> {}
