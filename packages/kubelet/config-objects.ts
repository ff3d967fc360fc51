/**
 * ConfigMaps and Secrets that pods of this node use: each is read when first needed, then watched by name for as long as a pod uses it.
 *
 * A node may not list all Secrets of the cluster, and does not want to: one small watch per object is what the API allows it.
 */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { TaskGroup } from '#base/task-group.ts';
import type { Client } from '#client/client.ts';
import { runReflector } from '#client/reflector.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import type { ConfigMap } from '#kinds/core/config-map/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import type { Secret } from '#kinds/core/secret/schema.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';

/** Which of the two. */
export type ConfigKind = 'configmap' | 'secret';

/** Keys and contents. */
export type ConfigData = ReadonlyMap<string, Buffer>;

/** One object a pod refers to. */
export interface ConfigRef {
  readonly kind: ConfigKind;
  readonly name: string;
}

/** What the cache needs. */
export interface ConfigObjectsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly tasks: TaskGroup;
  /** A pod's object has changed. */
  readonly onChange: (podUid: string) => void;
}

/** What configuration comes from. */
export type ConfigObject = ConfigMap | Secret;

interface Entry {
  readonly kind: ConfigKind;
  readonly namespace: string;
  readonly name: string;
  readonly users: Set<string>;
  readonly stop: AbortController;
  /** Undefined: it does not exist. Meaningful once `synced`. */
  object: ConfigObject | undefined;
  synced: boolean;
  reading: Promise<ConfigObject | undefined> | undefined;
}

/** How long an object that no pod uses is still watched: the next pod of a namespace uses the same ones. */
const LINGER_MS = 60_000;

/** Every ConfigMap and Secret that the pod's spec names. */
export function configRefs(pod: Pod): ConfigRef[] {
  const refs: ConfigRef[] = [];
  const add = (kind: ConfigKind, name: string | undefined): void => {
    if (name && !refs.some((ref) => ref.kind === kind && ref.name === name)) refs.push({ kind, name });
  };
  for (const secret of pod.spec.imagePullSecrets ?? []) add('secret', secret.name);
  for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? []), ...(pod.spec.ephemeralContainers ?? [])]) {
    for (const source of container.envFrom ?? []) {
      add('configmap', source.configMapRef?.name);
      add('secret', source.secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      add('configmap', valueFrom?.configMapKeyRef?.name);
      add('secret', valueFrom?.secretKeyRef?.name);
    }
  }
  for (const volume of pod.spec.volumes ?? []) {
    add('configmap', volume.configMap?.name);
    add('secret', volume.secret?.secretName);
    for (const source of volume.projected?.sources ?? []) {
      add('configmap', source.configMap?.name);
      add('secret', source.secret?.name);
    }
  }
  return refs;
}

/** The contents of an object, decoded. */
export function configData(object: ConfigObject): ConfigData {
  const data = new Map<string, Buffer>();
  const text = object.kind === 'ConfigMap' ? (object as ConfigMap).data : undefined;
  const binary = object.kind === 'ConfigMap' ? (object as ConfigMap).binaryData : (object as Secret).data;
  for (const [key, value] of Object.entries(text ?? {})) data.set(key, Buffer.from(value));
  for (const [key, value] of Object.entries(binary ?? {})) data.set(key, Buffer.from(value, 'base64'));
  return data;
}

/** The cache. */
export class ConfigObjects {
  readonly #options: ConfigObjectsOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: ConfigObjectsOptions) {
    this.#options = options;
  }

  /** Says which objects the pod uses now; starts reading and watching those that are new. */
  use(pod: Pod): void {
    const { uid = '', namespace = '' } = pod.metadata;
    const wanted = new Set(configRefs(pod).map(({ kind, name }) => this.#entry(kind, namespace, name)));
    for (const entry of wanted) entry.users.add(uid);
    for (const entry of this.#entries.values()) if (!wanted.has(entry)) this.#leave(entry, uid);
  }

  /** The pod is gone. */
  release(podUid: string): void {
    for (const entry of this.#entries.values()) this.#leave(entry, podUid);
  }

  /** The object as it is known now; undefined when it does not exist. @throws StatusError when it cannot be read. */
  async read(kind: ConfigKind, namespace: string, name: string, signal: AbortSignal): Promise<ConfigObject | undefined> {
    const entry = this.#entry(kind, namespace, name);
    if (entry.synced) return entry.object;
    entry.reading ??= this.#get(entry, signal).finally(() => {
      entry.reading = undefined;
    });
    return entry.reading;
  }

  #entry(kind: ConfigKind, namespace: string, name: string): Entry {
    const key = `${kind}/${namespace}/${name}`;
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { kind, namespace, name, users: new Set(), stop: new AbortController(), object: undefined, synced: false, reading: undefined };
      this.#entries.set(key, entry);
      const made = entry;
      this.#options.tasks.run(`watch ${key}`, (signal) => this.#follow(made, AbortSignal.any([signal, made.stop.signal])));
    }
    return entry;
  }

  #leave(entry: Entry, podUid: string): void {
    if (!entry.users.delete(podUid) || entry.users.size > 0) return;
    const { clock, tasks } = this.#options;
    tasks.run('unused configuration', async (signal) => {
      await clock.sleep(LINGER_MS, signal);
      if (entry.users.size > 0) return;
      entry.stop.abort();
      this.#entries.delete(`${entry.kind}/${entry.namespace}/${entry.name}`);
    });
  }

  async #get(entry: Entry, signal: AbortSignal): Promise<ConfigObject | undefined> {
    try {
      return await this.#options.client.of<KubeObject>(kindOf(entry)).namespace(entry.namespace).get(entry.name, signal);
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async #follow(entry: Entry, signal: AbortSignal): Promise<void> {
    const { client, clock, random, log, onChange } = this.#options;
    const set = (object: ConfigObject | undefined): void => {
      const changed = entry.synced && entry.object?.metadata.resourceVersion !== object?.metadata.resourceVersion;
      entry.object = object;
      entry.synced = true;
      if (changed) for (const uid of entry.users) onChange(uid);
    };
    const isThis = (object: KubeObject): boolean => object.metadata.name === entry.name;
    await runReflector<KubeObject>(
      {
        resource: client.of<KubeObject>(kindOf(entry)).namespace(entry.namespace),
        scope: { fieldSelector: `metadata.name=${entry.name}` },
        sink: {
          replace: (objects) => set(objects.find(isThis)),
          apply: (events) => {
            for (const { type, object } of events) if (isThis(object)) set(type === 'DELETED' ? undefined : object);
          },
        },
        clock,
        random,
        log,
      },
      signal,
    );
  }
}

const kindOf = ({ kind }: Entry): Kind => (kind === 'configmap' ? configMaps : secrets);
