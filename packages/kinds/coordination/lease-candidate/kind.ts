import { defineKind } from '#machinery/kind.ts';
import { validateConfigMapKey } from '#machinery/names.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { type LeaseCandidate, leaseCandidate } from './schema.ts';
import { validateLeaseCandidate, validateLeaseCandidateUpdate } from './validation.ts';

/** `leasecandidates` of coordination.k8s.io. */
export const leaseCandidates = defineKind<LeaseCandidate>({
  group: 'coordination.k8s.io',
  version: 'v1beta1',
  kind: 'LeaseCandidate',
  plural: 'leasecandidates',
  namespaced: true,
  schema: leaseCandidate,
  enabledByDefault: false,
  strategy: {
    createOnUpdate: true,
    validateName: validateConfigMapKey,
    validate: validateLeaseCandidate,
    validateUpdate: validateLeaseCandidateUpdate,
  },
  columns: [
    nameColumn,
    { name: 'LeaseName', type: 'string', description: 'LeaseName is the name of the lease for which this candidate is contending.', cell: ({ spec }) => spec.leaseName },
    { name: 'BinaryVersion', type: 'string', description: 'BinaryVersion is the binary version.', cell: ({ spec }) => spec.binaryVersion },
    { name: 'EmulationVersion', type: 'string', description: 'EmulationVersion is the emulation version.', cell: ({ spec }) => spec.emulationVersion ?? '' },
    ageColumn,
  ],
});
