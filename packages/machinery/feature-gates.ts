/**
 * Feature gates: which are known, which are on, and what `--feature-gates` says about them.
 *
 * Source: component-base `featuregate`.
 */

/** How mature a feature is. `GA` and `DEPRECATED` gates may be locked: they can no longer be switched. */
export type FeatureStage = 'ALPHA' | 'BETA' | 'GA' | 'DEPRECATED';

/** One gate. */
export interface FeatureGate {
  readonly stage: FeatureStage;
  readonly on: boolean;
  readonly locked?: true;
  /** Gates that must be on when this one is. */
  readonly needs?: readonly string[];
  /** Nothing here depends on it: switching it changes nothing, and is answered with a warning. */
  readonly inert?: true;
}

/** Known gates by name. */
export type FeatureGates = ReadonlyMap<string, FeatureGate>;

/** Gates with what was asked for, and what is to be said about it. */
export interface ConfiguredGates {
  readonly gates: FeatureGates;
  readonly warnings: readonly string[];
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);
const ALL: Readonly<Record<string, FeatureStage>> = { AllAlpha: 'ALPHA', AllBeta: 'BETA' };

/** Go's `strconv.ParseBool`. @throws Error in its words */
export function parseBool(text: string): boolean {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** Gates may be given with the component they are of, of which there is one. @throws Error for another */
function ofKube(name: string): string {
  const colon = name.indexOf(':');
  const component = colon < 0 ? 'kube' : name.slice(0, colon).trim();
  if (component !== 'kube') throw new Error(`component not registered: ${component}`);
  return name.slice(colon + 1).trim();
}

function parseAssignments(text: string): Map<string, boolean> {
  const asked = new Map<string, boolean>();
  for (const part of text.split(',')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = ofKube((equals < 0 ? part : part.slice(0, equals)).trim());
    if (equals < 0) throw new Error(`missing bool value for ${name}`);
    const value = part.slice(equals + 1).trim();
    try {
      asked.set(name, parseBool(value));
    } catch (error) {
      throw new Error(`invalid value of ${name}=${value}, err: ${(error as Error).message}`, { cause: error });
    }
  }
  return asked;
}

/** What was asked for of one gate. @throws Error if it is unknown or locked */
function setGate(name: string, gate: FeatureGate | undefined, on: boolean): { readonly gate: FeatureGate; readonly warnings: readonly string[] } {
  if (!gate) throw new Error(`unrecognized feature gate: ${name}`);
  if (gate.locked && gate.on !== on) throw new Error(`cannot set feature gate ${name} to ${on}, feature is locked to ${gate.on}`);
  const warnings: string[] = [];
  if (gate.stage === 'GA') warnings.push(`Setting GA feature gate ${name}=${on}. It will be removed in a future release.`);
  if (gate.stage === 'DEPRECATED') warnings.push(`Setting deprecated feature gate ${name}=${on}. It will be removed in a future release.`);
  if (gate.inert && gate.on !== on) warnings.push(`Feature gate ${name} is known, but switching it changes nothing here.`);
  return { gate: { ...gate, on }, warnings };
}

/** What the gates that are on lack. */
function unmet(gates: FeatureGates): Error[] {
  return [...gates].flatMap(([name, { on, needs = [] }]) => {
    const off = on ? needs.filter((one) => !gates.get(one)?.on) : [];
    return off.length > 0 ? [new Error(`${name} is enabled, but depends on features that are disabled: [${off.join(' ')}]`)] : [];
  });
}

/** One error for all. */
function aggregate(errors: readonly Error[]): Error {
  return errors.length === 1 ? errors[0]! : new Error(`[${errors.map(({ message }) => message).join(', ')}]`);
}

/**
 * The gates after `A=true,B=false`. `AllAlpha` and `AllBeta` switch the gates of a stage that are not named.
 * @throws Error naming unknown and locked gates, and those that need others which are off
 */
export function configureGates(known: FeatureGates, text: string): ConfiguredGates {
  const asked = parseAssignments(text);
  const gates = new Map(known);
  const warnings: string[] = [];
  for (const [name, stage] of Object.entries(ALL)) {
    const on = asked.get(name);
    if (on === undefined) continue;
    for (const [gate, state] of known) if (state.stage === stage) gates.set(gate, { ...state, on });
  }
  const errors: Error[] = [];
  for (const [name, on] of asked) {
    if (Object.hasOwn(ALL, name)) continue;
    try {
      const set = setGate(name, known.get(name), on);
      gates.set(name, set.gate);
      warnings.push(...set.warnings);
    } catch (error) {
      errors.push(error as Error);
    }
  }
  const all = errors.length > 0 ? errors : unmet(gates);
  if (all.length > 0) throw aggregate(all);
  return { gates, warnings };
}

/** Whether a gate is on; unknown ones are not. */
export function gateReader(gates: FeatureGates): (name: string) => boolean {
  return (name) => gates.get(name)?.on ?? false;
}
