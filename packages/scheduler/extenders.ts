/**
 * Extenders: services outside that have a say in filtering, scoring, preemption and binding, over HTTP.
 *
 * Source: the documented protocol of scheduler extenders (kube-scheduler `extender/v1`); members of requests are capitalised, answers are read in any case.
 */
import { errorFields, type Logger } from '#base/log.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { durationToMs } from '#machinery/duration.ts';
import type { ExtenderConfig } from './config/schema.ts';
import type { Rejection } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import { type Candidate, candidateOf } from './preemption.ts';

/** Sends JSON to a URL and answers the JSON of the reply. @throws Error when there is no reply or its status is not 200. */
export type PostJson = (url: string, body: unknown, options: { readonly timeoutMs: number; readonly tls: ExtenderConfig['tlsConfig'] }, signal: AbortSignal) => Promise<unknown>;

/** What the extenders left of the nodes. */
export interface ExtenderFiltered {
  readonly nodes: readonly NodeInfo[];
  readonly refused: ReadonlyMap<NodeInfo, Rejection>;
}

const DEFAULT_TIMEOUT_MS = 5_000;
/** Extenders score from 0 to 10, plugins from 0 to 100. */
const SCORE_SCALE = 10;

/** Under this name rejections of extenders are filed: any event may help, since extenders name none. */
export const EXTENDER = 'Extender';

/** All configured extenders, in order. */
export class Extenders {
  readonly #all: readonly Extender[];

  constructor(configs: readonly ExtenderConfig[], post: PostJson, log: Logger) {
    this.#all = configs.map((config) => new Extender(config, post, log));
  }

  /** Whether some extender wants to filter or score the pod. */
  concern(pod: Pod): boolean {
    return this.#all.some((one) => (one.filters || one.scores) && one.concerns(pod));
  }

  /** The nodes that every interested extender accepts. @throws Error of one that is not ignorable. */
  async filter(pod: Pod, nodes: readonly NodeInfo[], signal: AbortSignal): Promise<ExtenderFiltered> {
    let left = nodes;
    const refused = new Map<NodeInfo, Rejection>();
    for (const one of this.#all) {
      if (left.length === 0) break;
      if (!one.filters || !one.concerns(pod)) continue;
      const kept = await one.orIgnored(() => one.filter(pod, left, refused, signal), left);
      left = kept;
    }
    return { nodes: left, refused };
  }

  /** Points to add to the totals of the nodes, by index. An extender that fails gives none. */
  async prioritize(pod: Pod, nodes: readonly NodeInfo[], signal: AbortSignal): Promise<Float64Array> {
    const extra = new Float64Array(nodes.length);
    const index = new Map(nodes.map((node, i) => [node.name, i]));
    await Promise.all(
      this.#all.filter((one) => one.scores && one.concerns(pod)).map(async (one) => {
        const scores = await one.prioritizeOrNot(pod, nodes, signal);
        for (const [name, score] of scores) {
          const at = index.get(name);
          if (at !== undefined) extra[at]! += score;
        }
      }),
    );
    return extra;
  }

  /** Whether some extender wants a say in whom the pod pushes out. */
  concernPreemption(pod: Pod): boolean {
    return this.#all.some((one) => one.preempts && one.concerns(pod));
  }

  /** The candidates that every interested extender accepts, perhaps with fewer victims. */
  async preempt(pod: Pod, candidates: readonly Candidate[], signal: AbortSignal): Promise<readonly Candidate[]> {
    let left = candidates;
    for (const one of this.#all) {
      if (left.length === 0) break;
      if (one.preempts && one.concerns(pod)) left = await one.orIgnored(() => one.preempt(pod, left, signal), left);
    }
    return left;
  }

  /** Lets the extender that binds such pods do so; false: none does. @throws Error when the binding was refused. */
  async bind({ pod }: PodInfo, node: string, signal: AbortSignal): Promise<boolean> {
    const binder = this.#all.find((one) => one.binds && one.concerns(pod));
    await binder?.bind(pod, node, signal);
    return binder !== undefined;
  }
}

class Extender {
  readonly #config: ExtenderConfig;
  readonly #post: PostJson;
  readonly #log: Logger;
  readonly #managed: ReadonlySet<string>;

  constructor(config: ExtenderConfig, post: PostJson, log: Logger) {
    this.#config = config;
    this.#post = post;
    this.#log = log;
    this.#managed = new Set((config.managedResources ?? []).map(({ name }) => name));
  }

  get filters(): boolean {
    return Boolean(this.#config.filterVerb);
  }

  get scores(): boolean {
    return Boolean(this.#config.prioritizeVerb);
  }

  get preempts(): boolean {
    return Boolean(this.#config.preemptVerb);
  }

  get binds(): boolean {
    return Boolean(this.#config.bindVerb);
  }

  /** Whether the pod asks for a resource that the extender manages; one without managed resources is asked about every pod. */
  concerns({ spec }: Pod): boolean {
    if (this.#managed.size === 0) return true;
    return [...spec.containers, ...(spec.initContainers ?? [])].some(({ resources }) =>
      Object.keys({ ...resources?.requests, ...resources?.limits }).some((name) => this.#managed.has(name)),
    );
  }

  /** What `work` answers, or `otherwise` when it fails and the extender may be ignored. */
  async orIgnored<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!this.#config.ignorable) throw error;
      this.#tell(error);
      return otherwise;
    }
  }

  async filter(pod: Pod, nodes: readonly NodeInfo[], refused: Map<NodeInfo, Rejection>, signal: AbortSignal): Promise<readonly NodeInfo[]> {
    const answer = (await this.#send(this.#config.filterVerb!, this.#arguments(pod, nodes), signal)) as FilterAnswer;
    if (answer.error) throw new Error(answer.error);
    const failed = { ...answer.failednodes };
    const hopeless = { ...answer.failedandunresolvablenodes };
    const names = this.#config.nodeCacheCapable && answer.nodenames ? answer.nodenames : answer.nodes?.items?.map(({ metadata }) => metadata.name);
    const kept = names ? new Set(names) : undefined;
    return nodes.filter((node) => {
      const reason = hopeless[node.name] ?? failed[node.name];
      if (reason !== undefined) refused.set(node, { reasons: [reason], resolvable: hopeless[node.name] === undefined });
      else if (kept && !kept.has(node.name)) refused.set(node, { reasons: [''], resolvable: true });
      else return true;
      return false;
    });
  }

  /** Points by node; none when the extender fails, which never keeps a pod from being scheduled. */
  async prioritizeOrNot(pod: Pod, nodes: readonly NodeInfo[], signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    try {
      return await this.#prioritize(pod, nodes, signal);
    } catch (error) {
      this.#tell(error);
      return new Map();
    }
  }

  #tell(error: unknown): void {
    this.#log.warn('extender failed and is ignored for this pod', { extender: this.#config.urlPrefix, ...errorFields(error) });
  }

  async #prioritize(pod: Pod, nodes: readonly NodeInfo[], signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const answer = (await this.#send(this.#config.prioritizeVerb!, this.#arguments(pod, nodes), signal)) as readonly { readonly host: string; readonly score: number }[];
    return new Map(answer.map(({ host, score }) => [host, score * (this.#config.weight ?? 1) * SCORE_SCALE]));
  }

  async preempt(pod: Pod, candidates: readonly Candidate[], signal: AbortSignal): Promise<readonly Candidate[]> {
    const victims = (of: (pod: Pod) => unknown): object =>
      Object.fromEntries(candidates.map(({ node, victims: chosen, violations }) => [node, { Pods: chosen.map((one) => of(one.pod)), NumPDBViolations: violations }]));
    const byName = this.#config.nodeCacheCapable
      ? { NodeNameToMetaVictims: victims(({ metadata }) => ({ UID: metadata.uid })) }
      : { NodeNameToVictims: victims((one) => one) };
    const { nodenametometavictims = {} } = (await this.#send(this.#config.preemptVerb!, { Pod: pod, ...byName }, signal)) as PreemptAnswer;
    return candidates.flatMap((candidate) => {
      const left = nodenametometavictims[candidate.node];
      if (!left) return [];
      const uids = new Set((left.pods ?? []).map(({ uid }) => uid));
      const kept = candidate.victims.filter(({ uid }) => uids.has(uid));
      return kept.length > 0 ? [candidateOf(candidate.node, kept, left.numpdbviolations ?? 0)] : [];
    });
  }

  async bind({ metadata }: Pod, node: string, signal: AbortSignal): Promise<void> {
    const { name, namespace, uid } = metadata;
    const { error } = (await this.#send(this.#config.bindVerb!, { PodName: name, PodNamespace: namespace, PodUID: uid, Node: node }, signal)) as { readonly error?: string };
    if (error) throw new Error(error);
  }

  #arguments(pod: Pod, nodes: readonly NodeInfo[]): unknown {
    if (this.#config.nodeCacheCapable) return { Pod: pod, Nodes: null, NodeNames: nodes.map(({ name }) => name) };
    return { Pod: pod, Nodes: { kind: 'NodeList', apiVersion: 'v1', metadata: {}, items: nodes.map(({ node }) => node) }, NodeNames: null };
  }

  async #send(verb: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    const { urlPrefix, httpTimeout, tlsConfig } = this.#config;
    const timeoutMs = httpTimeout ? durationToMs(httpTimeout) || DEFAULT_TIMEOUT_MS : DEFAULT_TIMEOUT_MS;
    return withSmallKeys(await this.#post(`${urlPrefix.replace(/\/$/, '')}/${verb}`, body, { timeoutMs, tls: tlsConfig }, signal));
  }
}

interface FilterAnswer {
  readonly error?: string;
  readonly nodes?: { readonly items?: readonly { readonly metadata: { readonly name: string } }[] };
  readonly nodenames?: readonly string[] | null;
  readonly failednodes?: Readonly<Record<string, string>> | null;
  readonly failedandunresolvablenodes?: Readonly<Record<string, string>> | null;
}

interface PreemptAnswer {
  readonly nodenametometavictims?: Readonly<Record<string, { readonly pods?: readonly { readonly uid: string }[]; readonly numpdbviolations?: number }>>;
}

/** Members whose own members are names of nodes, which must stay as they are. */
const BY_NODE_NAME: ReadonlySet<string> = new Set(['failednodes', 'failedandunresolvablenodes', 'nodenametometavictims']);

/** Member names in lower case: extenders write them as their language pleases. */
function withSmallKeys(value: unknown, keepKeys = false): unknown {
  if (Array.isArray(value)) return value.map((one) => withSmallKeys(one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [keepKeys ? key : key.toLowerCase(), withSmallKeys(one, !keepKeys && BY_NODE_NAME.has(key.toLowerCase()))]));
}
