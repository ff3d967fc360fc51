/**
 * Feature gates: which are known, which are on, and what `--feature-gates` says about them.
 *
 * Source: component-base `featuregate`.
 */

/** How mature a feature is. `GA` gates may be locked: they can no longer be switched. */
export type FeatureStage = 'ALPHA' | 'BETA' | 'GA';

/** One gate. */
export interface FeatureGate {
  readonly stage: FeatureStage;
  readonly on: boolean;
  readonly locked?: true;
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

function parseAssignments(text: string): Map<string, boolean> {
  const asked = new Map<string, boolean>();
  for (const part of text.split(',')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim();
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

/**
 * The gates after `A=true,B=false`. `AllAlpha` and `AllBeta` switch the gates of a stage that are not named.
 * @throws Error naming unknown and locked gates
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
  for (const [name, on] of asked) {
    if (Object.hasOwn(ALL, name)) continue;
    const gate = known.get(name);
    if (!gate) throw new Error(`unrecognized feature gate: ${name}`);
    if (gate.locked && gate.on !== on) throw new Error(`cannot set feature gate ${name} to ${on}, feature is locked to ${gate.on}`);
    if (gate.stage === 'GA') warnings.push(`Setting GA feature gate ${name}=${on}. It will be removed in a future release.`);
    gates.set(name, { ...gate, on });
  }
  return { gates, warnings };
}

/** Whether a gate is on; unknown ones are not. */
export function gateReader(gates: FeatureGates): (name: string) => boolean {
  return (name) => gates.get(name)?.on ?? false;
}
