/**
 * What the writes of a pod's life cost the answering thread, and the renewal of a lease: microseconds of processor time, API server on a memory store, components in the process.
 *
 *     node benchmarks/pod-writes.ts [rounds]
 *
 * What other programs on the machine take only adds to a round, so the best rounds say most.
 */
import { memoryPkiFiles } from '#apiserver/pki/pki-files.ts';
import { openPki } from '#apiserver/pki/pki.ts';
import { openApiServer } from '#apiserver/server.ts';
import { systemClock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import { createClient } from '#client/api.ts';
import type { Client } from '#client/client.ts';
import { leases } from '#kinds/coordination/lease/kind.ts';
import type { Lease } from '#kinds/coordination/lease/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { eventsV1 } from '#kinds/events/event/kind.ts';
import { formatMicroTime } from '#machinery/time.ts';
import { startedStatus } from '#runtimes/simulated/pod-status.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';

const ROUNDS = Number(process.argv[2] ?? 60);
/** Objects per round. */
const COUNT = 250;
const never = new AbortController().signal;
const requests = { cpu: '100m', memory: '500Mi' };
const spec = { containers: [{ name: 'pause', image: 'registry.k8s.io/pause:3.10.1', ports: [{ containerPort: 80 }], resources: { requests, limits: requests } }] };

/** Microseconds of this thread per call. */
async function measured(act: (index: number) => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage();
  for (let i = 0; i < COUNT; i++) await act(i);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / COUNT;
}

interface Clients {
  readonly user: Client;
  readonly scheduler: Client;
  readonly kubelet: Client;
}

/** One round: what each kind of write took. */
async function round({ user, scheduler, kubelet }: Clients, number: number): Promise<Readonly<Record<string, number>>> {
  const made: Pod[] = [];
  const api = user.of(pods).namespace('default');
  const create = await measured(async () => made.push(await api.create({ metadata: { generateName: 'pod-' }, spec }, {}, never)));
  const bind = await measured((index) => {
    const { name, namespace, uid } = made[index]!.metadata;
    return scheduler.of(pods).namespace('default').sub('POST', name!, 'binding', { kind: 'Binding', apiVersion: 'v1', metadata: { name, namespace, uid }, target: { kind: 'Node', name: `node-${index % 100}` } }, never);
  });
  const event = await measured((index) => {
    const { name = '', namespace = '', uid = '' } = made[index]!.metadata;
    const regarding = { kind: 'Pod', apiVersion: 'v1', namespace, name, uid };
    const note = `Successfully assigned default/${name} to node-${index % 100}`;
    const body = { metadata: { name: `${name}.${index}`, namespace }, eventTime: formatMicroTime(systemClock.now()), reportingController: 'default-scheduler', reportingInstance: 'benchmark', action: 'Binding', reason: 'Scheduled', regarding, note, type: 'Normal' };
    return scheduler.of(eventsV1).namespace(namespace).create(body, {}, never);
  });
  const bound = await user.of(pods).namespace('default').list({}, never);
  const byName = new Map(bound.items.map((pod) => [pod.metadata.name!, pod]));
  const statuses = made.map(({ metadata }, index) => {
    const pod = byName.get(metadata.name!)!;
    return { ...pod, status: startedStatus(pod, { nowMs: systemClock.now(), hostIp: '100.64.0.1', podIp: () => `10.${number}.${index >> 8}.${index & 255}` }, true) };
  });
  const status = await measured((index) => kubelet.of(pods).namespace('default').updateStatus(statuses[index]!, {}, never));
  const remove = await measured((index) => kubelet.of(pods).namespace('default').delete(made[index]!.metadata.name!, { gracePeriodSeconds: 0 }, never));
  return { 'create a pod': create, 'bind it': bind, 'event that it was scheduled': event, 'status: running': status, 'delete it': remove, 'renew a lease': await renewals(kubelet, number) };
}

async function renewals(kubelet: Client, number: number): Promise<number> {
  const api = kubelet.of(leases).namespace('kube-node-lease');
  const held: Lease[] = [];
  const of = (name: string) => ({ holderIdentity: name, leaseDurationSeconds: 40, renewTime: formatMicroTime(systemClock.now()) });
  for (let i = 0; i < COUNT; i++) held.push(await api.create({ metadata: { name: `node-${number}-${i}` }, spec: of(`node-${i}`) }, {}, never));
  return measured((index) => api.update({ ...held[index]!, spec: of(`node-${index}`) }, {}, never));
}

await using resources = new AsyncDisposableStack();
const effects = { clock: systemClock, random: systemRandom, log: silentLogger };
const store = resources.use(await openMemoryStore());
const server = resources.use(await openApiServer({ store, pki: openPki(memoryPkiFiles(), systemClock, systemRandom), listen: [], ...effects }));
const as = (name: string): Client => createClient(server.transport({ name, groups: ['system:masters', 'system:authenticated'] }, name));
const clients = { user: as('benchmark'), scheduler: as('kube-scheduler'), kubelet: as('kubelet') };
await clients.user.of(serviceAccounts).namespace('default').create({ metadata: { name: 'default' } }, {}, never);
const took = new Map<string, number[]>();
for (let i = 0; i < ROUNDS; i++) {
  for (const [what, micros] of Object.entries(await round(clients, i))) took.set(what, [...(took.get(what) ?? []), micros]);
}
for (const [what, all] of took) {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (share: number): string => sorted[Math.floor(sorted.length * share)]!.toFixed(0).padStart(4);
  console.log(`${what.padEnd(30)} best ${at(0)} µs   10th percentile ${at(0.1)} µs   median ${at(0.5)} µs`);
}
