/**
 * ConfigMaps, Secrets, ServiceAccounts, Namespaces, quotas, budgets and priorities from flags.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CliError } from '../io.ts';
import { goJson } from '../print/json.ts';
import { type Generated, type GenerateFlags, parseLabels, portValue, requireFlags } from './flags.ts';

const object = (apiVersion: string, kind: string, name: string, rest: Record<string, unknown> = {}): Generated => ({ kind, apiVersion, metadata: { name }, ...rest }) as Generated;

/** `create namespace NAME`. */
export const namespace = (name: string): Generated => object('v1', 'Namespace', name, { spec: {}, status: {} });

/** `create serviceaccount NAME`. */
export const serviceAccount = (name: string): Generated => object('v1', 'ServiceAccount', name);

/** `create configmap NAME --from-…`. */
export async function configMap(name: string, flags: GenerateFlags): Promise<Generated> {
  const data = await dataOf(flags);
  return object('v1', 'ConfigMap', name, data.size > 0 ? { data: Object.fromEntries([...data].map(([key, value]) => [key, value.toString('utf8')])) } : {});
}

/** `create secret generic|tls|docker-registry NAME …`. @throws CliError */
export async function secret(type: string, name: string, flags: GenerateFlags): Promise<Generated> {
  const of = (entries: Iterable<readonly [string, Buffer]>, secretType: string | undefined): Generated => {
    const data = Object.fromEntries([...entries].map(([key, value]) => [key, value.toString('base64')]));
    return object('v1', 'Secret', name, { ...(Object.keys(data).length > 0 ? { data } : {}), ...(secretType ? { type: secretType } : {}) });
  };
  switch (type) {
    case 'generic':
      return of(await dataOf(flags), flags.type);
    case 'tls': {
      if (!flags.cert || !flags.key) throw new CliError(`error: ${flags.key ? 'cert' : 'key'} must be specified`);
      return of([['tls.crt', await readInput(flags.cert)], ['tls.key', await readInput(flags.key)]], 'kubernetes.io/tls');
    }
    case 'docker-registry': {
      const files = await dataOf({ ...flags, fromLiteral: [] });
      return of(files.size > 0 ? [['.dockerconfigjson', [...files.values()][0]!]] : [['.dockerconfigjson', dockerConfig(flags)]], 'kubernetes.io/dockerconfigjson');
    }
    default:
      throw new CliError(`error: unknown command "${type} ${name}"\nSee 'kubectl create secret -h' for help and examples`);
  }
}

function dockerConfig({ dockerServer, dockerUsername, dockerPassword, dockerEmail }: GenerateFlags): Buffer {
  if (!dockerUsername || !dockerPassword) throw new CliError(`error: either --from-file or the combination of --docker-username, --docker-password and --docker-server is required`);
  const entry = { username: dockerUsername, password: dockerPassword, ...(dockerEmail ? { email: dockerEmail } : {}), auth: Buffer.from(`${dockerUsername}:${dockerPassword}`).toString('base64') };
  return Buffer.from(JSON.stringify({ auths: { [dockerServer]: entry } }));
}

async function readInput(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new CliError(`error: Cannot read file ${path}, open ${path}: no such file or directory`);
  }
}

async function dataOf(flags: Pick<GenerateFlags, 'fromLiteral' | 'fromFile' | 'fromEnvFile'>): Promise<Map<string, Buffer>> {
  const data = new Map<string, Buffer>();
  const put = (key: string, value: Buffer): void => {
    if (data.has(key)) throw new CliError(`error: cannot add key "${key}", another key by that name already exists in Data for ConfigMap`);
    data.set(key, value);
  };
  for (const literal of flags.fromLiteral ?? []) {
    const equals = literal.indexOf('=');
    if (equals <= 0) throw new CliError(`error: invalid literal source ${literal}, expected key=value`);
    put(literal.slice(0, equals), Buffer.from(literal.slice(equals + 1).replace(/^(["'])(.*)\1$/s, '$2')));
  }
  for (const source of flags.fromFile ?? []) {
    const equals = source.indexOf('=');
    const path = source.slice(equals + 1);
    for (const file of await filesAt(path)) put(equals > 0 ? source.slice(0, equals) : basename(file), await readFile(file));
  }
  for (const path of flags.fromEnvFile ?? []) {
    for (const line of (await readFile(path, 'utf8')).split('\n')) {
      const match = /^\s*([^#=\s][^=]*)=(.*)$/.exec(line);
      if (match) put(match[1]!, Buffer.from(match[2]!));
    }
  }
  return data;
}

/** A file, or the files of a folder. */
async function filesAt(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new CliError(`error: error reading ${path}: no such file or directory`);
  }
  return (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => join(path, entry.name));
}

/** `create quota NAME --hard=…`. */
export function quota(name: string, flags: GenerateFlags): Generated {
  const hard = flags.hard ? { hard: parseLabels(flags.hard) } : {};
  return object('v1', 'ResourceQuota', name, { spec: { ...hard, ...(flags.scopes ? { scopes: flags.scopes.split(',') } : {}) }, status: {} });
}

/** `create poddisruptionbudget NAME --selector=… --min-available=…`. @throws CliError */
export function disruptionBudget(name: string, { selector, minAvailable, maxUnavailable }: GenerateFlags): Generated {
  if (!selector) throw new CliError('error: a selector must be specified');
  if (!minAvailable && !maxUnavailable) throw new CliError('error: one of min-available or max-unavailable must be specified');
  const spec = { ...(minAvailable ? { minAvailable: portValue(minAvailable) } : {}), selector: { matchLabels: parseLabels(selector) }, ...(maxUnavailable ? { maxUnavailable: portValue(maxUnavailable) } : {}) };
  return object('policy/v1', 'PodDisruptionBudget', name, { spec, status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 } });
}

/** `create priorityclass NAME --value=…`. */
export function priorityClass(name: string, flags: GenerateFlags): Generated {
  requireFlags({ value: flags.value });
  return object('scheduling.k8s.io/v1', 'PriorityClass', name, {
    value: flags.value,
    ...(flags.globalDefault ? { globalDefault: true } : {}),
    ...(flags.description ? { description: flags.description } : {}),
    preemptionPolicy: flags.preemptionPolicy ?? 'PreemptLowerPriority',
  });
}

/** What `create token` asks for. */
export const tokenRequest = (seconds: number | undefined): string => goJson({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: seconds === undefined ? {} : { expirationSeconds: seconds } });
