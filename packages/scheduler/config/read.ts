/**
 * Reads a `KubeSchedulerConfiguration`.
 */
import { decodeObject, strictDecodingError } from '#machinery/decode.ts';
import { at, child, duplicate, type FieldError, invalid, required } from '#machinery/field-error.ts';
import { decodeYaml } from '#machinery/yaml.ts';
import { DEFAULT_SCHEDULER_NAME } from '../default-profile.ts';
import type { PluginArgs } from '../plugins/registry.ts';
import { RESOURCES_FIT_DEFAULTS } from '../plugins/resources-fit.ts';
import { type QueueTimes, QUEUE_TIMES } from '../queue.ts';
import { checkPluginArgs } from './plugin-args.ts';
import { ARGS_SCHEMAS, type ExtenderConfig, type KubeSchedulerConfiguration, kubeSchedulerConfiguration, type PluginConfig, type Plugins, type ProfileConfig } from './schema.ts';

/** The API version of the configuration. */
export const SCHEDULER_CONFIG_VERSION = 'kubescheduler.config.k8s.io/v1';

/** A profile as configured, with defaults. */
export interface ProfileSettings {
  readonly schedulerName: string;
  /** 0: adaptive. */
  readonly percentageOfNodesToScore: number;
  readonly plugins: Plugins;
  readonly args: PluginArgs;
}

/** A checked configuration. */
export interface SchedulerSettings {
  readonly profiles: readonly ProfileSettings[];
  readonly extenders: readonly ExtenderConfig[];
  readonly queueTimes: QueueTimes;
  /** The configuration with its defaults, for `/configz`. */
  readonly effective: KubeSchedulerConfiguration;
}

/** A configuration that cannot be used; the message names every problem. */
export class SchedulerConfigError extends Error {
  override readonly name = 'SchedulerConfigError';
}

/** Reads YAML or JSON text. @throws SchedulerConfigError */
export function readSchedulerConfiguration(text: string): SchedulerSettings {
  return schedulerSettings(parse(text));
}

function parse(text: string): KubeSchedulerConfiguration {
  let value: unknown;
  try {
    value = decodeYaml(text);
  } catch (error) {
    throw new SchedulerConfigError((error as Error).message);
  }
  const { kind, apiVersion } = (value ?? {}) as { readonly kind?: unknown; readonly apiVersion?: unknown };
  if (apiVersion !== SCHEDULER_CONFIG_VERSION || kind !== 'KubeSchedulerConfiguration') {
    throw new SchedulerConfigError(`no kind ${JSON.stringify(kind ?? '')} is registered for version ${JSON.stringify(apiVersion ?? '')}: expected KubeSchedulerConfiguration of ${SCHEDULER_CONFIG_VERSION}`);
  }
  return strictly<KubeSchedulerConfiguration>(() => decodeObject(kubeSchedulerConfiguration, value, { mode: 'strict', text }));
}

function strictly<T>(decode: () => { readonly object: unknown; readonly problems: readonly string[] }): T {
  let decoded;
  try {
    decoded = decode();
  } catch (error) {
    throw new SchedulerConfigError((error as Error).message);
  }
  if (decoded.problems.length > 0) throw new SchedulerConfigError(strictDecodingError(decoded.problems));
  return decoded.object as T;
}

/** Fills in defaults and checks. @throws SchedulerConfigError */
export function schedulerSettings(configuration: KubeSchedulerConfiguration): SchedulerSettings {
  const effective: KubeSchedulerConfiguration = {
    ...configuration,
    kind: 'KubeSchedulerConfiguration',
    apiVersion: SCHEDULER_CONFIG_VERSION,
    parallelism: configuration.parallelism ?? 16,
    percentageOfNodesToScore: configuration.percentageOfNodesToScore ?? 0,
    podInitialBackoffSeconds: configuration.podInitialBackoffSeconds ?? QUEUE_TIMES.initialBackoffMs / 1_000,
    podMaxBackoffSeconds: configuration.podMaxBackoffSeconds ?? QUEUE_TIMES.maxBackoffMs / 1_000,
    profiles: withNames(configuration.profiles ?? []),
  };
  const errors = [...generalErrors(effective), ...extenderErrors(effective.extenders ?? [])];
  const ignored = (effective.extenders ?? []).flatMap(({ managedResources = [] }) => managedResources.filter((one) => one.ignoredByScheduler).map(({ name }) => name));
  const profiles = effective.profiles!.map((profile, i) => {
    const { args, errors: found } = argsOf(profile.pluginConfig ?? [], child(at('profiles', i), 'pluginConfig'));
    errors.push(...found);
    return {
      schedulerName: profile.schedulerName ?? '',
      percentageOfNodesToScore: profile.percentageOfNodesToScore ?? effective.percentageOfNodesToScore!,
      plugins: profile.plugins ?? {},
      args: ignored.length === 0 ? args : withIgnored(args, ignored),
    };
  });
  if (errors.length > 0) throw new SchedulerConfigError(errorsText(errors));
  const queueTimes = { ...QUEUE_TIMES, initialBackoffMs: effective.podInitialBackoffSeconds! * 1_000, maxBackoffMs: effective.podMaxBackoffSeconds! * 1_000 };
  return { profiles, extenders: effective.extenders ?? [], queueTimes, effective };
}

/** Without profiles there is the default one; a single one needs no name. */
function withNames(profiles: readonly ProfileConfig[]): readonly ProfileConfig[] {
  if (profiles.length === 0) return [{ schedulerName: DEFAULT_SCHEDULER_NAME }];
  const [only] = profiles;
  return profiles.length === 1 && only!.schedulerName === undefined ? [{ ...only, schedulerName: DEFAULT_SCHEDULER_NAME }] : profiles;
}

function generalErrors({ parallelism, percentageOfNodesToScore, podInitialBackoffSeconds, podMaxBackoffSeconds, profiles }: KubeSchedulerConfiguration): FieldError[] {
  const errors: FieldError[] = [];
  if (parallelism! <= 0) errors.push(invalid('parallelism', parallelism, 'should be an integer value greater than zero'));
  errors.push(...percentageErrors(percentageOfNodesToScore, 'percentageOfNodesToScore'));
  if (podInitialBackoffSeconds! <= 0) errors.push(invalid('podInitialBackoffSeconds', podInitialBackoffSeconds, 'must be greater than 0'));
  if (podMaxBackoffSeconds! < podInitialBackoffSeconds!) errors.push(invalid('podMaxBackoffSeconds', podMaxBackoffSeconds, 'must be greater than or equal to PodInitialBackoffSeconds'));
  const names = new Set<string>();
  const sorters = new Set(profiles!.map(({ plugins }) => JSON.stringify(plugins?.queueSort ?? {})));
  for (const [i, { schedulerName = '', percentageOfNodesToScore: own, plugins }] of profiles!.entries()) {
    const path = at('profiles', i);
    if (schedulerName === '') errors.push(required(child(path, 'schedulerName')));
    else if (names.has(schedulerName)) errors.push(duplicate(child(path, 'schedulerName'), schedulerName));
    names.add(schedulerName);
    errors.push(...percentageErrors(own, child(path, 'percentageOfNodesToScore')));
    if (i > 0 && sorters.size > 1) errors.push(invalid(child(path, 'plugins', 'queueSort'), plugins?.queueSort ?? {}, 'queueSort must be the same for all profiles'));
  }
  return errors;
}

function percentageErrors(value: number | undefined, path: string): FieldError[] {
  return value !== undefined && (value < 0 || value > 100) ? [invalid(path, value, 'not in valid range [0-100]')] : [];
}

function extenderErrors(extenders: readonly ExtenderConfig[]): FieldError[] {
  const errors: FieldError[] = [];
  const resources = new Set<string>();
  let binders = 0;
  for (const [i, { prioritizeVerb, weight = 0, bindVerb, managedResources = [] }] of extenders.entries()) {
    const path = at('extenders', i);
    if (prioritizeVerb && weight <= 0) errors.push(invalid(child(path, 'weight'), weight, 'must have a positive weight applied to it'));
    if (bindVerb && ++binders > 1) errors.push(invalid(child(path, 'bindVerb'), bindVerb, 'only one extender can implement bind'));
    for (const [j, { name }] of managedResources.entries()) {
      const where = child(at(child(path, 'managedResources'), j), 'name');
      if (!name.includes('/') || name.startsWith('kubernetes.io/')) errors.push(invalid(where, name, 'must be an extended resource name'));
      if (resources.has(name)) errors.push(invalid(where, name, 'duplicate extender managed resource name'));
      resources.add(name);
    }
  }
  return errors;
}

function argsOf(configs: readonly PluginConfig[], path: string): { readonly args: PluginArgs; readonly errors: FieldError[] } {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  let args: PluginArgs = {};
  for (const [i, { name, args: given }] of configs.entries()) {
    const where = at(path, i);
    if (seen.has(name)) errors.push(duplicate(where, name));
    seen.add(name);
    if (!Object.hasOwn(ARGS_SCHEMAS, name)) continue;
    const checked = checkPluginArgs(name, decodeArgs(name as keyof typeof ARGS_SCHEMAS, given), child(where, 'args'));
    errors.push(...checked.errors);
    args = { ...args, ...checked.args };
  }
  return { args, errors };
}

/** What an extender manages alone, the fit plugin does not look at. */
function withIgnored(args: PluginArgs, names: readonly string[]): PluginArgs {
  const fit = args.NodeResourcesFit ?? RESOURCES_FIT_DEFAULTS;
  return { ...args, NodeResourcesFit: { ...fit, ignoredResources: [...(fit.ignoredResources ?? []), ...names] } };
}

function decodeArgs(name: keyof typeof ARGS_SCHEMAS, given: unknown): unknown {
  const { kind } = (given ?? {}) as { readonly kind?: unknown };
  if (kind !== undefined && kind !== `${name}Args`) throw new SchedulerConfigError(`decoding .profiles.pluginConfig: args for plugin ${name} were not of type ${name}Args.${SCHEDULER_CONFIG_VERSION.replace('/v1', '')}, got ${typeof kind === 'string' ? kind : JSON.stringify(kind)}`);
  return strictly(() => decodeObject(ARGS_SCHEMAS[name], given ?? {}, { mode: 'strict' }));
}

function errorsText(errors: readonly FieldError[]): string {
  const texts = errors.map(({ field, message }) => `${field}: ${message}`);
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}
