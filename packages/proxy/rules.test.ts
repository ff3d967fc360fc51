import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rulesOf, type RuleContext } from './rules.ts';
import { service, slice } from './testing/objects.ts';

const here: RuleContext = { family: 'IPv4', nodeName: 'n1', zone: undefined };
const addresses = (backends: readonly { address: string }[]) => backends.map(({ address }) => address).join(' ');

const TABLE: [string, Parameters<typeof service>[1], string[], { cluster?: string; local?: string; internal?: string; external?: string }][] = [
  ['ready endpoints of all nodes', {}, ['10.1.0.2@n2', '10.1.0.1@n1'], { cluster: '10.1.0.1 10.1.0.2', local: '10.1.0.1', internal: 'cluster' }],
  ['unready ones get nothing', {}, ['10.1.0.1@n1', '10.1.0.2@n2!notready'], { cluster: '10.1.0.1' }],
  [
    'terminating ones are used only when no ready one is left',
    {},
    ['10.1.0.1@n1!terminating', '10.1.0.2@n2'],
    { cluster: '10.1.0.2', local: '10.1.0.1' },
  ],
  ['the last terminating ones', {}, ['10.1.0.1@n1!terminating', '10.1.0.2@n2!gone'], { cluster: '10.1.0.1', internal: 'cluster' }],
  ['no endpoints are refused', {}, [], { cluster: '', internal: 'reject', external: 'reject' }],
  ['internal Local stays here', { internalTrafficPolicy: 'Local' }, ['10.1.0.1@n1', '10.1.0.2@n2'], { internal: 'local', local: '10.1.0.1' }],
  [
    'internal Local with endpoints elsewhere is dropped',
    { internalTrafficPolicy: 'Local' },
    ['10.1.0.2@n2'],
    { internal: 'drop', external: 'cluster' },
  ],
  ['internal Local without any is refused', { internalTrafficPolicy: 'Local' }, [], { internal: 'reject' }],
  [
    'external Local',
    { type: 'NodePort', externalTrafficPolicy: 'Local' },
    ['10.1.0.1@n1', '10.1.0.2@n2'],
    { external: 'local', internal: 'cluster' },
  ],
  ['external Local elsewhere', { type: 'NodePort', externalTrafficPolicy: 'Local' }, ['10.1.0.2@n2'], { external: 'drop', internal: 'cluster' }],
  [
    'external Local draining here',
    { type: 'NodePort', externalTrafficPolicy: 'Local' },
    ['10.1.0.1@n1!terminating', '10.1.0.2@n2'],
    { external: 'local', local: '10.1.0.1' },
  ],
];

for (const [name, spec, endpoints, expected] of TABLE) {
  test(name, () => {
    const [rule] = rulesOf(service('web', spec), [slice('web', endpoints)], here);
    assert.ok(rule);
    if (expected.cluster !== undefined) assert.equal(addresses(rule.cluster), expected.cluster);
    if (expected.local !== undefined) assert.equal(addresses(rule.local), expected.local);
    if (expected.internal !== undefined) assert.equal(rule.internal, expected.internal);
    if (expected.external !== undefined) assert.equal(rule.external, expected.external);
  });
}

test('headless services, external names and services of other proxies have no rules', () => {
  assert.deepEqual(rulesOf(service('a', { clusterIP: 'None', clusterIPs: ['None'] }), [], here), []);
  assert.deepEqual(rulesOf(service('a', { type: 'ExternalName', clusterIP: '' }), [], here), []);
  const labelled = service('a');
  for (const name of ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless']) {
    assert.deepEqual(rulesOf({ ...labelled, metadata: { ...labelled.metadata, labels: { [name]: '' } } }, [], here), [], name);
  }
});

test('endpoints that are published although they are not ready are used until they end', () => {
  const published = slice('web', ['10.1.0.1@n1!gone']);
  const endpoints = published.endpoints.map((one) => ({ ...one, conditions: { ...one.conditions, ready: true } }));
  const [rule] = rulesOf(service('web', { publishNotReadyAddresses: true }), [{ ...published, endpoints }], here);
  assert.equal(addresses(rule!.cluster), '10.1.0.1');
});

test('ports find their endpoints by name and protocol', () => {
  const dns = service('dns', {
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
    ],
  });
  const rules = rulesOf(
    dns,
    [slice('dns', ['10.1.0.1'], { name: 'dns', protocol: 'UDP', port: 5353 }), slice('dns', ['10.1.0.2'], { name: 'dns-tcp', port: 5354 })],
    here,
  );
  assert.deepEqual(
    rules.map(({ id, cluster }) => [id, cluster]),
    [
      ['default/dns/dns/udp', [{ address: '10.1.0.1', port: 5353 }]],
      ['default/dns/dns-tcp/tcp', [{ address: '10.1.0.2', port: 5354 }]],
    ],
  );
});

test('an endpoint in two slices counts once, as the better of its states', () => {
  const [rule] = rulesOf(service('web'), [slice('web', ['10.1.0.1!notready']), slice('web', ['10.1.0.1'])], here);
  assert.equal(addresses(rule!.cluster), '10.1.0.1');
});

test('only the addresses of the family count', () => {
  const dual = service('web', { clusterIPs: ['10.96.0.50', 'fd00::50'], externalIPs: ['192.0.2.9', 'fd01::9'] });
  assert.deepEqual(rulesOf(dual, [], { ...here, family: 'IPv6' })[0]!.clusterIps, ['fd00::50']);
  assert.deepEqual(rulesOf(dual, [], here)[0]!.externalIps, ['192.0.2.9']);
  assert.deepEqual(rulesOf(service('web'), [], { ...here, family: 'IPv6' }), []);
});

test('load balancer addresses: mode Proxy is left alone, source ranges apply, affinity has a default', () => {
  const [rule] = rulesOf(
    service('web', {
      type: 'LoadBalancer',
      ingress: [{ ip: '192.0.2.1' }, { ip: '192.0.2.2', ipMode: 'Proxy' }],
      loadBalancerSourceRanges: [' 198.51.100.0/24', 'fd00::/8'],
      sessionAffinity: 'ClientIP',
    }),
    [],
    here,
  );
  assert.deepEqual(rule!.loadBalancerIps, ['192.0.2.1']);
  assert.deepEqual(rule!.sourceRanges, ['198.51.100.0/24']);
  assert.equal(rule!.affinitySeconds, 10_800);
});

test('hints choose near endpoints, but only when every ready one has them', () => {
  const hinted = (zones: (string | undefined)[]) => {
    const base = slice(
      'web',
      zones.map((_, index) => `10.1.0.${index + 1}@n${index + 1}`),
    );
    return {
      ...base,
      endpoints: base.endpoints.map((one, index) => (zones[index] ? { ...one, hints: { forZones: [{ name: zones[index] }] } } : one)),
    };
  };
  const inZone = { ...here, zone: 'a' };
  assert.equal(addresses(rulesOf(service('web'), [hinted(['a', 'b'])], inZone)[0]!.cluster), '10.1.0.1');
  assert.equal(addresses(rulesOf(service('web'), [hinted(['b', 'b'])], inZone)[0]!.cluster), '10.1.0.1 10.1.0.2');
  assert.equal(addresses(rulesOf(service('web'), [hinted(['a', undefined])], inZone)[0]!.cluster), '10.1.0.1 10.1.0.2');
  assert.equal(addresses(rulesOf(service('web'), [hinted(['a', 'b'])], here)[0]!.cluster), '10.1.0.1 10.1.0.2');
});
