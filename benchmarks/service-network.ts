/**
 * Measures the service network of a node: how long a full set of rules takes to load, how long one endpoint's change takes to reach the kernel,
 * and how many DNS questions are answered. Needs root; everything happens in a network namespace of its own.
 *
 *     node benchmarks/service-network.ts [services]
 */
import { spawnSync } from 'node:child_process';
import { systemClock } from '#base/clock.ts';
import { Resolver } from '#dns/resolver.ts';
import { Upstream } from '#dns/upstream.ts';
import { UpstreamCache } from '#dns/upstream-cache.ts';
import type { Service } from '#kinds/core/service/schema.ts';
import type { EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import { FamilyRules } from '#proxy/nftables/family-rules.ts';
import { IPV4 } from '#proxy/nftables/family.ts';
import { applyScript } from '#proxy/nftables/nft.ts';
import { emptyTable } from '#proxy/nftables/table.ts';

const INSIDE = '--inside';
const args = process.argv.slice(2);
if (!args.includes(INSIDE)) {
  const { status } = spawnSync('unshare', ['--net', process.execPath, ...process.execArgv, process.argv[1]!, ...args, INSIDE], { stdio: 'inherit' });
  process.exit(status ?? 1);
}

const count = Number(args.find((arg) => /^\d+$/.test(arg)) ?? 2_000);
const { signal } = new AbortController();
const print = (what: string, value: number, unit: string): void =>
  console.log(`${what.padEnd(52)} ${value.toFixed(value < 10 ? 2 : 0).padStart(9)} ${unit}`);

const key = (index: number): string => `default/s${index}`;
const service = (index: number): Service => {
  const clusterIP = `10.96.${index >> 8}.${index & 255}`;
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name: `s${index}`, namespace: 'default' },
    spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
    status: { loadBalancer: {} },
  };
};
const slice = (index: number, endpoints: number): EndpointSlice => ({
  kind: 'EndpointSlice',
  apiVersion: 'discovery.k8s.io/v1',
  metadata: { name: `s${index}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': `s${index}` } },
  addressType: 'IPv4',
  endpoints: Array.from({ length: endpoints }, (_, at) => ({
    addresses: [`10.244.${index >> 6}.${((index & 63) * 4 + at) & 255}`],
    conditions: { ready: true },
  })),
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
});

const objects = new Map(Array.from({ length: count }, (_, index) => [key(index), { service: service(index), slices: [slice(index, 3)] }]));
const rules = new FamilyRules(IPV4, ['10.244.0.0/16'], 'node-1');
const inputOf = (name: string): { readonly service: Service; readonly slices: readonly EndpointSlice[] } => objects.get(name)!;

const startMs = performance.now();
const { script } = rules.update([...objects.keys()], inputOf, undefined);
print(`rules of ${count} services, computed`, performance.now() - startMs, 'ms');
const loadMs = performance.now();
await applyScript(emptyTable(IPV4) + script, signal);
print(`rules of ${count} services, into the kernel`, performance.now() - loadMs, 'ms');

const changes: number[] = [];
for (let round = 0; round < 50; round++) {
  const index = (round * 37) % count;
  objects.set(key(index), { service: service(index), slices: [slice(index, round % 2 === 0 ? 4 : 2)] });
  const changeMs = performance.now();
  await applyScript(rules.update([key(index)], inputOf, undefined).script, signal);
  changes.push(performance.now() - changeMs);
}
changes.sort((a, b) => a - b);
print('one endpoint more or less, median', changes[25]!, 'ms');
print('one endpoint more or less, slowest of 50', changes.at(-1)!, 'ms');

const all = [...objects.values()];
const byName = new Map(all.map((one) => [one.service.metadata.name, one]));
const resolver = new Resolver({
  view: {
    service: (_, name) => byName.get(name)?.service,
    slices: (_, name) => byName.get(name)?.slices ?? [],
    hasServices: () => true,
    servicesByIp: () => [],
    slicesByAddress: () => [],
  },
  zone: { domain: 'cluster.local', dnsIp: '10.96.0.10' },
  upstream: new Upstream({ servers: [], clock: systemClock, cache: new UpstreamCache() }),
  ready: () => true,
});
const question = (name: string): Buffer => {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  return Buffer.concat([Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...labels, Buffer.from([0, 0, 1, 0, 1])]);
};
for (const [what, name] of [
  ['a service', 's7.default.svc.cluster.local'],
  ['a name that does not exist', 's7.default.default.svc.cluster.local'],
] as const) {
  const packet = question(name);
  const QUESTIONS = 100_000;
  const askMs = performance.now();
  for (let round = 0; round < QUESTIONS; round++) await resolver.answer(packet, 'udp', signal);
  print(`DNS answers about ${what}, without the socket`, (QUESTIONS / (performance.now() - askMs)) * 1000, '/s');
}
