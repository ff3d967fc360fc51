import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/random.ts';
import { openTestServer } from '../testing/test-server.ts';
import { silentLogger } from '#base/log.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { openLocalPeer } from '../testing/local-peer.ts';
import { AuditIds } from './audit-ids.ts';
import { readAuditPolicy } from './policy-configuration.ts';
import { WebhookSink } from './webhook-sink.ts';

test('audit ids are distinct and look like UUIDs', () => {
  const ids = new AuditIds(seededRandom(1));
  const seen = new Set<string>();
  for (let i = 0; i < 200_000; i++) seen.add(ids.next());
  assert.equal(seen.size, 200_000);
  for (const id of [...seen].slice(0, 1_000)) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('what the policy names is logged, and as much of it as it says', async () => {
  const lines: Record<string, unknown>[] = [];
  await using cluster = await openTestServer({
    security: {
      staticTokens: [
        { token: 'root', user: { name: 'root', groups: ['system:masters'] } },
        { token: 'bob', user: { name: 'bob', groups: [] } },
      ],
    },
    audit: {
      policy: {
        omitStages: ['RequestReceived'],
        rules: [
          { level: 'None', users: ['system:apiserver'] },
          { level: 'RequestResponse', verbs: ['create'], resources: [{ resources: ['configmaps'] }] },
          { level: 'Metadata', resources: [{ resources: ['secrets', 'pods/*'] }], namespaces: ['default'] },
          { level: 'Metadata', nonResourceURLs: ['/metrics*'] },
        ],
      },
      sink: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
    },
  });
  const root = { token: 'root' };
  await cluster.ask('/api/v1/namespaces/default/configmaps', { ...root, method: 'POST', body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } });
  await cluster.ask('/api/v1/namespaces/default/configmaps/a', root);
  await cluster.ask('/api/v1/namespaces/default/secrets?limit=1', { token: 'bob' });
  await cluster.ask('/api/v1/namespaces/kube-system/secrets', root);
  await cluster.ask('/metrics', { ...root, headers: { 'impersonate-user': 'jane' } });
  assert.deepEqual(
    lines.map((line) => [line['level'], line['verb'], line['requestURI'], (line['responseStatus'] as { code: number }).code]),
    [
      ['RequestResponse', 'create', '/api/v1/namespaces/default/configmaps', 201],
      ['Metadata', 'list', '/api/v1/namespaces/default/secrets?limit=1', 403],
      ['Metadata', 'get', '/metrics', 403],
    ],
  );
  const [created, , impersonated] = lines;
  assert.equal((created!['requestObject'] as { metadata: { name: string } }).metadata.name, 'a');
  assert.ok((created!['responseObject'] as { metadata: { uid: string } }).metadata.uid);
  assert.deepEqual(created!['objectRef'], { resource: 'configmaps', namespace: 'default', name: 'a', apiVersion: 'v1' });
  assert.equal((impersonated!['user'] as { username: string }).username, 'root');
  assert.equal((impersonated!['impersonatedUser'] as { username: string }).username, 'jane');
});

test('each stage makes an event, streams when they begin and when they end, without what the policy omits', async () => {
  const lines: { stage: string; verb: string; level: string; annotations?: unknown; responseObject?: { metadata: object; items?: { metadata: object }[]; reason?: string } }[] = [];
  const policy = readAuditPolicy(
    `apiVersion: audit.k8s.io/v1
kind: Policy
omitManagedFields: true
rules:
- {level: None, users: ["system:apiserver"]}
- {level: RequestResponse, verbs: [watch, create, get], resources: [{resources: [configmaps]}]}
- {level: RequestResponse, verbs: [list], resources: [{resources: [configmaps]}], omitManagedFields: false, omitStages: [RequestReceived]}
`,
    'policy.yaml',
  );
  await using cluster = await openTestServer({ security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] }, audit: { policy, sink: (line) => lines.push(JSON.parse(line) as never) } });
  const maps = '/api/v1/namespaces/default/configmaps';
  const seen = (): string[] => lines.splice(0).map(({ stage, verb }) => `${verb} ${stage}`);
  await cluster.ask(`${maps}?fieldManager=me`, { token: 'root', method: 'POST', body: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n', headers: { 'content-type': 'application/yaml' } });
  assert.equal(lines[0]!.annotations, undefined);
  assert.ok(!('managedFields' in lines[1]!.responseObject!.metadata));
  assert.equal((lines[1] as unknown as { requestObject: { metadata: { name: string } } }).requestObject.metadata.name, 'a', 'YAML is shown too');
  assert.deepEqual(seen(), ['create RequestReceived', 'create ResponseComplete']);
  await cluster.ask(`${maps}/none`, { token: 'root' });
  assert.equal(lines[1]!.responseObject!.reason, 'NotFound');
  lines.splice(0);
  await cluster.ask(maps, { token: 'root' });
  assert.ok(lines[0]!.responseObject!.items!.some(({ metadata }) => 'managedFields' in metadata));
  assert.deepEqual(seen(), ['list ResponseComplete']);
  await cluster.ask(`${maps}?watch=1&timeoutSeconds=1`, { token: 'root' });
  while (lines.length < 3) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(seen(), ['watch RequestReceived', 'watch ResponseStarted', 'watch ResponseComplete']);
});

test('who is not let in, faults of the server and requests that take too long make the events that upstream makes', async () => {
  interface Event {
    readonly stage: string;
    readonly verb: string;
    readonly user: object;
    readonly responseStatus?: { readonly code: number; readonly message?: string; readonly reason?: string; readonly status?: string };
    readonly annotations?: object;
  }
  const lines: Event[] = [];
  const late = Promise.withResolvers<void>();
  await using cluster = await openTestServer({
    security: { anonymous: { paths: [] }, staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] },
    audit: { policy: { rules: [{ level: 'None', users: ['system:apiserver'] }, { level: 'Metadata' }] }, sink: (line) => lines.push(JSON.parse(line) as Event) },
    around: (handler) => ({
      handle(call) {
        if (call.info.name === 'fault') throw new Error('out of order');
        return call.info.name === 'late' ? late.promise.then(() => handler.handle(call)) : handler.handle(call);
      },
    }),
  });
  const seen = (): [string, number | undefined, string | undefined][] => lines.splice(0).map(({ stage, responseStatus }) => [stage, responseStatus?.code, responseStatus?.message]);
  const maps = '/api/v1/namespaces/default/configmaps';
  await cluster.ask(maps);
  assert.deepEqual(lines[0]!.user, {});
  assert.equal(lines[0]!.annotations, undefined);
  assert.deepEqual(seen(), [['ResponseStarted', 401, 'Authentication failed, no credentials provided']]);
  await cluster.ask(maps, { token: 'wrong' });
  assert.deepEqual(seen(), [['ResponseStarted', 401, 'Authentication failed, attempted: bearer']]);
  await cluster.ask(`${maps}?access_token=x`, { headers: { authorization: 'Basic eDp5' } });
  assert.deepEqual(seen(), [['ResponseStarted', 401, 'Authentication failed, attempted: basic, access_token']]);
  await cluster.ask(`${maps}/fault`, { token: 'root' });
  assert.deepEqual(lines[1]!.responseStatus, { metadata: {}, status: 'Failure', message: "APIServer panic'd: out of order", reason: 'InternalError', code: 500 });
  assert.deepEqual(seen().map(([stage]) => stage), ['RequestReceived', 'Panic']);
  assert.equal((await cluster.ask(`${maps}/late?timeout=50ms`, { token: 'root' })).code, 504);
  late.resolve();
  await cluster.ask(`${maps}/after`, { token: 'root' });
  assert.deepEqual(seen().map(([stage, code]) => [stage, code]), [
    ['RequestReceived', undefined],
    ['ResponseComplete', 504],
    ['RequestReceived', undefined],
    ['ResponseComplete', 404],
  ]);
  const { text } = await cluster.ask('/metrics', { token: 'root' });
  for (const line of ['apiserver_audit_event_total', 'apiserver_audit_level_total{level="Metadata"}', 'apiserver_audit_requests_rejected_total', 'apiserver_request_terminations_total{verb="GET",.*code="504"}']) assert.match(text, new RegExp(`^${line.replaceAll('{', '\\{')} \\d+$`, 'm'), line);
});

test('policies that mean nothing are refused', () => {
  const refused = (rules: string): string => {
    try {
      readAuditPolicy(`apiVersion: audit.k8s.io/v1\nkind: Policy\n${rules}`, 'p');
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(refused('rules: []'), /loaded illegal policy with 0 rules/);
  assert.match(refused('rules: [{level: Some}]'), /rules\[0\]\.level: Unsupported value: "Some": supported values: "None", "Metadata", "Request", "RequestResponse"/);
  assert.match(refused('rules: [{level: None, nonResourceURLs: ["x"]}]'), /rules\[0\]\.nonResourceURLs\[0\]: Invalid value: "x": non-resource URL rules must begin with a '\/' character/);
  assert.match(refused('rules: [{level: None, nonResourceURLs: ["/a*b"]}]'), /wildcards '\*' must be the final character of the rule/);
  assert.match(refused('rules: [{level: None, nonResourceURLs: ["/a"], namespaces: [x]}]'), /rules cannot apply to both regular resources and non-resource URLs/);
  assert.match(refused('rules: [{level: None, resources: [{resourceNames: [x]}]}]'), /using resourceNames requires at least one resource/);
  assert.match(refused('rules: [{level: None, omitStages: [Never]}]'), /omitStages/);
  assert.match(refused('rules: [{level: None, verb: get}]'), /unknown field "rules\[0\]\.verb"/);
  assert.equal(refused('rules: [{level: Metadata, nonResourceURLs: ["/a*", "*"]}]'), '');
});

test('a webhook gets events in batches, again when it fails, and what does not fit is dropped', async () => {
  let fails = 1;
  await using peer = await openLocalPeer(() => ({ code: fails-- > 0 ? 500 : 200 }));
  const clock = new SimClock();
  const address = { url: new URL(`${peer.url}/audit`), ca: peer.ca };
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  };
  const sink = new WebhookSink({ address, batch: { bufferSize: 4, maxSize: 3, maxWaitMs: 1_000, backoffMs: 500 }, clock, log: silentLogger });
  for (let i = 0; i < 3; i++) sink.write(JSON.stringify({ auditID: String(i) }));
  await until(() => peer.requests.length === 1);
  for (let i = 3; i < 8; i++) sink.write(JSON.stringify({ auditID: String(i) }));
  assert.equal(sink.dropped, 1, 'four wait, the fifth does not fit');
  while (peer.requests.length < 3) {
    await clock.advance(500);
    await new Promise((resolve) => setImmediate(resolve));
  }
  while (peer.requests.length < 4) {
    await clock.advance(500);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const batches = peer.requests.map(({ body }) => (JSON.parse(body) as { kind: string; items: { auditID: string }[] }).items.map(({ auditID }) => auditID).join(''));
  assert.deepEqual(batches, ['012', '012', '345', '6']);
  sink.write(JSON.stringify({ auditID: 'last' }));
  const ended = sink[Symbol.asyncDispose]();
  await until(() => peer.requests.length === 5);
  await ended;
});
