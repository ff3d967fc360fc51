import { defineKind } from '#machinery/kind.ts';
import { nameAndAge } from '../../cells.ts';
import { type DeviceClass, deviceClass } from './schema.ts';
import { deviceClassStrategy } from './strategy.ts';

/** `deviceclasses` of resource.k8s.io. */
export const deviceClasses = defineKind<DeviceClass>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  namespaced: false,
  schema: deviceClass,
  strategy: { ...deviceClassStrategy, returnsDeleted: true },
  columns: nameAndAge,
});
