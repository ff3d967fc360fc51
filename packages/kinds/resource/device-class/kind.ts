import { defineKind } from '#machinery/kind.ts';
import { type DeviceClass, deviceClass } from './schema.ts';

/** `deviceclasses` of resource.k8s.io. */
export const deviceClasses = defineKind<DeviceClass>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  namespaced: false,
  schema: deviceClass,
});
