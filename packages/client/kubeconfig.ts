/**
 * Kubeconfig files: which cluster, as whom, in which namespace. Several files read as one, the first mention of a name wins.
 *
 * Source: client-go `tools/clientcmd` loading rules.
 */
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parse, stringify } from 'yaml';

/** A server and how to trust it. */
export interface KubeconfigCluster {
  readonly server: string;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'tls-server-name'?: string;
}

/** Who to be. */
export interface KubeconfigUser {
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly as?: string;
  readonly 'as-groups'?: readonly string[];
}

/** A cluster, a user and a default namespace. */
export interface KubeconfigContext {
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string;
}

/** A kubeconfig with its lists as maps by name. */
export interface Kubeconfig {
  readonly clusters: Readonly<Record<string, KubeconfigCluster>>;
  readonly users: Readonly<Record<string, KubeconfigUser>>;
  readonly contexts: Readonly<Record<string, KubeconfigContext>>;
  readonly currentContext: string;
}

/** No clusters, no users, no contexts. */
export const EMPTY_KUBECONFIG: Kubeconfig = { clusters: {}, users: {}, contexts: {}, currentContext: '' };

interface FileForm {
  readonly clusters?: readonly { readonly name: string; readonly cluster?: KubeconfigCluster }[] | null;
  readonly users?: readonly { readonly name: string; readonly user?: KubeconfigUser }[] | null;
  readonly contexts?: readonly { readonly name: string; readonly context?: KubeconfigContext }[] | null;
  readonly 'current-context'?: string;
}

const FILE_FIELDS = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

/** Makes file references absolute: they are relative to the file that names them. */
function anchored<T extends object>(entry: T, directory: string): T {
  const result = { ...entry } as Record<string, unknown>;
  for (const field of FILE_FIELDS) {
    const value = result[field];
    if (typeof value === 'string' && value && !isAbsolute(value)) result[field] = resolve(directory, value);
  }
  return result as T;
}

/** Reads kubeconfig text; relative paths in it are resolved against `directory`. @throws Error when it is not a kubeconfig. */
export function parseKubeconfig(text: string, directory: string): Kubeconfig {
  const form = (parse(text) ?? {}) as FileForm;
  if (typeof form !== 'object' || Array.isArray(form)) throw new Error('not a kubeconfig');
  return {
    clusters: Object.fromEntries((form.clusters ?? []).map((entry) => [entry.name, anchored(entry.cluster ?? { server: '' }, directory)])),
    users: Object.fromEntries((form.users ?? []).map((entry) => [entry.name, anchored(entry.user ?? {}, directory)])),
    contexts: Object.fromEntries((form.contexts ?? []).map((entry) => [entry.name, entry.context ?? { cluster: '', user: '' }])),
    currentContext: form['current-context'] ?? '',
  };
}

/** Joins configs; where two say something about one name, the first wins. */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  return configs.reduceRight<Kubeconfig>(
    (merged, config) => ({
      clusters: { ...merged.clusters, ...config.clusters },
      users: { ...merged.users, ...config.users },
      contexts: { ...merged.contexts, ...config.contexts },
      currentContext: config.currentContext || merged.currentContext,
    }),
    EMPTY_KUBECONFIG,
  );
}

/** Loads and joins files; missing ones count as empty. @throws Error naming the file that cannot be read. */
export async function loadKubeconfig(paths: readonly string[]): Promise<Kubeconfig> {
  const configs: Kubeconfig[] = [];
  for (const path of paths) {
    try {
      configs.push(parseKubeconfig(await readFile(path, 'utf8'), dirname(resolve(path))));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw new Error(`error loading config file "${path}": ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
  return mergeKubeconfigs(configs);
}

/** The files that `KUBECONFIG` (its value) names, or `~/.kube/config`. */
export function kubeconfigPaths(variable: string | undefined, home: string): string[] {
  const named = (variable ?? '').split(':').filter(Boolean);
  return named.length > 0 ? [...new Set(named)] : [`${home}/.kube/config`];
}

/** The kubeconfig as YAML, the way kubectl writes it. */
export function renderKubeconfig(config: Kubeconfig): string {
  const named = <T>(entries: Readonly<Record<string, T>>, field: string) =>
    Object.keys(entries)
      .sort()
      .map((name) => ({ [field]: entries[name], name }));
  return stringify({
    apiVersion: 'v1',
    clusters: named(config.clusters, 'cluster'),
    contexts: named(config.contexts, 'context'),
    'current-context': config.currentContext,
    kind: 'Config',
    preferences: {},
    users: named(config.users, 'user'),
  });
}
