import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestRegistry } from '../../testing/open-registry.ts';
import { isReason, StatusError } from '#machinery/status.ts';

interface ServiceJson {
  metadata: { name: string; resourceVersion: string };
  spec: {
    clusterIP?: string;
    clusterIPs?: string[];
    ipFamilies?: string[];
    ipFamilyPolicy?: string;
    type: string;
    ports?: { port: number; nodePort?: number; protocol: string }[];
  };
}
interface Items<T> {
  items: T[];
}
interface Address {
  metadata: { name: string; labels: Record<string, string> };
  spec: { parentRef: object };
}

const SERVICES = '/api/v1/namespaces/default/services';
const ADDRESSES = '/apis/networking.k8s.io/v1/ipaddresses';
const service = (name: string, spec: object = {}) => ({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });
const open = (cidrs = ['10.96.0.0/24']) => openTestRegistry({ serviceNetwork: { cidrs, nodePorts: { first: 30_000, count: 20 } } });

test('a service gets an address, and gives it back', async () => {
  await using server = await open();
  const { caller } = server;
  const made = await caller.do<ServiceJson>('POST', SERVICES, { body: service('a') });
  assert.match(made.spec.clusterIP!, /^10\.96\.0\.\d+$/);
  assert.deepEqual(made.spec.clusterIPs, [made.spec.clusterIP]);
  assert.deepEqual([made.spec.ipFamilies, made.spec.ipFamilyPolicy], [['IPv4'], 'SingleStack']);
  const address = await caller.do<Address>('GET', `${ADDRESSES}/${made.spec.clusterIP}`);
  assert.deepEqual(address.spec.parentRef, { resource: 'services', namespace: 'default', name: 'a' });
  const patched = await caller.do<ServiceJson>('PATCH', `${SERVICES}/a`, {
    body: { metadata: { labels: { x: '1' } } },
    mediaType: 'application/merge-patch+json',
  });
  assert.equal(patched.spec.clusterIP, made.spec.clusterIP);
  await caller.do('DELETE', `${SERVICES}/a`);
  assert.equal((await caller.do<Items<Address>>('GET', ADDRESSES)).items.length, 0);
});

test('a block runs out, and no address is given twice', async () => {
  await using server = await open(['10.96.0.0/27']);
  const { caller } = server;
  const made = await Promise.all(Array.from({ length: 30 }, (_, i) => caller.do<ServiceJson>('POST', SERVICES, { body: service(`s${i}`) })));
  assert.equal(new Set(made.map(({ spec }) => spec.clusterIP)).size, 30);
  await assert.rejects(caller.do('POST', SERVICES, { body: service('more') }), {
    message: 'Internal error occurred: failed to allocate a serviceIP: range is full',
  });
});

test('addresses that users choose', async () => {
  await using server = await open();
  const { caller } = server;
  const made = await caller.do<ServiceJson>('POST', SERVICES, { body: service('a', { clusterIP: '10.96.0.10' }) });
  assert.deepEqual(made.spec.clusterIPs, ['10.96.0.10']);
  await assert.rejects(caller.do('POST', SERVICES, { body: service('b', { clusterIP: '10.96.0.10' }) }), (error) => {
    assert.ok(isReason(error, 'Invalid'));
    assert.equal(
      error.message,
      'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
    );
    return true;
  });
  await assert.rejects(
    caller.do('POST', SERVICES, { body: service('b', { clusterIP: '1.2.3.4' }) }),
    /the provided IP \(1\.2\.3\.4\) is not in the valid range\. The range of valid IPs is 10\.96\.0\.0\/24/,
  );
  const headless = await caller.do<ServiceJson>('POST', SERVICES, { body: service('h', { clusterIP: 'None' }) });
  assert.deepEqual(headless.spec.clusterIPs, ['None']);
  await assert.rejects(
    caller.do('POST', SERVICES, { body: service('c', { ipFamilies: ['IPv6'] }) }),
    /spec\.ipFamilies\[0\]: Invalid value: "IPv6": not configured on this cluster/,
  );
});

test('two families', async () => {
  await using server = await open(['10.96.0.0/24', 'fd00:10::/112']);
  const made = await server.caller.do<ServiceJson>('POST', SERVICES, { body: service('a', { ipFamilyPolicy: 'PreferDualStack' }) });
  assert.deepEqual(made.spec.ipFamilies, ['IPv4', 'IPv6']);
  assert.equal(made.spec.clusterIPs!.length, 2);
  assert.match(made.spec.clusterIPs![1]!, /^fd00:10::/);
});

test('node ports', async () => {
  await using server = await open();
  const { caller } = server;
  const ports = [
    { name: 'tcp', port: 53, protocol: 'TCP' },
    { name: 'udp', port: 53, protocol: 'UDP' },
  ];
  const made = await caller.do<ServiceJson>('POST', SERVICES, { body: service('a', { type: 'NodePort', ports }) });
  const [tcp, udp] = made.spec.ports!;
  assert.equal(tcp!.nodePort, udp!.nodePort);
  const taken = { type: 'NodePort', ports: [{ port: 80, nodePort: tcp!.nodePort }] };
  await assert.rejects(
    caller.do('POST', SERVICES, { body: service('b', taken) }),
    /spec\.ports\[0\]\.nodePort: Invalid value: \d+: provided port is already allocated/,
  );
  await assert.rejects(
    caller.do('POST', SERVICES, { body: service('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }) }),
    /The range of valid ports is 30000-30019/,
  );
  const plain = await caller.do<ServiceJson>('PATCH', `${SERVICES}/a`, {
    body: { spec: { type: 'ClusterIP' } },
    mediaType: 'application/merge-patch+json',
  });
  assert.ok(plain.spec.ports!.every(({ nodePort }) => nodePort === undefined));
  await caller.do('POST', SERVICES, { body: service('b', taken) });
});

test('what was lost is repaired at the start', async () => {
  await using first = await openTestRegistry();
  const { caller, store } = first;
  await caller.do('POST', SERVICES, {
    body: service('a', { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }),
  });
  await store.commit([{ key: '/allocations/nodeports/30001', value: Buffer.from('default/gone') }]);
  await using second = await openTestRegistry({ store, serviceNetwork: { cidrs: ['10.96.0.0/24'] } });
  const { items } = await second.caller.do<Items<Address>>('GET', ADDRESSES);
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    ['10.96.0.7'],
  );
  using snapshot = await store.snapshot();
  assert.equal(await snapshot.get('/allocations/nodeports/30001'), undefined);
  const error = await second.caller.do('POST', SERVICES, { body: service('b', { clusterIP: '10.96.0.7' }) }).then(
    () => assert.fail(),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof StatusError);
});
