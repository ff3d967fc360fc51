/**
 * What `startCluster` takes and what it gives.
 */
import type { Clock } from '#base/clock.ts';
import type { LogFields, LogLevel } from '#base/log.ts';
import type { Client, ScopedClient } from '#client/client.ts';
import type { KubeObject } from '#machinery/kind.ts';
import type { StoreImage } from '#store/image.ts';
import type { Faults } from './faults.ts';

/** How a cluster in this process is to be. Everything has a default. */
export interface ClusterOptions {
  /** How many nodes (`node-1`, `node-2`, …), or their names; default 1. */
  readonly nodes?: number | readonly string[];
  /** What runs the pods: stages as data, no containers. */
  readonly runtime?: 'simulated';
  /** `real` (default): the machine's time. `simulated`: time stands still until the test moves it. */
  readonly clock?: 'real' | 'simulated';
  /** Where simulated time begins; default midnight of 1 January 2026, UTC. */
  readonly startTime?: Date;
  /** The same seed under simulated time gives the same history. Default: 1 under simulated time, unpredictable under real time. */
  readonly seed?: number;
  /** Opens a socket, so that `kubeconfig` works for any client. Default: none. A port of 0 is a free one. */
  readonly listen?: boolean | { readonly host?: string; readonly port?: number };
  /** Which controllers run, as `--controllers` takes it; default `['*']`; `[]`: none. */
  readonly controllers?: readonly string[];
  /** Whether the scheduler runs; default true. */
  readonly scheduler?: boolean;
  /** What every node has; quantities by resource name. Default: 32 CPUs, 256 GiB, 110 pods. */
  readonly capacity?: Readonly<Record<string, string>>;
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** A `Lifecycle` (YAML or JSON): what happens to pods and nodes. Default: pods start, become ready, complete and fail as their annotations say. */
  readonly lifecycle?: string;
  /** Receives what the components log. */
  readonly log?: (level: LogLevel, message: string, fields: LogFields) => void;
}

/** The whole state of a cluster at one moment, as a value. */
export interface ClusterSnapshot {
  readonly image: StoreImage;
  readonly takenAt: Date;
}

/** When nothing happens any more. */
export interface IdleOptions {
  /** How long nothing may change, heartbeats apart; default `1m` of the cluster's time. */
  readonly quiet?: string;
  /** How long to wait for that at most; default `1h`. */
  readonly within?: string;
}

/** Nodes that fail on demand. */
export interface NodeFaults {
  /** The node stops: no heartbeats, and its containers are gone; they start anew when it comes back. */
  crash(name: string): void;
  /** The node cannot reach the API server; its containers go on. */
  isolate(name: string): void;
  /** Ends either. */
  recover(name: string): void;
}

/** An object of whatever kind. */
export interface AnyObject extends KubeObject {
  readonly [field: string]: unknown;
}

/** What can be applied: an object literal, or an object of a known kind. */
export type Manifest = AnyObject | KubeObject;

/** A running cluster. Disposing it leaves nothing behind: no timer, no socket, no listener. */
export interface Cluster extends AsyncDisposable {
  /** Everything, as an administrator. Under simulated time a call that needs time to pass lets it pass. */
  readonly client: Client;
  /** A client of another user; `agent` is the component that faults know it as (default `test`). */
  clientOf(user: { readonly name: string; readonly groups?: readonly string[]; readonly agent?: string }): Client;
  /** One kind of objects, built in or custom: `(await cluster.resource('apps/v1', 'Deployment')).namespace('default')`. @throws Error when it is not served. */
  resource(apiVersion: string, kind: string): Promise<ScopedClient<AnyObject>>;
  /** Server-side apply of objects, or of YAML or JSON text with any number of them; answers what is stored. */
  apply(manifests: string | Manifest | readonly Manifest[]): Promise<AnyObject[]>;
  /** For any client: kubectl, `@kubernetes/client-node`, client-go. @throws Error when the cluster does not listen. */
  readonly kubeconfig: string;
  /** `https://HOST:PORT`; undefined when the cluster does not listen. */
  readonly url: string | undefined;
  readonly clock: Clock;
  /** Moves simulated time, `'10m'`; what falls due on the way happens in order. @throws Error when time is real. */
  advance(duration: string): Promise<void>;
  /** Lets time pass until `done` holds. @throws Error when it does not within `within` (default `1m`) of the cluster's time. */
  until(done: () => boolean | Promise<boolean>, options?: { readonly within?: string }): Promise<void>;
  /** Lets time pass until nothing changes any more. @throws Error naming what keeps changing. */
  runUntilIdle(options?: IdleOptions): Promise<void>;
  readonly faults: Faults;
  readonly nodes: NodeFaults;
  /** The state of now. */
  snapshot(): Promise<ClusterSnapshot>;
  /** Brings the objects back to how they were: clients see ordinary changes, resource versions and time go on. */
  restore(snapshot: ClusterSnapshot): Promise<void>;
  /** Another cluster that begins with the state of now, or of `snapshot`; both go on independently. */
  fork(options?: Pick<ClusterOptions, 'seed' | 'listen' | 'log'> & { readonly snapshot?: ClusterSnapshot }): Promise<Cluster>;
  dispose(): Promise<void>;
}
