import type { Infer } from '#machinery/schema.ts';
import { bool, embedded, int32, list, map, message, oneOf, optional, pointer, required, string } from '#machinery/schema.ts';
import { protocol } from '../../core/pod/container.ts';
import { objectReference } from '../../core/references.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const addressType = oneOf('IPv4', 'IPv6', 'FQDN');

export const endpointConditions = message('discovery/v1.EndpointConditions', {
  ready: pointer(1, bool),
  serving: pointer(2, bool),
  terminating: pointer(3, bool),
});
export interface EndpointConditions extends Infer<typeof endpointConditions> {}

export const forZone = message('discovery/v1.ForZone', {
  name: required(1, string),
});
export interface ForZone extends Infer<typeof forZone> {}

export const forNode = message('discovery/v1.ForNode', {
  name: required(1, string),
});
export interface ForNode extends Infer<typeof forNode> {}

export const endpointHints = message('discovery/v1.EndpointHints', {
  forZones: optional(1, list(forZone)),
  forNodes: optional(2, list(forNode)),
});
export interface EndpointHints extends Infer<typeof endpointHints> {}

export const endpoint = message('discovery/v1.Endpoint', {
  addresses: required(1, list(string), { listType: 'set' }),
  conditions: embedded(2, endpointConditions),
  hostname: pointer(3, string),
  targetRef: pointer(4, objectReference),
  deprecatedTopology: optional(5, map(string)),
  nodeName: pointer(6, string),
  zone: pointer(7, string),
  hints: pointer(8, endpointHints),
});
export interface Endpoint extends Infer<typeof endpoint> {}

export const endpointPort = message(
  'discovery/v1.EndpointPort',
  {
    name: pointer(1, string),
    protocol: pointer(2, protocol),
    port: pointer(3, int32),
    appProtocol: pointer(4, string),
  },
  'atomic',
);
export interface EndpointPort extends Infer<typeof endpointPort> {}

export const endpointSlice = message('discovery/v1.EndpointSlice', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  addressType: required(4, addressType),
  endpoints: required(2, list(endpoint), { notRequired: true }),
  ports: required(3, list(endpointPort), { notRequired: true }),
});
export interface EndpointSlice extends Infer<typeof endpointSlice> {}
