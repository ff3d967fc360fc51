/** Between `resource.k8s.io/v1beta1` and `v1`. Source: kubernetes `pkg/apis/resource/v1beta1/conversion.go`. */
import type { Device, DeviceRequest } from './schema.ts';
import type { Device as StoredDevice } from '../resource-slice/schema.ts';
import type { DeviceRequest as StoredRequest } from '../shared.ts';

/** A request whose members are its own becomes one of exactly those; one with alternatives stays without. */
export function requestToStored({ name, firstAvailable, ...own }: DeviceRequest): StoredRequest {
  const { deviceClassName, ...others } = own;
  const isExact = deviceClassName !== '' || Object.values(others).some((value) => value !== undefined);
  return { name, ...(isExact ? { exactly: own } : {}), ...(firstAvailable ? { firstAvailable } : {}) };
}

/** The other way. */
export function requestFromStored({ name, exactly, firstAvailable }: StoredRequest): DeviceRequest {
  return { name, ...(exactly ?? { deviceClassName: '' }), ...(firstAvailable ? { firstAvailable } : {}) };
}

/** A device's members stand on their own. */
export function deviceToStored({ name, basic }: Device): StoredDevice {
  return { name, ...basic };
}

/** The other way. */
export function deviceFromStored({ name, ...basic }: StoredDevice): Device {
  return { name, basic };
}
