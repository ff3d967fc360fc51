/**
 * Registers the node, keeps its status and its lease current.
 *
 * Source: kubernetes `kubelet_node_status.go` (a status is sent when it changed, or every five minutes), KEP-589 (leases every ten seconds).
 */
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { TaskGroup } from '#base/task-group.ts';
import type { Client } from '#client/client.ts';
import type { EventRecorder } from '#client/event-recorder.ts';
import type { ContainerRuntime } from '#cri/runtime.ts';
import { leases } from '#kinds/coordination/lease/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node, NodeStatus } from '#kinds/core/node/schema.ts';
import { isReason, StatusError } from '#machinery/status.ts';
import { formatMicroTime } from '#machinery/time.ts';
import { sameJson } from '../status-patch.ts';
import { networkProblem, newNode, type NodeFacts, nodeStatus, type RuntimeFacts } from './node-object.ts';

/** What the reporter needs. */
export interface NodeReporterOptions {
  readonly client: Client;
  readonly runtime: ContainerRuntime;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tasks: TaskGroup;
  readonly facts: NodeFacts;
  readonly pressure: () => ReadonlySet<string>;
  /** The volumes that must not be taken away from the node. */
  readonly volumesInUse: () => readonly string[];
}

/** Reports about the node. */
export interface NodeReporter {
  /** Resolves when a Ready status was accepted. */
  whenReady(signal: AbortSignal): Promise<void>;
  /** Look at the runtime and report now. */
  reportSoon(): void;
  /** What the runtime said about the pod network when it was last asked; undefined when it is fine or was not asked yet. */
  networkProblem(): string | undefined;
}

const CHECK_MS = 10_000;
/** While the node is not ready yet, it is looked at this often: starting is what users wait for. */
const FAST_CHECK_MS = 100;
const HEARTBEAT_MS = 300_000;
const LEASE_NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;
const LEASE_RENEW_MS = 10_000;
const RETRY_MS = 200;
const MAX_RETRY_MS = 7_000;
/** The runtime answers questions about itself within this time, or is away. */
const RUNTIME_PATIENCE_MS = 5_000;

/** Starts reporting. */
export function startNodeReporter(options: NodeReporterOptions): NodeReporter {
  const reporter = new Reporter(options);
  options.tasks.run('node status', (signal) => reporter.report(signal));
  options.tasks.run('node lease', (signal) => reporter.renewLeases(signal));
  return reporter;
}

class Reporter implements NodeReporter {
  readonly #options: NodeReporterOptions;
  readonly #ready = Promise.withResolvers<void>();
  #wake = Promise.withResolvers<void>();
  #node: Node | undefined;
  /** UID of the node that the lease names as its owner. */
  #leaseOwner: string | undefined;
  #sentAtMs = 0;
  #wasReady: boolean | undefined;
  #networkProblem: string | undefined;

  constructor(options: NodeReporterOptions) {
    this.#options = options;
  }

  async whenReady(signal: AbortSignal): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([this.#ready.promise, promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  reportSoon(): void {
    this.#wake.resolve();
  }

  networkProblem(): string | undefined {
    return this.#networkProblem;
  }

  async report(signal: AbortSignal): Promise<void> {
    const { client, clock, log, recorder, facts } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const runtime = await this.#observe(signal);
        this.#networkProblem = networkProblem(runtime.status);
        if (!this.#node) {
          this.#node = await this.#register(runtime, signal);
          recorder.event(this.#eventTarget(), 'Normal', 'Starting', 'Starting kubelet.');
          log.info('the node is registered', { node: facts.name });
        } else if (this.#wasReady) this.#node = await client.of(nodes).get(facts.name, signal); // others write to the status too
        await this.#send(runtime, signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        if (isReason(error, 'NotFound')) this.#node = undefined;
        else log.warn('the node status could not be sent', errorFields(error));
        await clock.sleep(Math.min(RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS), signal);
        continue;
      }
      this.#wake = Promise.withResolvers();
      const waiting = new AbortController();
      const timer = clock.sleep(this.#wasReady ? CHECK_MS : FAST_CHECK_MS, AbortSignal.any([signal, waiting.signal]));
      await Promise.race([timer.catch(() => undefined), this.#wake.promise]);
      waiting.abort();
    }
  }

  async renewLeases(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#renewLease(signal);
        failures = 0;
        await clock.sleep(LEASE_RENEW_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        // The namespace appears with the API server; before that this is no news.
        if (!isReason(error, 'NotFound')) log.warn('the node lease could not be renewed', errorFields(error));
        await clock.sleep(Math.min(RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS), signal);
      }
    }
  }

  async #observe(signal: AbortSignal): Promise<RuntimeFacts> {
    const { runtime, clock, pressure } = this.#options;
    const limit = new AbortController();
    using _timer = clock.after(RUNTIME_PATIENCE_MS, () => limit.abort());
    const either = AbortSignal.any([signal, limit.signal]);
    try {
      const [version, status, images] = await Promise.all([runtime.version(either), runtime.status(either), runtime.listImages(either)]);
      return { version, status, images, pressure: pressure() };
    } catch {
      // Whatever the failure is: a runtime that does not answer is shown as down.
      signal.throwIfAborted();
      return { version: undefined, status: undefined, images: [], pressure: pressure() };
    }
  }

  async #register(runtime: RuntimeFacts, signal: AbortSignal): Promise<Node> {
    const { client, clock, facts } = this.#options;
    const wanted = newNode(facts, nodeStatus(facts, runtime, undefined, clock.now()));
    try {
      const created = await client.of(nodes).create(wanted, {}, signal);
      this.#sentAtMs = 0;
      return created;
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error;
    }
    const existing = await client.of(nodes).get(facts.name, signal);
    const labels = Object.entries(wanted.metadata.labels ?? {}).filter(([key, value]) => existing.metadata.labels?.[key] !== value);
    if (labels.length === 0) return existing;
    return client.of(nodes).patch(facts.name, { type: 'merge', body: { metadata: { labels: Object.fromEntries(labels) } } }, {}, signal);
  }

  /** Sends what changed; heartbeat times alone only every five minutes. */
  async #send(runtime: RuntimeFacts, signal: AbortSignal): Promise<void> {
    const { client, clock, facts } = this.#options;
    const before = this.#node!;
    const nowMs = clock.now();
    const kept = runtime.version ? before.status : { ...before.status };
    const { volumesInUse: _before, ...observed } = nodeStatus(facts, runtime.version ? runtime : { ...runtime, version: versionOf(kept) }, kept, nowMs);
    const inUse = this.#options.volumesInUse();
    const status: NodeStatus = inUse.length > 0 || before.status.volumesInUse?.length ? { ...observed, volumesInUse: inUse } : observed;
    const due = nowMs - this.#sentAtMs >= HEARTBEAT_MS;
    if (due || !sameJson(withoutHeartbeats(status), withoutHeartbeats(before.status))) {
      // What is attached is the controller's to say.
      const { volumesAttached: _attached, ...own } = status;
      const body = { status: { ...own, allocatable: { ...goneFrom(before.status.allocatable, status.allocatable), ...status.allocatable }, conditions: ownConditions(status) } };
      this.#node = await client.of(nodes).patch(facts.name, { type: 'strategic', body, subresource: 'status' }, {}, signal);
      this.#sentAtMs = nowMs;
    }
    this.#noteReady(status);
  }

  #noteReady(status: NodeStatus): void {
    const { recorder, facts } = this.#options;
    const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
    if (ready === this.#wasReady) return;
    if (ready) {
      recorder.event(this.#eventTarget(), 'Normal', 'NodeReady', `Node ${facts.name} status is now: NodeReady`);
      this.#ready.resolve();
    } else if (this.#wasReady !== undefined) recorder.event(this.#eventTarget(), 'Normal', 'NodeNotReady', `Node ${facts.name} status is now: NodeNotReady`);
    this.#wasReady = ready;
  }

  /** Events about nodes carry the name in place of the UID, as upstream's do. */
  #eventTarget() {
    const { name } = this.#options.facts;
    return { kind: 'Node', apiVersion: 'v1', name, uid: name };
  }

  async #renewLease(signal: AbortSignal): Promise<void> {
    const { client, clock, facts } = this.#options;
    const api = client.of(leases).namespace(LEASE_NAMESPACE);
    const spec = { holderIdentity: facts.name, leaseDurationSeconds: LEASE_SECONDS, renewTime: formatMicroTime(clock.now()) };
    // The lease may be made before the node is registered; it must go with the node all the same.
    const uid = this.#node?.metadata.uid;
    const ownerReferences = uid && uid !== this.#leaseOwner ? { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: facts.name, uid }] } : undefined;
    try {
      await api.patch(facts.name, { type: 'merge', body: { ...(ownerReferences ? { metadata: ownerReferences } : {}), spec } }, {}, signal);
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
      await api.create({ metadata: { name: facts.name, namespace: LEASE_NAMESPACE, ...ownerReferences }, spec }, {}, signal);
    }
    this.#leaseOwner = uid;
  }
}

/** The runtime as it was last seen, while it does not answer. */
function versionOf(status: NodeStatus) {
  const [runtimeName = 'unknown', runtimeVersion = ''] = status.nodeInfo.containerRuntimeVersion.split('://');
  return { runtimeName, runtimeVersion, runtimeApiVersion: 'v1' };
}

type Amounts = Readonly<Record<string, string>>;

/** Nulls for what is no longer there: a patch merges amounts by name. */
function goneFrom(before: Amounts = {}, now: Amounts = {}): Record<string, null> {
  return Object.fromEntries(Object.keys(before).flatMap((name) => (name in now ? [] : [[name, null]])));
}

const OWN = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

const ownConditions = (status: NodeStatus) => (status.conditions ?? []).filter(({ type }) => OWN.includes(type));

const withoutHeartbeats = (status: NodeStatus): NodeStatus => ({ ...status, conditions: ownConditions(status).map(({ lastHeartbeatTime: _heartbeat, ...rest }) => rest) });
