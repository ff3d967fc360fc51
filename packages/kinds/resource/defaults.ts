/**
 * Defaults of device requests and devices.
 *
 * Source: kubernetes `pkg/apis/resource/v1/defaults.go`.
 */
import type { Draft } from '#machinery/schema.ts';
import type { DeviceClaim, DeviceSubRequest, DeviceToleration, ExactDeviceRequest } from './shared.ts';

/** Fills the requests of a claim or a claim template. */
export function defaultDeviceClaim(claim: Draft<DeviceClaim> | undefined): void {
  for (const request of claim?.requests ?? []) {
    if (request.exactly) defaultRequest(request.exactly);
    for (const alternative of request.firstAvailable ?? []) defaultRequest(alternative);
  }
}

function defaultRequest(request: Draft<ExactDeviceRequest> | Draft<DeviceSubRequest>): void {
  request.allocationMode ||= 'ExactCount';
  if (request.allocationMode === 'ExactCount') request.count ||= 1;
  defaultTolerations(request.tolerations);
}

/** Fills tolerations. */
export function defaultTolerations(tolerations: readonly Draft<DeviceToleration>[] | undefined): void {
  for (const toleration of tolerations ?? []) toleration.operator ||= 'Equal';
}
