import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import packet from 'dns-packet';
import fc from 'fast-check';
import { systemClock } from '#base/clock.ts';
import { addressOfReverseName, Resolver } from './resolver.ts';
import { SERVICES, SLICES, viewOf } from './testing/objects.ts';
import { Upstream } from './upstream.ts';
import { UpstreamCache } from './upstream-cache.ts';

const { signal } = new AbortController();

function resolver(options: { servers?: { address: string; port: number }[]; ready?: boolean; view?: ReturnType<typeof viewOf> } = {}): Resolver {
  return new Resolver({
    view: options.view ?? viewOf(),
    zone: { domain: 'cluster.local', dnsIp: '10.96.0.10' },
    upstream: new Upstream({ servers: options.servers ?? [], clock: systemClock, cache: new UpstreamCache() }),
    ready: () => options.ready ?? true,
  });
}

async function ask(name: string, type: string, options: Parameters<typeof resolver>[0] & { transport?: 'udp' | 'tcp'; edns?: number } = {}) {
  const question = packet.encode({
    type: 'query',
    id: 4711,
    flags: packet.RECURSION_DESIRED,
    questions: [{ name, type }],
    ...(options.edns ? { additionals: [{ type: 'OPT', name: '.', udpPayloadSize: options.edns, flags: 0, options: [] }] } : {}),
  });
  const answer = await resolver(options).answer(question, options.transport ?? 'udp', signal);
  const decoded = packet.decode(answer!);
  assert.equal(decoded.id, 4711);
  return { ...decoded, bytes: answer!.length };
}

const short = (records: readonly { type: string; data?: unknown; name: string }[]) =>
  records.map(({ type, data }) => {
    if (type === 'SRV') {
      const { port, target } = data as { port: number; target: string };
      return `SRV ${port} ${target}`;
    }
    if (type === 'SOA') return `SOA ${(data as { mname: string }).mname}`;
    return `${type} ${Buffer.isBuffer((data as unknown[])[0]) ? String((data as unknown[])[0]) : String(data)}`;
  });

const SOA = 'SOA ns.dns.cluster.local';
const TABLE: [name: string, type: string, rcode: string, answers: string[]][] = [
  ['web.default.svc.cluster.local', 'A', 'NOERROR', ['A 10.96.0.20']],
  ['WEB.Default.svc.Cluster.LOCAL', 'A', 'NOERROR', ['A 10.96.0.20']],
  ['web.default.svc.cluster.local', 'AAAA', 'NOERROR', []],
  ['web.default.svc.cluster.local', 'TXT', 'NOERROR', []],
  ['_http._tcp.web.default.svc.cluster.local', 'SRV', 'NOERROR', ['SRV 80 web.default.svc.cluster.local']],
  ['_http._udp.web.default.svc.cluster.local', 'SRV', 'NXDOMAIN', []],
  ['_nothing._tcp.web.default.svc.cluster.local', 'SRV', 'NXDOMAIN', []],
  ['_tcp.web.default.svc.cluster.local', 'SRV', 'NOERROR', []],
  ['web.default.svc.cluster.local', 'SRV', 'NOERROR', ['SRV 80 web.default.svc.cluster.local', 'SRV 9090 web.default.svc.cluster.local']],
  ['db.default.svc.cluster.local', 'A', 'NOERROR', ['A 10.244.1.5', 'A 10.244.2.6']],
  ['db-0.db.default.svc.cluster.local', 'A', 'NOERROR', ['A 10.244.1.5']],
  ['10-244-2-6.db.default.svc.cluster.local', 'A', 'NOERROR', ['A 10.244.2.6']],
  ['db-2.db.default.svc.cluster.local', 'A', 'NXDOMAIN', []],
  [
    '_sql._tcp.db.default.svc.cluster.local',
    'SRV',
    'NOERROR',
    ['SRV 5432 db-0.db.default.svc.cluster.local', 'SRV 5432 10-244-2-6.db.default.svc.cluster.local'],
  ],
  ['empty.default.svc.cluster.local', 'A', 'NXDOMAIN', []],
  ['bare.default.svc.cluster.local', 'A', 'NOERROR', ['A 10.244.3.1']],
  ['bare.default.svc.cluster.local', 'SRV', 'NOERROR', []],
  ['outside.default.svc.cluster.local', 'A', 'NOERROR', ['CNAME example.com']],
  ['outside.default.svc.cluster.local', 'CNAME', 'NOERROR', ['CNAME example.com']],
  ['inside.default.svc.cluster.local', 'A', 'NOERROR', ['CNAME web.default.svc.cluster.local', 'A 10.96.0.20']],
  ['nobody.default.svc.cluster.local', 'A', 'NXDOMAIN', []],
  ['default.svc.cluster.local', 'A', 'NOERROR', []],
  ['nowhere.svc.cluster.local', 'A', 'NXDOMAIN', []],
  ['svc.cluster.local', 'A', 'NOERROR', []],
  ['a.b.web.default.svc.cluster.local', 'A', 'NXDOMAIN', []],
  ['cluster.local', 'A', 'NOERROR', []],
  ['cluster.local', 'SOA', 'NOERROR', [SOA]],
  ['cluster.local', 'NS', 'NOERROR', ['NS ns.dns.cluster.local']],
  ['ns.dns.cluster.local', 'A', 'NOERROR', ['A 10.96.0.10']],
  ['dns-version.cluster.local', 'TXT', 'NOERROR', ['TXT 1.1.0']],
  ['something.cluster.local', 'A', 'NXDOMAIN', []],
  ['10-244-9-1.default.pod.cluster.local', 'A', 'NOERROR', ['A 10.244.9.1']],
  ['10-244-9-1.default.pod.cluster.local', 'AAAA', 'NOERROR', []],
  ['fd00--1.default.pod.cluster.local', 'AAAA', 'NOERROR', ['AAAA fd00::1']],
  ['10-244-9-999.default.pod.cluster.local', 'A', 'NXDOMAIN', []],
  ['20.0.96.10.in-addr.arpa', 'PTR', 'NOERROR', ['PTR web.default.svc.cluster.local']],
  ['5.1.244.10.in-addr.arpa', 'PTR', 'NOERROR', ['PTR db-0.db.default.svc.cluster.local']],
  ['9.9.244.10.in-addr.arpa', 'PTR', 'NXDOMAIN', []],
  ['example.com', 'A', 'REFUSED', []],
];

for (const [name, type, rcode, expected] of TABLE) {
  test(`${type} ${name}`, async () => {
    const answer = await ask(name, type);
    assert.equal(answer.rcode, rcode);
    assert.deepEqual(short(answer.answers), expected);
    const isNegative = expected.length === 0 && rcode !== 'REFUSED';
    assert.deepEqual(short(answer.authorities), isNegative ? [SOA] : []);
    assert.equal(answer.questions[0]!.name, name);
  });
}

test('SRV answers bring the addresses of their targets', async () => {
  const { additionals } = await ask('_sql._tcp.db.default.svc.cluster.local', 'SRV');
  assert.deepEqual(short(additionals), ['A 10.244.1.5', 'A 10.244.2.6']);
});

test('an answer that does not fit is cut and says so; EDNS0 and TCP have more room', async () => {
  const endpoints = Array.from({ length: 60 }, (_, index) => ({ addresses: [`10.244.7.${index}`], conditions: { ready: true } }));
  const view = viewOf(SERVICES, [{ ...SLICES[0]!, endpoints }]);
  const plain = await ask('db.default.svc.cluster.local', 'A', { view });
  assert.ok(plain.flag_tc && plain.bytes <= 512 && plain.answers.length > 20);
  const edns = await ask('db.default.svc.cluster.local', 'A', { view, edns: 4096 });
  assert.ok(!edns.flag_tc && edns.answers.length === 60 && edns.additionals[0]!.type === 'OPT');
  const tcp = await ask('_sql._tcp.db.default.svc.cluster.local', 'SRV', { view, transport: 'tcp' });
  assert.ok(!tcp.flag_tc && tcp.answers.length === 60 && tcp.additionals.length === 60);
});

test('before the caches are filled nothing is denied', async () => {
  assert.equal((await ask('web.default.svc.cluster.local', 'A', { ready: false })).rcode, 'SERVFAIL');
});

test('outside names go to the next server when the first is silent, are cached, and aliases are followed', async () => {
  const asked: string[] = [];
  const server = createSocket('udp4');
  server.on('message', (message, from) => {
    const query = packet.decode(message);
    asked.push(query.questions[0]!.name);
    const answers = [{ name: query.questions[0]!.name, type: 'A', ttl: 60, data: '192.0.2.7' }];
    server.send(packet.encode({ type: 'response', id: query.id, questions: query.questions, answers }), from.port, from.address);
  });
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  try {
    const shared = resolver({
      servers: [
        { address: '127.0.0.1', port: 9 },
        { address: '127.0.0.1', port: server.address().port },
      ],
    });
    const put = async (name: string, id: number) => {
      const question = packet.encode({ type: 'query', id, flags: packet.RECURSION_DESIRED, questions: [{ name, type: 'A' }] });
      return packet.decode((await shared.answer(question, 'udp', signal))!);
    };
    const first = await put('example.com', 1);
    assert.deepEqual([first.id, short(first.answers)], [1, ['A 192.0.2.7']]);
    assert.equal((await put('example.com', 2)).id, 2);
    assert.deepEqual(asked, ['example.com']);
    assert.deepEqual(short((await put('outside.default.svc.cluster.local', 3)).answers), ['CNAME example.com', 'A 192.0.2.7']);
  } finally {
    server.close();
  }
});

test('the cache counts down and forgets', () => {
  const cache = new UpstreamCache();
  const answer = (ttl: number) =>
    packet.encode({ type: 'response', id: 0, questions: [{ name: 'x', type: 'A' }], answers: [{ name: 'x', type: 'A', ttl, data: '192.0.2.1' }] });
  cache.put('a', answer(20), 0);
  assert.equal(packet.decode(cache.get('a', 5_000)!).answers[0]!.ttl, 15);
  assert.equal(cache.get('a', 20_000), undefined);
  cache.put('b', answer(3600), 0);
  assert.equal(cache.get('b', 30_000), undefined);
  cache.put('c', answer(0), 0);
  assert.equal(cache.get('c', 0), undefined);
});

test('whatever arrives, there is an answer or silence, never an error', async () => {
  const one = resolver();
  const valid = packet.encode({ type: 'query', id: 7, questions: [{ name: 'web.default.svc.cluster.local', type: 'A' }] });
  const damaged = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 5 }).map((edits) => {
    const copy = Buffer.from(valid);
    for (const [at, byte] of edits) copy[at] = byte;
    return copy;
  });
  const noise = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, noise), async (bytes) => {
      const answer = await one.answer(bytes, 'udp', signal);
      assert.ok(answer === undefined || answer.length >= 12);
    }),
    { numRuns: 2000 },
  );
});

test('reverse names of both families', () => {
  assert.equal(addressOfReverseName('4.3.2.1.in-addr.arpa'), '1.2.3.4');
  assert.equal(addressOfReverseName('3.2.1.in-addr.arpa'), undefined);
  assert.equal(addressOfReverseName(`${'1.'}${'0.'.repeat(27)}0.0.d.f.ip6.arpa`), 'fd00::1');
});
