import type { Infer } from '#machinery/schema.ts';
import { embedded, inline, list, message, optional, pointer, required, string } from '#machinery/schema.ts';
import { deviceConfiguration, deviceSelector } from '../shared.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const deviceClassConfiguration = message('resource/v1.DeviceClassConfiguration', {
  deviceConfiguration: inline(1, deviceConfiguration),
});
export interface DeviceClassConfiguration extends Infer<typeof deviceClassConfiguration> {}

export const deviceClassSpec = message('resource/v1.DeviceClassSpec', {
  selectors: optional(1, list(deviceSelector)),
  config: optional(2, list(deviceClassConfiguration)),
  extendedResourceName: pointer(4, string, { gates: ['DRAExtendedResource'] }),
});
export interface DeviceClassSpec extends Infer<typeof deviceClassSpec> {}

export const deviceClass = message('resource/v1.DeviceClass', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, deviceClassSpec),
});
export interface DeviceClass extends Infer<typeof deviceClass> {}
