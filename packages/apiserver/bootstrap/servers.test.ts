import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { leases } from '#kinds/coordination/lease/kind.ts';
import { formatMicroTime } from '#machinery/time.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import { openTestServer } from '../testing/test-server.ts';
import { collectIdentities, identityName, renewIdentity } from './identity-lease.ts';
import { ServerLeases } from './server-leases.ts';

const { signal } = new AbortController();

test('a server that does not renew is forgotten by the others, by their own clocks', async () => {
  await using store = await openMemoryStore();
  const clock = new SimClock();
  const one = new ServerLeases(store, { host: '10.0.0.1', port: 6443 }, clock);
  const other = new ServerLeases(store, { host: '10.0.0.2', port: 6443 }, clock);
  await one.renew();
  await other.renew();
  const hosts = async () => (await one.alive()).map(({ host }) => host);
  assert.deepEqual(await hosts(), ['10.0.0.1', '10.0.0.2']);
  await clock.advance(10_000);
  await one.renew();
  assert.deepEqual(await hosts(), ['10.0.0.1', '10.0.0.2']);
  await clock.advance(6_000);
  assert.deepEqual(await hosts(), ['10.0.0.1']);
  using snapshot = await store.snapshot();
  assert.equal(await snapshot.count('/servers/'), 1);
  await other.renew();
  assert.deepEqual(await hosts(), ['10.0.0.1', '10.0.0.2']);
  await other.leave();
  assert.deepEqual(await hosts(), ['10.0.0.1']);
});

test('the lease of a server: its name, its labels, and its end', async () => {
  await using server = await openTestServer();
  const clock = new SimClock();
  const identity = { hostname: 'host', address: '10.0.0.1:6443', uuid: 'u1' };
  const options = { client: server.admin, identity, clock, log: silentLogger };
  await renewIdentity(options, signal);
  await renewIdentity({ ...options, identity: { ...identity, uuid: 'u2' } }, signal);
  const api = server.admin.of(leases).namespace('kube-system');
  const name = identityName(identity);
  assert.match(name, /^apiserver-[a-z2-7]{26}$/);
  const lease = await api.get(name, signal);
  assert.deepEqual(lease.metadata.labels, { 'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': 'host' });
  assert.deepEqual([lease.spec.holderIdentity, lease.spec.leaseDurationSeconds, lease.spec.renewTime], [`${name}_u2`, 3_600, formatMicroTime(clock.now())]);
  await clock.advance(3_599_000);
  await collectIdentities(options, signal);
  assert.equal((await api.list({}, signal)).items.length, 1);
  await clock.advance(2_000);
  await collectIdentities(options, signal);
  assert.equal((await api.list({}, signal)).items.length, 0);
});
