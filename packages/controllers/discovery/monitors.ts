/**
 * One informer for each of many resources, also for those that come and go while the server runs.
 */
import type { Client } from '#client/client.ts';
import type { Informer, InformerFactory } from '#client/informer.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import type { ControllerDependencies } from '#controller/manager.ts';
import { builtinKinds } from '#kinds/registry.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { groupVersionText } from '#machinery/kind.ts';
import { resourceName, supports } from './served-resources.ts';
import type { ServedResources } from './served-resources.ts';

/** Changes of all resources. */
export interface MonitorListener {
  /** An object is there, or has changed from `old`. */
  put(kind: Kind, object: KubeObject, old?: KubeObject): void;
  removed(kind: Kind, object: KubeObject): void;
}

/** Events end by themselves and own nothing. */
const IGNORED = new Set(['events', 'events.events.k8s.io']);

interface Monitor {
  readonly kind: Kind;
  readonly informer: Informer<KubeObject>;
  readonly subscription: Disposable;
  /** For resources that may go: an informer factory of their own, which can end. */
  readonly own: InformerFactory | undefined;
}

/** What monitors are made from. */
export type MonitorDependencies = Pick<ControllerDependencies, 'informers' | 'clock' | 'random' | 'log'> & { readonly client: Client };

const BUILTIN = new Set(builtinKinds);

/** The informers of many resources. Holds one entry per resource. */
export class Monitors implements AsyncDisposable {
  readonly #dependencies: MonitorDependencies;
  readonly #listener: MonitorListener;
  readonly #monitors = new Map<string, Monitor>();
  /** Kinds by group and kind, as owner references name them; monitored or not. */
  #kinds = new Map<string, Kind>();

  constructor(dependencies: MonitorDependencies, listener: MonitorListener) {
    this.#dependencies = dependencies;
    this.#listener = listener;
  }

  /** Whether every informer has its first content. */
  get synced(): boolean {
    for (const { informer } of this.#monitors.values()) if (!informer.synced) return false;
    return true;
  }

  /** The resource that an owner reference means; `undefined` when nothing of the kind is served. */
  kindOf(reference: { readonly apiVersion: string; readonly kind: string }): Kind | undefined {
    const slash = reference.apiVersion.indexOf('/');
    return this.#kinds.get(`${slash < 0 ? '' : reference.apiVersion.slice(0, slash)}/${reference.kind}`);
  }

  /** The informer of a resource, if it is monitored. */
  informerOf(kind: Kind): Informer<KubeObject> | undefined {
    return this.#monitors.get(resourceName(kind))?.informer;
  }

  /** Begins to follow what is served now and leaves what is not; what could not be asked about stays as it is. */
  async follow({ kinds, failures }: ServedResources): Promise<void> {
    const known = new Map<string, Kind>();
    for (const [key, kind] of this.#kinds) if (failures.has(groupVersionText(kind))) known.set(key, kind);
    const wanted = new Map<string, Kind>();
    for (const kind of kinds) {
      known.set(`${kind.group}/${kind.kind}`, kind);
      const name = resourceName(kind);
      if (supports(kind, 'delete', 'list', 'watch') && !IGNORED.has(name)) wanted.set(name, kind);
    }
    this.#kinds = known;
    const ending: Promise<void>[] = [];
    for (const [name, monitor] of this.#monitors) {
      const now = wanted.get(name);
      const stays = now ? groupVersionText(now) === groupVersionText(monitor.kind) : failures.has(groupVersionText(monitor.kind));
      if (!stays) ending.push(this.#end(name, monitor));
    }
    for (const [name, kind] of wanted) if (!this.#monitors.has(name)) this.#begin(name, kind);
    await Promise.all(ending);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#monitors].map(([name, monitor]) => this.#end(name, monitor)));
  }

  #begin(name: string, kind: Kind): void {
    const own = BUILTIN.has(kind) ? undefined : createInformerFactory(this.#dependencies);
    const informer = (own ?? this.#dependencies.informers).of(kind);
    const subscription = informer.listen({
      added: (object) => this.#listener.put(kind, object),
      updated: (object, old) => this.#listener.put(kind, object, old),
      deleted: (object) => this.#listener.removed(kind, object),
    });
    this.#monitors.set(name, { kind, informer, subscription, own });
  }

  async #end(name: string, { subscription, own }: Monitor): Promise<void> {
    subscription[Symbol.dispose]();
    this.#monitors.delete(name);
    await own?.[Symbol.asyncDispose]();
  }
}
