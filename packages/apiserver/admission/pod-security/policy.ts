/**
 * The policy of a namespace: a level at a version for each of enforce, audit and warn, read from its labels.
 *
 * Source: the Pod Security admission documentation; `k8s.io/pod-security-admission/api`.
 */
import { type FieldError, at, invalid } from '#machinery/field-error.ts';

/** From no rules at all to current hardening practice. */
export type Level = 'privileged' | 'baseline' | 'restricted';

/** What happens to a pod that breaks the rules. */
export type Mode = 'enforce' | 'audit' | 'warn';

/** A level with the release whose rules are meant; `minor` is Infinity for `latest`. */
export interface LevelVersion {
  readonly level: Level;
  readonly minor: number;
}

/** What each mode goes by. */
export type Policy = Readonly<Record<Mode, LevelVersion>>;

/** A policy, and what is wrong with the labels it was read from. */
export interface PolicyOfLabels {
  readonly policy: Policy;
  readonly errors: readonly FieldError[];
}

const PREFIX = 'pod-security.kubernetes.io/';
const LEVELS: readonly Level[] = ['privileged', 'baseline', 'restricted'];
const VERSION = /^v1\.(0|[1-9][0-9]*)$/;

/** All modes, in the order messages name them. */
export const MODES: readonly Mode[] = ['enforce', 'audit', 'warn'];

/** What holds where nothing is said: anything goes. */
export const PRIVILEGED_POLICY: Policy = {
  enforce: { level: 'privileged', minor: Infinity },
  audit: { level: 'privileged', minor: Infinity },
  warn: { level: 'privileged', minor: Infinity },
};

/** The label that sets a mode's level. */
export function levelLabel(mode: Mode): string {
  return PREFIX + mode;
}

/** The label that sets a mode's version. */
export function versionLabel(mode: Mode): string {
  return `${PREFIX}${mode}-version`;
}

/** `undefined` when the text is no level. */
export function parseLevel(text: string): Level | undefined {
  return LEVELS.find((level) => level === text);
}

/** The minor release of `latest` or `v1.N`; `undefined` when the text is neither. */
export function parseVersion(text: string): number | undefined {
  if (text === 'latest') return Infinity;
  const match = VERSION.exec(text);
  return match ? Number(match[1]) : undefined;
}

/** What a level may be, as messages say it. */
export const LEVEL_RULE = `must be one of ${LEVELS.join(', ')}`;

/** What a version may be, as messages say it. */
export const VERSION_RULE = 'must be "latest" or "v1.x"';

/** `restricted:latest`, `baseline:v1.30`. */
export function levelVersionText({ level, minor }: LevelVersion): string {
  return `${level}:${minor === Infinity ? 'latest' : `v1.${minor}`}`;
}

/** Whether two are the same. */
export function sameLevelVersion(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && a.minor === b.minor;
}

/** Positive when `a` allows less than `b`. */
export function compareLevels(a: Level, b: Level): number {
  return LEVELS.indexOf(a) - LEVELS.indexOf(b);
}

/** The policy that labels ask for, `defaults` where they say nothing. Wrong levels count as restricted when enforced, else as privileged. */
export function policyOfLabels(labels: Readonly<Record<string, string>> | undefined, defaults: Policy): PolicyOfLabels {
  if (!labels) return { policy: defaults, errors: [] };
  const errors: FieldError[] = [];
  const given = new Set<Mode>();
  const read = (mode: Mode): LevelVersion => {
    const { level, minor } = defaults[mode];
    const levelText = labels[levelLabel(mode)];
    const versionText = labels[versionLabel(mode)];
    if (levelText !== undefined || versionText !== undefined) given.add(mode);
    const parsedLevel = levelText === undefined ? level : parseLevel(levelText);
    if (parsedLevel === undefined) errors.push(invalid(at('metadata.labels', levelLabel(mode)), levelText, LEVEL_RULE));
    const parsedMinor = versionText === undefined ? minor : parseVersion(versionText);
    if (parsedMinor === undefined) errors.push(invalid(at('metadata.labels', versionLabel(mode)), versionText, VERSION_RULE));
    return { level: parsedLevel ?? (mode === 'enforce' ? 'restricted' : 'privileged'), minor: parsedMinor ?? Infinity };
  };
  const enforce = read('enforce');
  const enforceIsGood = given.has('enforce') && errors.length === 0;
  const audit = read('audit');
  const warn = read('warn');
  const warnsOfMore = enforceIsGood && !given.has('warn') && compareLevels(enforce.level, warn.level) > 0;
  return { policy: { enforce, audit, warn: warnsOfMore ? enforce : warn }, errors };
}
