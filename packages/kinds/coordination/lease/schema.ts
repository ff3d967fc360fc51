import type { Infer } from '#machinery/schema.ts';
import { anyOf, embedded, int32, message, microTime, pointer, string } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const coordinatedLeaseStrategy = anyOf('OldestEmulationVersion');

export const leaseSpec = message('coordination/v1.LeaseSpec', {
  holderIdentity: pointer(1, string),
  leaseDurationSeconds: pointer(2, int32),
  acquireTime: pointer(3, microTime),
  renewTime: pointer(4, microTime),
  leaseTransitions: pointer(5, int32),
  strategy: pointer(6, coordinatedLeaseStrategy, { gates: ['CoordinatedLeaderElection'] }),
  preferredHolder: pointer(7, string, { gates: ['CoordinatedLeaderElection'] }),
});
export interface LeaseSpec extends Infer<typeof leaseSpec> {}

export const lease = message('coordination/v1.Lease', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, leaseSpec),
});
export interface Lease extends Infer<typeof lease> {}
