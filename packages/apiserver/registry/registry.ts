/**
 * The last stage of the pipeline: resources on a store.
 *
 *     call -> resource -> subresource handler | verbs -> admission, strategy, validation -> commit -> caches -> reply, in the form the client accepts
 */
import { AdmissionMetrics } from '../admission/admission-metrics.ts';
import { AdmissionChain, type AdmissionPlugin } from '../admission/admission.ts';
import { admissionPlugins, type PluginOptions } from '../admission/plugins.ts';
import { allowAllAuthorizer } from '../authorization/authorizer.ts';
import type { TokenSigner } from '../authentication/token-signer.ts';
import type { CacheCounts } from '../cacher/cache-counts.ts';
import { Mirror } from '../cacher/mirror.ts';
import type { ApiCall, ApiReply, Caches, Handler, RequestInfo } from '../call.ts';
import { pathNotFound } from '../endpoints/endpoints.ts';
import { cachesOf } from './caches.ts';
import { Committer } from './committer.ts';
import { EVENT_TTL_MS, expireEvents } from './event-expiry.ts';
import { Freshness } from './freshness.ts';
import { ObjectHandler, unknownPath, wrongMethod, type VerbServices } from './object-handler.ts';
import { quotaChanges } from './quota-changes.ts';
import { Lists } from './reads.ts';
import { represent } from './represent.ts';
import { ResourceTable, type Resource, type StoredResource } from './resources.ts';
import { ServiceAllocation, type ServiceNetwork } from './services/allocation.ts';
import { keepRepairing, repairAllocations, type RepairOptions } from './services/repair.ts';
import { documentHandler, standardHandlers, type DocumentHandler } from './standard-handlers.ts';
import { SubresourceHandler } from './subresource-handler.ts';
import { StoreMetrics } from './store-metrics.ts';
import { TimeTexts } from './time-texts.ts';
import { Watches } from './watches.ts';
import type { Clock } from '#base/clock.ts';
import { gateReader } from '#machinery/feature-gates.ts';
import { defaultFeatureGates } from '#kinds/feature-gates.ts';
import { DisabledFields } from './disabled-fields.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { MetricRegistry } from '#base/metrics.ts';
import type { Random } from '#base/random.ts';
import { openTaskGroup } from '#base/task-group.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { resourceQuotas } from '#kinds/core/resource-quota/kind.ts';
import { ipAddresses } from '#kinds/networking/ip-address/kind.ts';
import type { Kind } from '#machinery/kind.ts';
import { Memory } from '#machinery/memory.ts';
import type { Describe } from '#machinery/openapi/source.ts';
import type { Store } from '#store/store.ts';

/** What a handler of the registry may use. */
export interface RegistryParts {
  readonly caches: Caches;
  readonly services: VerbServices;
  readonly table: ResourceTable;
}

/** What a registry is made of. */
export interface RegistryOptions {
  readonly store: Store;
  /** Other processes write to the store too: consistent reads ask it for its revision. Default false. */
  readonly storeIsShared?: boolean;
  readonly kinds: readonly Kind[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Which feature gates are on; default: as upstream. */
  readonly gate?: (name: string) => boolean;
  /** The admission plugins in order, made of what they work with (an authorizer that allows everything among it). Default: those that are on by default. */
  readonly admission?: (options: PluginOptions) => readonly AdmissionPlugin[];
  /** Handlers of virtual kinds and of subresources that the kind does not declare an update for: `GROUP/PLURAL` or `GROUP/PLURAL/SUBRESOURCE` to handler. */
  readonly handlers?: (parts: RegistryParts) => ReadonlyMap<string, Handler>;
  /** The addresses and ports that services get; absent: none, and services keep what clients say. */
  readonly serviceNetwork?: ServiceNetwork;
  /** Signs service account tokens; absent: the server gives none. */
  readonly signer?: (caches: Caches) => TokenSigner;
  /** `host:port` under which clients reach the server, for discovery. */
  readonly serverAddress?: () => string;
  /** The documentation of types and fields for OpenAPI; loaded when first needed. */
  readonly describe?: () => Describe | Promise<Describe>;
  /** Counts admission and writes; absent: nothing is counted. */
  readonly metrics?: MetricRegistry;
}

/** What there is of a resource, and what was done with it. */
export interface ResourceCounts {
  readonly group: string;
  readonly plural: string;
  readonly count: number;
  /** How far its cache is. */
  readonly revision: number;
  readonly cache: CacheCounts;
}

/** The resources of one server. */
export interface Registry extends Handler, AsyncDisposable {
  readonly caches: Caches;
  /** The paths of discovery and OpenAPI. */
  paths(): readonly string[];
  /** What there is of each resource that is stored. */
  counts(): readonly ResourceCounts[];
  /** How many objects there are of the resource that a request is about. */
  countOf(info: RequestInfo): number;
  /** The deprecated resources that were asked for. */
  deprecated(): readonly { readonly group: string; readonly version: string; readonly plural: string; readonly subresource: string }[];
  /** Resolves when the caches hold everything that was acknowledged anywhere before the call; `undefined`: they do. */
  fresh(): Promise<void> | undefined;
}

/** Opens the resources of `store`: loads the caches and follows the store until disposed. */
export async function openRegistry(options: RegistryOptions): Promise<Registry> {
  const { store, clock, random, log, gate = gateReader(defaultFeatureGates) } = options;
  const table = new ResourceTable(options.kinds, clock, log);
  const mirror = await Mirror.open({ store, resources: table.caches, clock, log });
  const freshness = new Freshness(mirror, store, options.storeIsShared ?? false);
  const caches = cachesOf(table, mirror);
  const events = table.find('', 'v1', 'events');
  const committer = new Committer(store, mirror, {
    ttlMs: (storage) => (storage === events?.storage ? EVENT_TTL_MS : undefined),
    metrics: options.metrics && new StoreMetrics(options.metrics, clock),
  });
  const plugins: PluginOptions = { caches, clock, random, changeQuota: quotaChanges({ committer, freshness }, table.of(resourceQuotas) as StoredResource), authorizer: allowAllAuthorizer, kinds: table.kinds };
  // What is open when something fails is closed again.
  await using resources = new AsyncDisposableStack();
  resources.use(mirror);
  const repair = await openAllocation(options, table, caches, mirror);
  const allocation = repair?.allocation;
  if (allocation) resources.use(allocation);
  const services: VerbServices = {
    admission: new AdmissionChain((options.admission ?? admissionPlugins)(plugins), options.metrics && new AdmissionMetrics(options.metrics, clock)),
    committer,
    freshness,
    clock,
    times: new TimeTexts(),
    random,
    gate,
    memory: new Memory(),
    namespaceLabels: (name) => caches.get(namespaces, '', name)?.metadata.labels,
    disabledFields: new DisabledFields(gate),
    companions: new Map(allocation ? [['/services', allocation]] : []),
    lists: new Lists({ mirror, store, freshness }),
    watches: new Watches({ mirror, freshness, clock, random }),
  };
  const tasks = resources.use(openTaskGroup((name, error) => log.error(`${name} failed`, errorFields(error))));
  if (events?.storage) {
    const expiry = { events: events as StoredResource, committer, clock, log, storeExpires: store.honoursTtl };
    tasks.run('event expiry', (signal) => expireEvents(expiry, signal));
  }
  if (repair) tasks.run('allocation repair', (signal) => keepRepairing(repair, clock, signal));
  const parts: RegistryParts = { caches, services, table };
  return new OpenRegistry(resources.move(), parts, options, () => mirror.revision);
}

/** Verbs of one object. */
const OF_OBJECT: ReadonlySet<string> = new Set(['get', 'update', 'patch', 'delete']);

/** Refuses paths that no object or collection of the kind has, and verbs that such a path does not have. @throws StatusError NotFound, MethodNotAllowed */
function checkRoute(kind: Kind, info: RequestInfo): void {
  const { verb, namespace, name } = info;
  const isNamespace = info.resource === 'namespaces' && namespace === name;
  if (info.excess || (!kind.namespaced && namespace !== '' && !isNamespace)) throw unknownPath();
  const reads = verb === 'list' || verb === 'watch';
  // Collections can be read across namespaces, but an object lives in one.
  if (kind.namespaced && namespace === '' && !reads) throw name === '' ? wrongMethod() : unknownPath();
  if (info.subresource === '' && (OF_OBJECT.has(verb) ? name === '' : verb === 'create' && name !== '')) throw wrongMethod();
}

async function openAllocation(options: RegistryOptions, table: ResourceTable, caches: Caches, mirror: Mirror): Promise<RepairOptions | undefined> {
  const { serviceNetwork: network, store, clock, random, log } = options;
  const addresses = table.of(ipAddresses);
  if (!network || !addresses?.storage) return undefined;
  const stored = addresses as StoredResource;
  const allocation = new ServiceAllocation({ network, caches, addresses: stored, clock, random });
  const repair: RepairOptions = { store, caches, addresses: stored, allocation, log, reached: (revision) => mirror.reached(revision) };
  await repairAllocations(repair);
  return repair;
}

class OpenRegistry implements Registry {
  readonly caches: Caches;
  readonly #resources: AsyncDisposableStack;
  readonly #table: ResourceTable;
  readonly #objects: ObjectHandler;
  readonly #subresources: SubresourceHandler;
  readonly #handlers: ReadonlyMap<string, Handler>;
  readonly #documents: DocumentHandler;
  readonly #clock: Clock;
  readonly #freshness: Freshness;
  readonly #revision: () => number;
  readonly #deprecated = new Map<Kind, { readonly kind: Kind; readonly subresources: Set<string> }>();

  constructor(resources: AsyncDisposableStack, parts: RegistryParts, options: RegistryOptions, revision: () => number) {
    this.caches = parts.caches;
    this.#revision = revision;
    this.#freshness = parts.services.freshness;
    this.#resources = resources;
    this.#table = parts.table;
    this.#clock = options.clock;
    this.#objects = new ObjectHandler(parts.services);
    this.#subresources = new SubresourceHandler(parts.services);
    const signer = options.signer?.(parts.caches);
    this.#handlers = new Map([...standardHandlers({ ...parts, signer }), ...(options.handlers?.(parts) ?? [])]);
    const { describe, clock } = options;
    this.#documents = documentHandler({ table: parts.table, clock, serverAddress: options.serverAddress ?? (() => ''), describe });
  }

  handle(call: ApiCall): ApiReply | Promise<ApiReply> {
    const { info, accept } = call;
    if (!info.isResource) return this.#documents.handle(call);
    const reply = this.#answer(call);
    if (accept.as === 'object') return reply;
    const form = { accept, query: call.query, now: () => this.#clock.now() };
    return reply instanceof Promise ? reply.then((one) => represent(one, form)) : represent(reply, form);
  }

  paths(): readonly string[] {
    return this.#documents.paths();
  }

  counts(): readonly ResourceCounts[] {
    return this.#table.kinds.flatMap((kind) => {
      const storage = kind.stored ? undefined : this.#table.of(kind)?.storage;
      return storage ? [{ group: kind.group, plural: kind.plural, count: storage.cache.size, revision: this.#revision(), cache: storage.cache.counts }] : [];
    });
  }

  countOf({ group, version, resource }: RequestInfo): number {
    return this.#table.find(group, version, resource)?.storage?.cache.size ?? 0;
  }

  deprecated(): readonly { readonly group: string; readonly version: string; readonly plural: string; readonly subresource: string }[] {
    return [...this.#deprecated.values()].flatMap(({ kind: { group, version, plural }, subresources }) => [...subresources].map((subresource) => ({ group, version, plural, subresource })));
  }

  fresh(): Promise<void> | undefined {
    return this.#freshness.newest();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
    for (const cache of this.#table.caches.values()) {
      for (const watcher of cache.watchers.all()) watcher.finish();
    }
  }

  #answer(call: ApiCall): ApiReply | Promise<ApiReply> {
    const { info } = call;
    // Paths with an empty part before the first one are nobody's.
    if (!info.path.startsWith('/api')) return pathNotFound.handle(call);
    const resource = this.#table.find(info.group, info.version, info.resource);
    if (!resource) {
      if (!this.#table.hasGroup(info.group)) return pathNotFound.handle(call);
      throw unknownPath();
    }
    const { kind } = resource;
    checkRoute(kind, info);
    if (kind.deprecation !== undefined) this.#warn(kind, call);
    if (info.subresource !== '') return this.#subresource(resource, call);
    if (call.method === 'HEAD' || !(kind.verbs as readonly string[]).includes(info.verb)) throw wrongMethod();
    const handler = this.#handlers.get(`${kind.group}/${kind.plural}`);
    if (handler) return handler.handle(call);
    if (!resource.storage) throw wrongMethod();
    return this.#objects.handle(resource as StoredResource, call);
  }

  #warn(kind: Kind, call: ApiCall): void {
    call.warn(kind.deprecation!);
    const { subresource } = call.info;
    let known = this.#deprecated.get(kind);
    if (!known) this.#deprecated.set(kind, (known = { kind, subresources: new Set() }));
    if (subresource === '' || Object.hasOwn(kind.subresources, subresource)) known.subresources.add(subresource);
  }

  #subresource(resource: Resource, call: ApiCall): ApiReply | Promise<ApiReply> {
    const { kind } = resource;
    const { subresource } = call.info;
    const declaration = Object.hasOwn(kind.subresources, subresource) ? kind.subresources[subresource] : undefined;
    // Proxies take every method; HEAD, which means the verb `get`, is taken by nothing else.
    if (declaration && !declaration.path && (call.method === 'HEAD' || !(declaration.verbs as readonly string[]).includes(call.info.verb))) throw wrongMethod();
    const handler = this.#handlers.get(`${kind.group}/${kind.plural}/${subresource}`);
    if (handler) return handler.handle(call);
    if (!declaration?.update || !resource.storage) throw unknownPath();
    return this.#subresources.handle(resource as StoredResource, declaration, call);
  }
}
