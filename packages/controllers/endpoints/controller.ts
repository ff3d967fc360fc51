/**
 * Keeps an Endpoints object for every Service with a selector: the old form of EndpointSlices.
 *
 * Source: kube-controller-manager `pkg/controller/endpoint`.
 */
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import type { Controller, ReconcileContext } from '#controller/controller.ts';
import { isNamespaceTerminating } from '#controller/errors.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey, splitKey } from '#client/object-key.ts';
import { endpoints } from '#kinds/core/endpoints/kind.ts';
import type { Endpoints } from '#kinds/core/endpoints/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { services } from '#kinds/core/service/kind.ts';
import type { Service } from '#kinds/core/service/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { isReason } from '#machinery/status.ts';
import { endpointChanged, HEADLESS_LABEL, hasManagedEndpoints, isHeadless, selectsPod, TRIGGER_TIME } from '../service-endpoints/pod-endpoints.ts';
import { TriggerTimes } from '../service-endpoints/trigger-times.ts';
import { messageOf } from '../workload/pod-control.ts';
import { subsetsOf, truncateSubsets } from './subsets.ts';

/** Says which Endpoints are this controller's. */
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const MANAGER = 'endpoint-controller';
/** `truncated` when a Service has more addresses than an Endpoints object may hold. */
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';

/** `endpoints-controller`. */
export const endpointsController: ControllerEntry = {
  name: 'endpoints-controller',
  component: 'endpoint-controller',
  make: makeEndpointsController,
};

function makeEndpointsController(dependencies: ControllerDependencies): Controller {
  const { informers } = dependencies;
  const serviceInformer = informers.of(services);
  const podInformer = informers.of(pods);
  const informer = informers.of(endpoints);
  const reconciler = new EndpointsReconciler(dependencies, serviceInformer, podInformer, informer);
  const servicesOf = (pod: Pod): string[] => serviceInformer.lister.list(pod.metadata.namespace).filter((service) => selectsPod(service, pod)).map(objectKey);
  return {
    name: 'endpoint',
    watches: [watchSelf(serviceInformer), watch(podInformer, servicesOf, { changed: endpointChanged }), watchSelf(informer)],
    reconcile: (key, context) => reconciler.reconcile(key, context),
  };
}

class EndpointsReconciler {
  readonly #dependencies: ControllerDependencies;
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #endpoints: Informer<Endpoints>;
  readonly #triggers = new TriggerTimes();

  constructor(dependencies: ControllerDependencies, serviceInformer: Informer<Service>, podInformer: Informer<Pod>, informer: Informer<Endpoints>) {
    this.#dependencies = dependencies;
    this.#services = serviceInformer;
    this.#pods = podInformer;
    this.#endpoints = informer;
  }

  async reconcile(key: string, context: ReconcileContext): Promise<void> {
    const service = this.#services.lister.get(key);
    const current = this.#endpoints.lister.get(key);
    if (!service) return this.#removeOrphan(key, current, context);
    if (!hasManagedEndpoints(service)) return;
    const members = this.#pods.lister.list(service.metadata.namespace).filter((pod) => selectsPod(service, pod));
    const trigger = this.#triggers.next(key, service, members);
    const wanted = desiredEndpoints(service, members, current, trigger);
    if (current && isUpToDate(current, wanted)) return;
    await this.#write(service, current, wanted, context);
  }

  /** Endpoints of a Service that is gone go too, unless somebody else made them. */
  async #removeOrphan(key: string, current: Endpoints | undefined, { client, signal }: ReconcileContext): Promise<void> {
    this.#triggers.forget(key);
    if (current?.metadata.labels?.[MANAGED_BY] !== MANAGER) return;
    const { namespace, name } = splitKey(key);
    try {
      await client.of(endpoints).namespace(namespace).delete(name, { preconditions: { uid: current.metadata.uid ?? '' } }, signal);
    } catch (error) {
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error;
    }
  }

  async #write(service: Service, current: Endpoints | undefined, wanted: Endpoints, { client, signal }: ReconcileContext): Promise<void> {
    const { events } = this.#dependencies;
    try {
      if (current) await client.of(endpoints).update(wanted, {}, signal);
      else await client.of(endpoints).create(wanted, {}, signal);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      if (!signal.aborted && !isReason(error, 'Conflict') && !isReason(error, 'AlreadyExists')) {
        const { namespace, name } = service.metadata;
        const about = { kind: 'Endpoints', apiVersion: 'v1', ...(namespace ? { namespace } : {}), ...(name ? { name } : {}) };
        if (current) events.event(current, 'Warning', 'FailedToUpdateEndpoint', `Failed to update endpoint ${namespace}/${name}: ${messageOf(error)}`);
        else events.event(about, 'Warning', 'FailedToCreateEndpoint', `Failed to create endpoint for service ${namespace}/${name}: ${messageOf(error)}`);
      }
      throw error;
    }
  }
}

/** The Endpoints object that `service` should have. */
function desiredEndpoints(service: Service, members: readonly Pod[], current: Endpoints | undefined, trigger: string | undefined): Endpoints {
  const { subsets, truncated } = truncateSubsets(subsetsOf(service, members));
  const { [TRIGGER_TIME]: _, [OVER_CAPACITY]: __, ...annotations } = current?.metadata.annotations ?? {};
  const { name = '', namespace = '' } = service.metadata;
  const allAnnotations = { ...annotations, ...(trigger ? { [TRIGGER_TIME]: trigger } : {}), ...(truncated ? { [OVER_CAPACITY]: 'truncated' } : {}) };
  return {
    kind: 'Endpoints',
    apiVersion: 'v1',
    metadata: {
      ...(current?.metadata ?? { name, namespace }),
      labels: { ...service.metadata.labels, ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}), [MANAGED_BY]: MANAGER },
      annotations: allAnnotations,
    },
    ...(subsets.length > 0 ? { subsets } : {}),
  };
}

/** The trigger time alone is no reason to write. */
function isUpToDate(current: Endpoints, wanted: Endpoints): boolean {
  return (
    sameValue(current.subsets, wanted.subsets) &&
    sameValue(current.metadata.labels ?? {}, wanted.metadata.labels ?? {}) &&
    current.metadata.annotations?.[OVER_CAPACITY] === wanted.metadata.annotations?.[OVER_CAPACITY]
  );
}
