import type { Infer } from '#machinery/schema.ts';
import { embedded, int32, list, message, optional, pointer, required, string } from '#machinery/schema.ts';
import { protocol } from '../pod/container.ts';
import { objectReference } from '../references.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const endpointAddress = message(
  'core/v1.EndpointAddress',
  {
    ip: required(1, string),
    hostname: optional(3, string),
    nodeName: pointer(4, string),
    targetRef: pointer(2, objectReference),
  },
  'atomic',
);
export interface EndpointAddress extends Infer<typeof endpointAddress> {}

export const endpointPort = message(
  'core/v1.EndpointPort',
  {
    name: optional(1, string),
    port: required(2, int32),
    protocol: optional(3, protocol),
    appProtocol: pointer(4, string),
  },
  'atomic',
);
export interface EndpointPort extends Infer<typeof endpointPort> {}

export const endpointSubset = message('core/v1.EndpointSubset', {
  addresses: optional(1, list(endpointAddress)),
  notReadyAddresses: optional(2, list(endpointAddress)),
  ports: optional(3, list(endpointPort)),
});
export interface EndpointSubset extends Infer<typeof endpointSubset> {}

export const endpoints = message('core/v1.Endpoints', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  subsets: optional(2, list(endpointSubset)),
});
export interface Endpoints extends Infer<typeof endpoints> {}
