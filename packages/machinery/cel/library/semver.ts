/** Semantic versions. */
import { sizeOf } from '../compare.ts';
import { type Declaration, fn, type Library, method } from '../functions.ts';
import { TRAVERSAL } from '../standard/operators.ts';
import { BOOL, INT, opaque, STRING } from '../types.ts';
import { CelError, CelOpaque, type Value } from '../values.ts';

const SEMVER = opaque('kubernetes.Semver');

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly pre: readonly string[];
}

/** A version as a value. */
export class CelSemver extends CelOpaque {
  readonly type = SEMVER as CelOpaque['type'];
  readonly version: Version;

  constructor(version: Version) {
    super();
    this.version = version;
  }

  equals(other: CelOpaque): boolean {
    return other instanceof CelSemver && compareVersions(this.version, other.version) === 0;
  }
}

const LARGEST = 2n ** 64n - 1n;

/** Reads a version. @throws CelError in the words of the library that upstream uses */
export function parseSemver(text: string): CelSemver {
  if (text === '') throw new CelError('Version string empty');
  const parts = splitThree(text);
  if (parts.length !== 3) throw new CelError('No Major.Minor.Patch elements found');
  const [major, minor, rest] = parts as [string, string, string];
  const plus = rest.indexOf('+');
  const build = plus < 0 ? undefined : rest.slice(plus + 1).split('.');
  const core = plus < 0 ? rest : rest.slice(0, plus);
  const dash = core.indexOf('-');
  const pre = dash < 0 ? [] : core.slice(dash + 1).split('.');
  const patch = dash < 0 ? core : core.slice(0, dash);
  const numbers = [number(major, 'major'), number(minor, 'minor'), number(patch, 'patch')] as const;
  for (const one of pre) {
    if (one === '') throw new CelError('Prerelease is empty');
    if (!/^[0-9A-Za-z-]+$/.test(one)) throw new CelError(`Invalid character(s) found in prerelease "${one}"`);
    if (/^0\d+$/.test(one)) throw new CelError(`Numeric PreRelease version must not contain leading zeroes "${one}"`);
  }
  for (const one of build ?? []) {
    if (one === '') throw new CelError('Build meta data is empty');
    if (!/^[0-9A-Za-z-]+$/.test(one)) throw new CelError(`Invalid character(s) found in build meta data "${one}"`);
  }
  return new CelSemver({ numbers, pre });
}

function splitThree(text: string): string[] {
  const first = text.indexOf('.');
  const second = text.indexOf('.', first + 1);
  if (first < 0 || second < 0) return text.split('.');
  return [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

function number(text: string, name: string): bigint {
  const title = name[0]!.toUpperCase() + name.slice(1);
  if (!/^\d+$/.test(text)) throw new CelError(`Invalid character(s) found in ${name} number "${text}"`);
  if (text.length > 1 && text.startsWith('0')) throw new CelError(`${title} number must not contain leading zeroes "${text}"`);
  const value = BigInt(text.slice(0, 40));
  if (value > LARGEST) throw new CelError(`strconv.ParseUint: parsing "${text}": value out of range`);
  return value;
}

/** `v1.01` is `1.1.0`: a leading `v` and zeroes go, missing parts are zero. */
function normalized(text: string): string {
  const trimmed = text.trim().replace(/^v/, '');
  const parts = splitThree(trimmed).map((one) => one.replace(/^0+(?=\d)/, ''));
  if (parts.length < 3) {
    if (/[+-]/.test(parts.at(-1)!)) throw new CelError('Short version cannot contain PreRelease/Build meta data');
    while (parts.length < 3) parts.push('0');
  }
  return parts.join('.');
}

function comparePre(a: string, b: string): number {
  const [one, other] = [a, b].map((text) => /^\d+$/.test(text)) as [boolean, boolean];
  if (one && other) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
  if (one !== other) return one ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < 3; i += 1) if (a.numbers[i] !== b.numbers[i]) return a.numbers[i]! < b.numbers[i]! ? -1 : 1;
  // A version without a suffix comes after those with one.
  if (a.pre.length === 0 || b.pre.length === 0) return Number(b.pre.length > 0) - Number(a.pre.length > 0);
  for (let i = 0; i < Math.min(a.pre.length, b.pre.length); i += 1) {
    const order = comparePre(a.pre[i]!, b.pre[i]!);
    if (order !== 0) return order;
  }
  return Math.sign(a.pre.length - b.pre.length);
}

function isSemver(text: string, normalize = false): boolean {
  try {
    parseSemver(normalize ? normalized(text) : text);
    return true;
  } catch (error) {
    if (error instanceof CelError) return false;
    throw error;
  }
}

const bySize = ([text]: readonly Value[]): number => Math.ceil(sizeOf(text!) * TRAVERSAL);

function comparison<T extends Value>(name: string, result: typeof BOOL, of: (order: number) => T): Declaration {
  return method(name, [[SEMVER, SEMVER], result], (a: CelSemver, b: CelSemver) => of(compareVersions(a.version, b.version)));
}

/** `semver`, `isSemver`, `major`, `isLessThan`, … */
export const semvers: Library = [
  fn('semver', [[STRING], SEMVER], (text: string) => parseSemver(text), bySize),
  fn('semver', [[STRING, BOOL], SEMVER], (text: string, normalize: boolean) => parseSemver(normalize ? normalized(text) : text), bySize),
  fn('isSemver', [[STRING], BOOL], (text: string) => isSemver(text), bySize),
  fn('isSemver', [[STRING, BOOL], BOOL], isSemver, bySize),
  ...(['major', 'minor', 'patch'] as const).map((name, index) => method(name, [[SEMVER], INT], ({ version }: CelSemver) => version.numbers[index]!)),
  comparison('isLessThan', BOOL, (order) => order < 0),
  comparison('isGreaterThan', BOOL, (order) => order > 0),
  comparison('compareTo', INT, (order) => BigInt(order)),
];
