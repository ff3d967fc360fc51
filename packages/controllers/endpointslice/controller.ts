/**
 * Keeps the EndpointSlices of every Service with a selector.
 *
 * Source: kube-controller-manager `pkg/controller/endpointslice`.
 */
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import { isNamespaceTerminating } from '#controller/errors.ts';
import { isControlledBy, newControllerRef } from '#controller/owners.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { services } from '#kinds/core/service/kind.ts';
import type { Service } from '#kinds/core/service/schema.ts';
import { endpointSlices } from '#kinds/discovery/endpoint-slice/kind.ts';
import type { EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import type { Kind } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';
import { endpointChanged, hasManagedEndpoints, selectsPod, TRIGGER_TIME } from '../service-endpoints/pod-endpoints.ts';
import { TriggerTimes } from '../service-endpoints/trigger-times.ts';
import { messageOf } from '../workload/pod-control.ts';
import { isTerminating } from '../workload/pod-state.ts';
import { desiredEndpoints, familiesOf, MANAGED_BY, MANAGER, SERVICE_NAME, sliceLabels } from './desired.ts';
import { churnOf, idealSlices, slicesAfter } from './metrics.ts';
import type { SliceCounts } from './metrics.ts';
import { serviceMetrics } from './service-metrics.ts';
import type { ServiceMetrics } from './service-metrics.ts';
import { planSlices } from './slices.ts';
import { asksForHints, withZoneHints, zoneFacts, zoneShares } from './topology-hints.ts';
import type { PortGroup, SliceChanges } from './slices.ts';

const FAMILIES: readonly EndpointSlice['addressType'][] = ['IPv4', 'IPv6'];
/** Slices by the key of their Service. */
const SERVICE_INDEX = 'service';
/** Pods whose node is not known yet are looked at again after this long. */
const UNKNOWN_NODE_RETRY_MS = 1_000;

/** `endpointslice-controller`. */
export const endpointSliceController: ControllerEntry = {
  name: 'endpointslice-controller',
  component: 'endpoint-slice-controller',
  make: makeEndpointSliceController,
};

/** The Service of a slice that this controller manages. */
function serviceKeys(slice: EndpointSlice): string[] {
  const { labels = {}, namespace } = slice.metadata;
  return labels[MANAGED_BY] === MANAGER && labels[SERVICE_NAME] ? [`${namespace}/${labels[SERVICE_NAME]}`] : [];
}

function makeEndpointSliceController(dependencies: ControllerDependencies): Controller {
  const { informers } = dependencies;
  const caches: Caches = { services: informers.of(services), pods: informers.of(pods), nodes: informers.of(nodes), slices: informers.of(endpointSlices) };
  caches.slices.addIndex(SERVICE_INDEX, serviceKeys);
  const reconciler = new EndpointSliceReconciler(dependencies, caches);
  const servicesOf = (pod: Pod): string[] => caches.services.lister.list(pod.metadata.namespace).filter((service) => selectsPod(service, pod)).map(objectKey);
  return {
    name: 'endpoint_slice',
    watches: [
      watchSelf(caches.services),
      watch(caches.pods, servicesOf, { changed: endpointChanged }),
      watch(caches.slices, serviceKeys),
      // Nodes tell the zone of new endpoints, and how much of the load each zone should get; heartbeats must not wake anybody.
      watch(caches.nodes, () => caches.services.lister.list().filter(asksForHints).map(objectKey), { changed: (node, old) => zoneFacts(node) !== zoneFacts(old) }),
    ],
    reconcile: (key, context) => reconciler.reconcile(key, context),
  };
}

interface Caches {
  readonly services: Informer<Service>;
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly slices: Informer<EndpointSlice>;
}

class EndpointSliceReconciler {
  readonly #dependencies: ControllerDependencies;
  readonly #caches: Caches;
  readonly #triggers = new TriggerTimes();
  readonly #metrics: ServiceMetrics;
  /** Services and families whose endpoints have hints by zone. */
  readonly #hinted = new Set<string>();

  constructor(dependencies: ControllerDependencies, caches: Caches) {
    this.#dependencies = dependencies;
    this.#caches = caches;
    this.#metrics = serviceMetrics(dependencies.metrics, caches.services);
  }

  async reconcile(key: string, context: ReconcileContext): Promise<ReconcileAgain | void> {
    const service = this.#caches.services.lister.get(key);
    if (!service) {
      this.#triggers.forget(key); // the garbage collector removes the slices
      this.#metrics.holds(key, undefined);
      for (const family of FAMILIES) this.#hinted.delete(`${key} ${family}`);
      return undefined;
    }
    if (!hasManagedEndpoints(service) || isTerminating(service)) return undefined;
    try {
      const again = await this.#sync(key, service, context);
      this.#metrics.synced('success');
      return again;
    } catch (error) {
      // Caches that lag behind are no fault; what they make one write is refused.
      this.#metrics.synced(isReason(error, 'Conflict') ? 'stale' : 'error');
      if (isNamespaceTerminating(error)) return undefined;
      if (!context.signal.aborted && !isReason(error, 'Conflict')) {
        const { namespace, name } = service.metadata;
        const message = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${messageOf(error)}`;
        this.#dependencies.events.event(service, 'Warning', 'FailedToUpdateEndpointSlices', message);
      }
      throw error;
    }
  }

  async #sync(key: string, service: Service, context: ReconcileContext): Promise<ReconcileAgain | void> {
    const members = this.#caches.pods.lister.list(service.metadata.namespace).filter((pod) => selectsPod(service, pod));
    const trigger = this.#triggers.next(key, service, members);
    const existing = this.#caches.slices.lister.byIndex(SERVICE_INDEX, key).filter((slice) => !isTerminating(slice));
    const families = familiesOf(service);
    const foreign = existing.filter((slice) => !families.includes(slice.addressType) || !isControlledBy(slice, service));
    for (const slice of foreign) await this.#remove(slice, context);
    let waiting = false;
    let counts: SliceCounts = { endpoints: 0, slices: 0, ideal: 0 };
    const written: SliceChanges[] = [];
    for (const family of families) {
      const own = existing.filter((slice) => slice.addressType === family && !foreign.includes(slice));
      const { groups: plain, skipped } = desiredEndpoints(service, members, family, (name) => this.#caches.nodes.lister.get(name));
      waiting ||= skipped.length > 0;
      const groups = this.#withHints(service, family, plain, own);
      const changes = await this.#write(service, family, own, groups, trigger, context);
      written.push(changes);
      this.#metrics.churned(churnOf(own, groups));
      counts = { endpoints: counts.endpoints + groups.reduce((sum, { endpoints }) => sum + endpoints.length, 0), slices: counts.slices + slicesAfter(own, changes), ideal: counts.ideal + idealSlices(groups) };
    }
    this.#metrics.holds(key, counts);
    this.#metrics.slicesChanged(service, asksForHints(service) ? 'Auto' : 'Disabled', written.reduce((sum, { create, update, remove }) => sum + create.length + update.length + remove.length, foreign.length));
    return waiting ? { afterMs: UNKNOWN_NODE_RETRY_MS } : undefined;
  }

  /** The endpoints with hints by zone, where the Service asks for them and they are possible; it is told when that begins and ends, and why. */
  #withHints(service: Service, family: EndpointSlice['addressType'], groups: readonly PortGroup[], existing: readonly EndpointSlice[]): readonly PortGroup[] {
    const key = `${objectKey(service)} ${family}`;
    const tell = (type: 'Normal' | 'Warning', reason: string, text: string): void => this.#dependencies.events.event(service, type, reason, `${text}, addressType: ${family}`);
    if (!asksForHints(service)) {
      if (this.#hinted.delete(key)) tell('Warning', 'TopologyAwareHintsDisabled', 'Topology Aware Hints has been disabled');
      return groups;
    }
    const hinted = withZoneHints(groups, existing, zoneShares(this.#caches.nodes.lister.list()));
    if ('problem' in hinted) {
      this.#hinted.delete(key);
      tell('Warning', 'TopologyAwareHintsDisabled', hinted.problem);
      return groups;
    }
    if (!this.#hinted.has(key)) tell('Normal', 'TopologyAwareHintsEnabled', 'Topology Aware Hints has been enabled');
    this.#hinted.add(key);
    return hinted.groups;
  }

  async #write(service: Service, addressType: EndpointSlice['addressType'], existing: readonly EndpointSlice[], groups: readonly PortGroup[], trigger: string | undefined, context: ReconcileContext): Promise<SliceChanges> {
    const { client, signal } = context;
    const labels = sliceLabels(service);
    const changes = planSlices(existing, groups, (slice) => !sameValue(slice.metadata.labels ?? {}, labels));
    const { create, update, remove } = changes;
    const annotations = (current?: Readonly<Record<string, string>>): Record<string, string> => {
      const { [TRIGGER_TIME]: _, ...rest } = current ?? {};
      return { ...rest, ...(trigger ? { [TRIGGER_TIME]: trigger } : {}) };
    };
    const { name = '', namespace = '' } = service.metadata;
    for (const { ports, endpoints } of create) {
      const metadata = { generateName: `${name}-`, namespace, labels, annotations: annotations(), ownerReferences: [newControllerRef(service, services as Kind)] };
      await client.of(endpointSlices).create({ metadata, addressType, ports, endpoints }, {}, signal);
    }
    for (const slice of update) {
      await client.of(endpointSlices).update({ ...slice, metadata: { ...slice.metadata, labels, annotations: annotations(slice.metadata.annotations) } }, {}, signal);
    }
    for (const slice of remove) await this.#remove(slice, context);
    this.#metrics.changed('create', create.length);
    this.#metrics.changed('update', update.length);
    this.#metrics.changed('delete', remove.length);
    return changes;
  }

  async #remove(slice: EndpointSlice, { client, signal }: ReconcileContext): Promise<void> {
    const { namespace = '', name = '', uid = '' } = slice.metadata;
    try {
      await client.of(endpointSlices).namespace(namespace).delete(name, { preconditions: { uid } }, signal);
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }
}
