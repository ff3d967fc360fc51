/**
 * Registry credentials from Secrets and from the node, matched to an image.
 *
 * Source: kubernetes `pkg/credentialprovider` (keyring matching).
 */
import type { ImageAuth } from '#cri/runtime.ts';
import type { Secret } from '#kinds/core/secret/schema.ts';
import { parseReference } from './reference.ts';

interface DockerEntry {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/** Names under which docker's own registry is configured. */
const DOCKER_HUB = ['index.docker.io', 'docker.io', 'registry-1.docker.io'];

/** `https://host:port/path/v1/` without scheme and API version. */
function registryKey(key: string): { readonly host: string; readonly path: string } {
  const bare = key.replace(/^https?:\/\//, '').replace(/\/v[12]\/?$/, '').replace(/\/$/, '');
  const slash = bare.indexOf('/');
  const host = slash < 0 ? bare : bare.slice(0, slash);
  return { host: DOCKER_HUB.includes(host) ? 'docker.io' : host, path: slash < 0 ? '' : bare.slice(slash + 1) };
}

/** `*` stands for one label of the host. */
function hostMatches(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return pattern === host;
  const wanted = pattern.split('.');
  const actual = host.split('.');
  return wanted.length === actual.length && wanted.every((label, at) => new RegExp(`^${label.replaceAll(/[^*]+/g, (text) => text.replaceAll(/\W/g, String.raw`\$&`)).replaceAll('*', '.*')}$`).test(actual[at]!));
}

function toAuth(serverAddress: string, entry: DockerEntry): ImageAuth {
  const decoded = entry.auth ? Buffer.from(entry.auth, 'base64').toString('utf8') : '';
  const colon = decoded.indexOf(':');
  const username = entry.username ?? (colon < 0 ? undefined : decoded.slice(0, colon));
  const password = entry.password ?? (colon < 0 ? undefined : decoded.slice(colon + 1));
  return {
    serverAddress,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(entry.identitytoken ? { identityToken: entry.identitytoken } : {}),
    ...(entry.registrytoken ? { registryToken: entry.registrytoken } : {}),
  };
}

/** Entries of a Secret of one of the docker types; none when it is of another type or does not parse. */
function entriesOf(secret: Secret): Readonly<Record<string, DockerEntry>> {
  const current = secret.data?.['.dockerconfigjson'];
  const legacy = secret.data?.['.dockercfg'];
  try {
    if (current !== undefined) return (JSON.parse(Buffer.from(current, 'base64').toString('utf8')) as { auths?: Record<string, DockerEntry> }).auths ?? {};
    if (legacy !== undefined) return JSON.parse(Buffer.from(legacy, 'base64').toString('utf8')) as Record<string, DockerEntry>;
  } catch {
    // A Secret that does not parse helps no image; the pull says that it lacks credentials.
  }
  return {};
}

/** Credentials that fit the image, the most specific first. */
export function credentialsFor(image: string, secrets: readonly Secret[], node: Readonly<Record<string, { readonly username: string; readonly password: string }>>): ImageAuth[] {
  const reference = parseReference(image);
  if (!reference) return [];
  const all = [...secrets.flatMap((secret) => Object.entries(entriesOf(secret))), ...Object.entries(node)];
  return all
    .map(([key, entry]) => ({ key, entry, ...registryKey(key) }))
    .filter(({ host, path }) => hostMatches(host, reference.registry) && (path === '' || `${reference.repository}/`.startsWith(`${path}/`)))
    .sort((a, b) => b.path.length - a.path.length)
    .map(({ key, entry }) => toAuth(key, entry));
}
