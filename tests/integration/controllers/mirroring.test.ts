import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointSliceMirroringController } from '#controllers/endpointslice-mirroring/controller.ts';
import { endpoints } from '#kinds/core/endpoints/kind.ts';
import { services } from '#kinds/core/service/kind.ts';
import { endpointSlices } from '#kinds/discovery/endpoint-slice/kind.ts';
import { never, openControlPlane } from './control-plane.ts';

test('hand-made endpoints of a service without selector are mirrored', async () => {
  const env = await openControlPlane([endpointSliceMirroringController]);
  const api = env.client.of(endpoints).namespace('default');
  const service = env.client.of(services).namespace('default');
  const ports = [{ port: 80 }];
  await service.create({ metadata: { name: 'db' }, spec: { ports } }, {}, never);
  const slices = async () =>
    (await env.list(endpointSlices)).map(({ metadata, addressType, endpoints: members, ports: offered }) => ({
      labels: metadata.labels,
      owner: metadata.ownerReferences?.[0]?.kind,
      addressType,
      ports: offered.map(({ name, port, protocol }) => `${name} ${port} ${protocol}`),
      endpoints: members.map(({ addresses, conditions, hostname }) => `${addresses.join()} ${conditions.ready} ${hostname ?? ''}`),
    }));
  const subsets = [{ addresses: [{ ip: '10.1.2.3', hostname: 'one' }, { ip: 'fd00::1' }], notReadyAddresses: [{ ip: '10.1.2.4' }], ports: [{ name: 'sql', port: 5432 }] }];
  await api.create({ metadata: { name: 'db', labels: { app: 'db' } }, subsets }, {}, never);
  const labels = { app: 'db', 'kubernetes.io/service-name': 'db', 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' };
  const shown = await slices();
  assert.deepEqual(shown.toSorted((a, b) => (a.addressType < b.addressType ? -1 : 1)), [
    { labels, owner: 'Endpoints', addressType: 'IPv4', ports: ['sql 5432 TCP'], endpoints: ['10.1.2.3 true one', '10.1.2.4 false '] },
    { labels, owner: 'Endpoints', addressType: 'IPv6', ports: ['sql 5432 TCP'], endpoints: ['fd00::1 true '] },
  ]);
  const stored = await api.get('db', never);
  await api.update({ ...stored, subsets: [{ addresses: [{ ip: '10.1.2.5' }], ports: [{ name: 'sql', port: 5432, protocol: 'TCP' as const }] }] }, {}, never);
  assert.deepEqual((await slices()).map((slice) => slice.endpoints), [['10.1.2.5 true ']]);
  const many = Array.from({ length: 1003 }, (_, i) => ({ ip: `10.2.${Math.floor(i / 250)}.${i % 250}` }));
  await api.patch('db', { type: 'merge', body: { subsets: [{ addresses: many, ports: [{ name: 'sql', port: 5432 }] }] } }, {}, never);
  assert.equal((await slices()).flatMap((slice) => slice.endpoints).length, 1000);
  assert.deepEqual([...new Set(await env.events('Endpoints'))], ['TooManyAddressesToMirror: A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 3 addresses were skipped']);
  const before = env.writes;
  await env.clock.advance(600_000);
  assert.equal(env.writes, before);
  await api.patch('db', { type: 'merge', body: { metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } } } }, {}, never);
  assert.deepEqual(await slices(), []);
  await api.patch('db', { type: 'merge', body: { metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': null } } } }, {}, never);
  assert.notDeepEqual(await slices(), []);
  await service.patch('db', { type: 'merge', body: { spec: { selector: { app: 'db' } } } }, {}, never);
  assert.deepEqual(await slices(), []);
});
