/**
 * Rules for those who would lead.
 *
 * Source: kubernetes `pkg/apis/coordination/validation` ValidateLeaseCandidateSpec.
 */
import { type FieldError, invalid, required } from '#machinery/field-error.ts';
import { immutable } from '../../rules.ts';
import { leaseStrategyRules, OLDEST_EMULATION_VERSION } from '../strategy-rules.ts';
import type { LeaseCandidate } from './schema.ts';

const NUMBER = '(0|[1-9]\\d*)';
const WORDS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const SEMVER = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(-${WORDS})?(\\+${WORDS})?$`);
const NEEDED = `must be specified when \`strategy\` is '${OLDEST_EMULATION_VERSION}'`;

/** A version by its parts; one without a suffix comes after those with one. */
type Version = readonly [major: number, minor: number, patch: number, plain: number];

function parseVersion(text: string): Version | undefined {
  const found = SEMVER.exec(text);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3]), found[4] === undefined ? 1 : 0] : undefined;
}

function isBefore(one: Version, other: Version): boolean {
  const index = one.findIndex((part, i) => part !== other[i]);
  return index >= 0 && one[index]! < other[index]!;
}

/** A new candidate. */
export function validateLeaseCandidate({ spec }: LeaseCandidate): FieldError[] {
  const { leaseName, emulationVersion = '', binaryVersion, strategy = '' } = spec;
  const emulated = parseVersion(emulationVersion);
  const binary = parseVersion(binaryVersion);
  const errors = leaseName ? [] : [required('spec.leaseName')];
  if (emulationVersion && !emulated) errors.push(invalid('spec.emulationVersion', emulationVersion, 'must be a valid semantic version'));
  if (binaryVersion && !binary) errors.push(invalid('spec.binaryVersion', binaryVersion, 'must be a valid semantic version'));
  if (binary && emulated && isBefore(binary, emulated))
    errors.push(invalid('spec.binaryVersion', binaryVersion, 'must be greater than or equal to `emulationVersion`'));
  if (!strategy) return [...errors, required('spec.strategy')];
  if (strategy === OLDEST_EMULATION_VERSION) {
    if (!binary) errors.push(required('spec.binaryVersion', NEEDED));
    if (!emulated) errors.push(required('spec.emulationVersion', NEEDED));
  }
  return [...errors, ...leaseStrategyRules('spec.strategy', strategy)];
}

/** A changed candidate: it stays one for the same lease. */
export function validateLeaseCandidateUpdate(candidate: LeaseCandidate, stored: LeaseCandidate): FieldError[] {
  return [...validateLeaseCandidate(candidate), ...immutable('spec.leaseName', candidate.spec.leaseName, stored.spec.leaseName)];
}
