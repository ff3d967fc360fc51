/**
 * Keeps ServiceCIDRs ready, and keeps them from going away while addresses of theirs are in use.
 *
 * Source: kube-controller-manager `pkg/controller/servicecidrs`; KEP-1880.
 */
import type { Informer } from '#client/informer.ts';
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import type { ControllerEntry } from '#controller/manager.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import { ipAddresses } from '#kinds/networking/ip-address/kind.ts';
import type { IPAddress } from '#kinds/networking/ip-address/schema.ts';
import { serviceCIDRs } from '#kinds/networking/service-cidr/kind.ts';
import type { ServiceCIDR } from '#kinds/networking/service-cidr/schema.ts';
import { formatTime, timeToMs } from '#machinery/time.ts';
import { findCondition } from '../workload/conditions.ts';
import { addressesThatNeed, overlap } from './ranges.ts';

const FINALIZER = 'networking.k8s.io/service-cidr-finalizer';
const READY = { type: 'Ready', status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' } as const;
const TERMINATING = {
  type: 'Ready',
  status: 'False',
  reason: 'Terminating',
  message: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
} as const;
/** Allocators need this long to notice that a range goes away. */
const GRACE_MS = 10_000;

/** `service-cidr-controller`. */
export const serviceCidrController: ControllerEntry = {
  name: 'service-cidr-controller',
  make({ informers }): Controller {
    const ranges = informers.of(serviceCIDRs);
    const addresses = informers.of(ipAddresses);
    const leaving = (): string[] => ranges.lister.list().filter(({ metadata }) => metadata.deletionTimestamp).map(({ metadata }) => metadata.name ?? '');
    // Others may hold what this one gives up, or have waited for it.
    const related = (range: ServiceCIDR): string[] => ranges.lister.list().filter((other) => overlap(range, other)).map(({ metadata }) => metadata.name ?? '');
    return {
      name: 'service-cidr-controller',
      watches: [watchSelf(ranges), watch(ranges, related), watch(addresses, leaving)],
      reconcile: (key, context) => reconcile(key, ranges, addresses, context),
    };
  },
};

async function reconcile(key: string, ranges: Informer<ServiceCIDR>, addresses: Informer<IPAddress>, context: ReconcileContext): Promise<ReconcileAgain | void> {
  const range = ranges.lister.get(key);
  if (!range) return undefined;
  const { client, signal, clock } = context;
  const finalizers = range.metadata.finalizers ?? [];
  if (!range.metadata.deletionTimestamp) {
    if (!finalizers.includes(FINALIZER)) await client.of(serviceCIDRs).patch(key, { type: 'merge', body: { metadata: { resourceVersion: range.metadata.resourceVersion, finalizers: [...finalizers, FINALIZER] } } }, {}, signal);
    return tell(range, READY, context);
  }
  if (!finalizers.includes(FINALIZER)) return undefined;
  // The addresses tell when they are gone.
  if (addressesThatNeed(range, ranges.lister.list(), addresses.lister.list()).length > 0) return tell(range, TERMINATING, context);
  const waitMs = timeToMs(range.metadata.deletionTimestamp) + GRACE_MS - clock.now();
  if (waitMs > 0) return { afterMs: waitMs };
  const body = { metadata: { resourceVersion: range.metadata.resourceVersion, finalizers: finalizers.filter((one) => one !== FINALIZER) } };
  await client.of(serviceCIDRs).patch(key, { type: 'merge', body }, {}, signal);
  return undefined;
}

async function tell(range: ServiceCIDR, condition: typeof READY | typeof TERMINATING, { client, clock, signal }: ReconcileContext): Promise<void> {
  const known = findCondition(range.status.conditions, condition.type);
  if (known?.status === condition.status && known.message === condition.message) return;
  const body = { status: { conditions: [{ ...condition, lastTransitionTime: formatTime(clock.now()) }] } };
  await client.of(serviceCIDRs).patch(range.metadata.name ?? '', { type: 'strategic', body, subresource: 'status' }, {}, signal);
}
