/**
 * Volumes made of files that the API knows: ConfigMaps, Secrets, the downward API, service account tokens, and projections of several.
 *
 * Source: kubernetes `pkg/volume/{configmap,secret,downwardapi,projected}`.
 */
import { rm } from 'node:fs/promises';
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { DownwardAPIVolumeFile, KeyToPath, Volume, VolumeProjection } from '#kinds/core/pod/volumes.ts';
import { type ConfigKind, type ConfigObjects, configData } from '../config-objects.ts';
import { type DownwardContext, fieldValue, resourceValue } from '../pod/downward.ts';
import type { ServiceAccountTokens } from '../service-account-tokens.ts';
import { type PayloadFile, writeAtomically } from './atomic-writer.ts';
import type { MountedVolume, VolumePlugin, VolumeRequest } from './plugin.ts';

/** Where contents come from. */
export interface ContentSources {
  readonly objects: ConfigObjects;
  readonly tokens: ServiceAccountTokens;
  readonly clock: Clock;
  readonly random: Random;
  readonly downward: (pod: Pod) => DownwardContext;
}

const DEFAULT_MODE = 0o644;
const TOKEN_MODE = 0o600;

interface Gathering {
  readonly pod: Pod;
  readonly sources: ContentSources;
  readonly files: Map<string, PayloadFile>;
  readonly defaultMode: number;
  readonly signal: AbortSignal;
  refreshAtMs: number | undefined;
}

interface ObjectSource {
  readonly kind: ConfigKind;
  readonly name: string;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

async function addObject(gathering: Gathering, source: ObjectSource): Promise<void> {
  const { pod, sources, files, defaultMode, signal } = gathering;
  const namespace = pod.metadata.namespace ?? '';
  const object = await sources.objects.read(source.kind, namespace, source.name, signal);
  if (!object) {
    if (source.optional) return;
    throw new Error(`${source.kind} "${source.name}" not found`);
  }
  const data = configData(object);
  if (!source.items || source.items.length === 0) {
    for (const [key, content] of data) files.set(key, { content, mode: defaultMode });
    return;
  }
  for (const { key, path, mode } of source.items) {
    const content = data.get(key);
    if (content) files.set(path, { content, mode: mode ?? defaultMode });
    else if (!source.optional) throw new Error(`references non-existent ${source.kind === 'secret' ? 'secret' : 'config'} key: ${key}`);
  }
}

function addDownward(gathering: Gathering, items: readonly DownwardAPIVolumeFile[]): void {
  const { pod, sources, files, defaultMode } = gathering;
  const context = sources.downward(pod);
  for (const { path, fieldRef, resourceFieldRef, mode } of items) {
    const text = fieldRef ? fieldValue(pod, fieldRef.fieldPath, context) : resourceFieldRef ? resourceValue(pod, resourceFieldRef, '', context) : '';
    if (text === undefined) throw new Error(`unsupported fieldPath: ${fieldRef?.fieldPath}`);
    files.set(path, { content: Buffer.from(text), mode: mode ?? defaultMode });
  }
}

/** The user that all containers run as, when they agree: token files then belong to it. */
function commonUser(pod: Pod): number | undefined {
  const users = new Set([...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map((one) => one.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser));
  return users.size === 1 ? [...users][0] : undefined;
}

async function addToken(gathering: Gathering, source: NonNullable<VolumeProjection['serviceAccountToken']>): Promise<void> {
  const { pod, sources, files, defaultMode, signal } = gathering;
  const { audience = '', expirationSeconds, path } = source;
  const token = await sources.tokens.get(pod, { audience, ...(expirationSeconds ? { expirationSeconds } : {}) }, signal);
  const uid = commonUser(pod);
  const restricted = uid !== undefined || pod.spec.securityContext?.fsGroup !== undefined;
  files.set(path, { content: Buffer.from(token.token), mode: restricted ? TOKEN_MODE : defaultMode, ...(uid === undefined ? {} : { uid }) });
  gathering.refreshAtMs = Math.min(gathering.refreshAtMs ?? Number.POSITIVE_INFINITY, token.refreshAtMs);
}

async function addProjection(gathering: Gathering, source: VolumeProjection): Promise<void> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap) await addObject(gathering, { ...configMap, kind: 'configmap', name: configMap.name ?? '' });
  if (secret) await addObject(gathering, { ...secret, kind: 'secret', name: secret.name ?? '' });
  if (downwardAPI) addDownward(gathering, downwardAPI.items ?? []);
  if (serviceAccountToken) await addToken(gathering, serviceAccountToken);
}

/** Gathers the files of any volume of these kinds. */
async function gather(request: VolumeRequest, sources: ContentSources, signal: AbortSignal): Promise<Gathering> {
  const { pod, volume } = request;
  const { configMap, secret, downwardAPI, projected } = volume;
  const defaultMode = (configMap ?? secret ?? downwardAPI ?? projected)?.defaultMode ?? DEFAULT_MODE;
  const gathering: Gathering = { pod, sources, files: new Map(), defaultMode, signal, refreshAtMs: undefined };
  if (configMap) await addObject(gathering, { ...configMap, kind: 'configmap', name: configMap.name ?? '' });
  if (secret) await addObject(gathering, { ...secret, kind: 'secret', name: secret.secretName ?? '' });
  if (downwardAPI) addDownward(gathering, downwardAPI.items ?? []);
  for (const source of projected?.sources ?? []) await addProjection(gathering, source);
  return gathering;
}

function contentPlugin(name: string, supports: (volume: Volume) => boolean, inMemory: boolean, sources: ContentSources): VolumePlugin {
  return {
    name,
    supports,
    async setUp(request, signal): Promise<MountedVolume> {
      const directory = inMemory ? request.memoryDirectory : request.directory;
      const { files, refreshAtMs } = await gather(request, sources, signal);
      const fsGroup = request.pod.spec.securityContext?.fsGroup;
      const version = { nowMs: sources.clock.now(), tag: String(sources.random.int(1_000_000_000)) };
      await writeAtomically(directory, files, fsGroup === undefined ? {} : { fsGroup }, version);
      return { path: directory, readOnly: true, managesOwnership: false, ...(refreshAtMs === undefined ? {} : { refreshAtMs }) };
    },
    async tearDown(directory) {
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The four kinds; what may be secret lies in memory. */
export function contentPlugins(sources: ContentSources): VolumePlugin[] {
  return [
    contentPlugin('kubernetes.io/configmap', ({ configMap }) => configMap !== undefined, false, sources),
    contentPlugin('kubernetes.io/secret', ({ secret }) => secret !== undefined, true, sources),
    contentPlugin('kubernetes.io/downward-api', ({ downwardAPI }) => downwardAPI !== undefined, false, sources),
    contentPlugin('kubernetes.io/projected', ({ projected }) => projected !== undefined, true, sources),
  ];
}
