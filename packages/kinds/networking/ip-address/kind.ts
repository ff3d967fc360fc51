import { defineKind } from '#machinery/kind.ts';
import { type IPAddress, ipAddress } from './schema.ts';
import { ipAddressColumns, ipAddressStrategy } from './strategy.ts';

/** `ipaddresses` of networking.k8s.io. */
export const ipAddresses = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  shortNames: ['ip'],
  namespaced: false,
  schema: ipAddress,
  strategy: ipAddressStrategy,
  columns: ipAddressColumns,
});
