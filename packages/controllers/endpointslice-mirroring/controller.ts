/**
 * Mirrors hand-made Endpoints of Services without a selector to EndpointSlices.
 *
 * Source: kube-controller-manager `pkg/controller/endpointslicemirroring`.
 */
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import type { Controller, ReconcileContext } from '#controller/controller.ts';
import { isNamespaceTerminating } from '#controller/errors.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import { newControllerRef } from '#controller/owners.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import { endpoints } from '#kinds/core/endpoints/kind.ts';
import type { Endpoints } from '#kinds/core/endpoints/schema.ts';
import { services } from '#kinds/core/service/kind.ts';
import type { Service } from '#kinds/core/service/schema.ts';
import { endpointSlices } from '#kinds/discovery/endpoint-slice/kind.ts';
import type { EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import type { Kind } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';
import { MANAGED_BY, SERVICE_NAME } from '../endpointslice/desired.ts';
import { churnOf, idealSlices, slicesAfter } from '../endpointslice/metrics.ts';
import type { SliceCounts } from '../endpointslice/metrics.ts';
import { endpointKey, planGroup, portsKey } from '../endpointslice/slices.ts';
import { isTerminating } from '../workload/pod-state.ts';
import { mirroringMetrics } from './metrics.ts';
import type { MirroringMetrics } from './metrics.ts';
import { MAX_PER_SUBSET, mayMirror, mirroredAnnotations, mirroredLabels, MIRRORING_MANAGER, mirrorOf } from './mirrored.ts';

/** Mirrored slices by the key of their Service. */
const MIRROR_INDEX = 'mirrored service';

/** `endpointslice-mirroring-controller`. */
export const endpointSliceMirroringController: ControllerEntry = {
  name: 'endpointslice-mirroring-controller',
  component: 'endpoint-slice-mirroring-controller',
  make: (dependencies) => new Mirroring(dependencies).controller(),
};

function serviceKeys({ metadata: { labels = {}, namespace } }: EndpointSlice): string[] {
  return labels[MANAGED_BY] === MIRRORING_MANAGER && labels[SERVICE_NAME] ? [`${namespace}/${labels[SERVICE_NAME]}`] : [];
}

/** Endpoints that stay and say something else than before. */
function changedEndpoints(before: readonly EndpointSlice[], after: readonly EndpointSlice[]): number {
  const known = new Map(before.flatMap(({ endpoints: all }) => all.map((one) => [endpointKey(one), one])));
  return after.flatMap(({ endpoints: all }) => all).filter((one) => known.has(endpointKey(one)) && !sameValue(known.get(endpointKey(one)), one)).length;
}

const hasSelector = ({ spec }: Service): boolean => Object.keys(spec.selector ?? {}).length > 0;

class Mirroring {
  readonly #dependencies: ControllerDependencies;
  readonly #endpoints: Informer<Endpoints>;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #metrics: MirroringMetrics;

  constructor(dependencies: ControllerDependencies) {
    const { informers } = dependencies;
    this.#dependencies = dependencies;
    this.#endpoints = informers.of(endpoints);
    this.#services = informers.of(services);
    this.#slices = informers.of(endpointSlices);
    this.#slices.addIndex(MIRROR_INDEX, serviceKeys);
    this.#metrics = mirroringMetrics(dependencies.metrics);
  }

  controller(): Controller {
    const concerns = (key: string): string[] => (this.#endpoints.lister.get(key) || this.#slices.lister.byIndex(MIRROR_INDEX, key).length > 0 ? [key] : []);
    return {
      name: 'endpoint_slice_mirroring',
      watches: [
        watchSelf(this.#endpoints),
        watch(this.#services, (service) => concerns(objectKey(service)), { changed: (service, old) => hasSelector(service) !== hasSelector(old) }),
        watch(this.#slices, serviceKeys),
      ],
      reconcile: (key, context) => this.#reconcile(key, context),
    };
  }

  async #reconcile(key: string, context: ReconcileContext): Promise<void> {
    const startMs = context.clock.monotonicMs();
    try {
      await this.#sync(key, context);
    } finally {
      this.#metrics.duration?.observe((context.clock.monotonicMs() - startMs) / 1000);
    }
  }

  async #sync(key: string, context: ReconcileContext): Promise<void> {
    const existing = this.#slices.lister.byIndex(MIRROR_INDEX, key).filter((slice) => !isTerminating(slice));
    const source = this.#endpoints.lister.get(key);
    const service = this.#services.lister.get(key);
    if (!source || isTerminating(source) || !mayMirror(source) || !service || hasSelector(service)) {
      for (const slice of existing) await this.#remove(slice, context);
      this.#metrics.changed('delete', existing.length);
      this.#metrics.holds(key, undefined);
      return;
    }
    try {
      await this.#mirror(source, existing, context);
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  }

  async #mirror(source: Endpoints, existing: readonly EndpointSlice[], context: ReconcileContext): Promise<void> {
    const { groups, invalid, skipped } = mirrorOf(source);
    const { events } = this.#dependencies;
    if (invalid > 0) events.event(source, 'Warning', 'InvalidIPAddress', `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`);
    if (skipped > invalid) {
      events.event(source, 'Warning', 'TooManyAddressesToMirror', `A max of ${MAX_PER_SUBSET} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`);
    }
    const labels = mirroredLabels(source);
    const annotations = mirroredAnnotations(source);
    const differs = ({ metadata }: EndpointSlice): boolean => !sameValue(metadata.labels ?? {}, labels) || !sameValue(metadata.annotations ?? {}, annotations);
    const kept = new Set<EndpointSlice>();
    this.#metrics.skipped?.observe(skipped);
    let counts: SliceCounts = { endpoints: 0, slices: 0, ideal: 0 };
    let updated = 0;
    const { name = '', namespace = '' } = source.metadata;
    const { client, signal } = context;
    for (const [addressType, all] of groups) {
      this.#metrics.churned(churnOf(existing.filter((slice) => slice.addressType === addressType), all));
      for (const group of all) {
        const own = existing.filter((slice) => slice.addressType === addressType && portsKey(slice.ports ?? []) === portsKey(group.ports));
        const changes = planGroup(own, group, differs);
        const { create, update, remove } = changes;
        updated += changedEndpoints(own, update);
        counts = { endpoints: counts.endpoints + group.endpoints.length, slices: counts.slices + slicesAfter(own, changes), ideal: counts.ideal + idealSlices([group]) };
        for (const slice of own) if (!remove.includes(slice)) kept.add(slice);
        for (const { ports, endpoints: members } of create) {
          const metadata = { generateName: `${name}-`, namespace, labels, annotations, ownerReferences: [newControllerRef(source, endpoints as Kind)] };
          await client.of(endpointSlices).create({ metadata, addressType, ports, endpoints: members }, {}, signal);
        }
        for (const slice of update) await client.of(endpointSlices).update({ ...slice, metadata: { ...slice.metadata, labels, annotations } }, {}, signal);
        this.#metrics.changed('create', create.length);
        this.#metrics.changed('update', update.length);
      }
    }
    const superfluous = existing.filter((slice) => !kept.has(slice));
    for (const slice of superfluous) await this.#remove(slice, context);
    this.#metrics.changed('delete', superfluous.length);
    this.#metrics.updated?.observe(updated);
    this.#metrics.holds(objectKey(source), counts);
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
