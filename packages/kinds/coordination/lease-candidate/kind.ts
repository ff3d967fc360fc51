import { child, type FieldError, invalid, notSupported, required } from '#machinery/field-error.ts';
import { defineKind } from '#machinery/kind.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { dnsSubdomain, immutable, present, qualifiedName } from '../../rules.ts';
import { type LeaseCandidate, leaseCandidate } from './schema.ts';

/** How the leader is chosen; others have a domain in front. */
const STRATEGIES = ['OldestEmulationVersion'];
const SEMVER = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

function version(field: string, text: string): FieldError[] {
  return SEMVER.test(text) ? [] : [invalid(field, text, 'must be a valid semantic version')];
}

function strategyRules(field: string, strategy: string | undefined): FieldError[] {
  if (!strategy) return [required(field, '')];
  if (strategy.includes('/')) return qualifiedName(field, strategy);
  return STRATEGIES.includes(strategy) ? [] : [notSupported(field, strategy, STRATEGIES)];
}

/** Source: kubernetes `pkg/apis/coordination/validation` ValidateLeaseCandidate. */
function validate({ spec }: LeaseCandidate): FieldError[] {
  const leaseName = child('spec', 'leaseName');
  const binary = child('spec', 'binaryVersion');
  const oldest = spec.strategy === STRATEGIES[0];
  return [
    ...(spec.leaseName === '' ? present(leaseName, '') : dnsSubdomain(leaseName, spec.leaseName)),
    ...(spec.binaryVersion === '' ? present(binary, '') : version(binary, spec.binaryVersion)),
    ...(spec.emulationVersion ? version(child('spec', 'emulationVersion'), spec.emulationVersion) : []),
    ...(oldest && !spec.emulationVersion ? [required(child('spec', 'emulationVersion'), 'must be set when strategy is "OldestEmulationVersion"')] : []),
    ...strategyRules(child('spec', 'strategy'), spec.strategy),
  ];
}

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
    validate,
    validateUpdate: (object, stored) => [...validate(object), ...immutable('spec.leaseName', object.spec.leaseName, stored.spec.leaseName)],
  },
  columns: [
    nameColumn,
    { name: 'LeaseName', type: 'string', description: 'LeaseName is the name of the lease for which this candidate is contending.', cell: ({ spec }) => spec.leaseName },
    { name: 'BinaryVersion', type: 'string', description: 'BinaryVersion is the binary version.', cell: ({ spec }) => spec.binaryVersion },
    { name: 'EmulationVersion', type: 'string', description: 'EmulationVersion is the emulation version.', cell: ({ spec }) => spec.emulationVersion ?? '' },
    ageColumn,
  ],
});
