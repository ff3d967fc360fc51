import type { Infer } from '#machinery/schema.ts';
import { embedded, message, microTime, optional, pointer, required, string } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';
import { coordinatedLeaseStrategy } from '../lease/schema.ts';

export const leaseCandidateSpec = message('coordination/v1beta1.LeaseCandidateSpec', {
  leaseName: required(1, string),
  pingTime: pointer(2, microTime),
  renewTime: pointer(3, microTime),
  binaryVersion: required(4, string),
  emulationVersion: optional(5, string),
  strategy: optional(6, coordinatedLeaseStrategy, { mustBeSet: true }),
});
export interface LeaseCandidateSpec extends Infer<typeof leaseCandidateSpec> {}

export const leaseCandidate = message('coordination/v1beta1.LeaseCandidate', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: embedded(2, leaseCandidateSpec, { mustBeSet: true }),
});
export interface LeaseCandidate extends Infer<typeof leaseCandidate> {}
