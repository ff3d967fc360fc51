import { defineKind } from '#machinery/kind.ts';
import { type NetworkPolicy, networkPolicy } from './schema.ts';
import { defaultNetworkPolicy, networkPolicyColumns, networkPolicyStrategy } from './strategy.ts';

/** `networkpolicies` of networking.k8s.io. */
export const networkPolicies = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  namespaced: true,
  schema: networkPolicy,
  defaults: defaultNetworkPolicy,
  strategy: networkPolicyStrategy,
  columns: networkPolicyColumns,
});
