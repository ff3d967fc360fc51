/**
 * The rules of pods and of what they use, as a client of the whole server meets them: what creation makes of a pod, what each of its
 * subresources takes, what is refused and in which words.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openTestServer, type TestReply, type TestServer } from '#apiserver/testing/test-server.ts';

let server: TestServer;
before(async () => {
  server = await openTestServer({ security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] } });
  await send('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
});
after(() => server[Symbol.asyncDispose]());

const CORE = '/api/v1/namespaces/default';
const PODS = `${CORE}/pods`;
const send = (method: string, path: string, body?: unknown, type = 'application/json'): Promise<TestReply> =>
  server.ask(path, { token: 'root', method, ...(body === undefined ? {} : { body, headers: { 'content-type': type } }) });
const merge = (path: string, body: unknown): Promise<TestReply> => send('PATCH', path, body, 'application/merge-patch+json');
const strategic = (path: string, body: unknown): Promise<TestReply> => send('PATCH', path, body, 'application/strategic-merge-patch+json');
const text = (reply: TestReply): string => `${reply.code} ${reply.json<{ message?: string }>().message ?? ''}`;

async function create(name: string, spec: object = {}, metadata: object = {}): Promise<TestReply> {
  return send('POST', PODS, { metadata: { name, ...metadata }, spec: { containers: [{ name: 'c', image: 'i:1' }], ...spec } });
}

test('the values of label keys are in the selectors of a created pod', async () => {
  const labelSelector = { matchLabels: { app: 'web' } };
  const term = { topologyKey: 'zone', labelSelector, matchLabelKeys: ['hash'], mismatchLabelKeys: ['tenant'] };
  const reply = await create(
    'keys',
    {
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector, matchLabelKeys: ['hash'] }],
    },
    { labels: { app: 'web', hash: 'h1', tenant: 't1' } },
  );
  const { spec } = reply.json<{ spec: { affinity: object; topologySpreadConstraints: object[] } }>();
  const hash = { key: 'hash', operator: 'In', values: ['h1'] };
  const selector = { matchLabels: { app: 'web' }, matchExpressions: [hash, { key: 'tenant', operator: 'NotIn', values: ['t1'] }] };
  assert.deepEqual(spec.affinity, { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ ...term, labelSelector: selector }] } });
  assert.deepEqual((spec.topologySpreadConstraints[0] as { labelSelector: object }).labelSelector, { ...labelSelector, matchExpressions: [hash] });
  assert.equal((await merge(`${PODS}/keys`, { metadata: { labels: { hash: 'h2' } } })).code, 200);
});

test('everything that is wrong with a new pod is said at once', async () => {
  const reply = await create('Bad', {
    restartPolicy: 'Maybe',
    volumes: [{ name: 'v', secret: {} }],
    containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
  });
  assert.match(text(reply), /^422 Pod "Bad" is invalid: \[metadata\.name: Invalid value: "Bad": a lowercase RFC 1123 subdomain must/);
  assert.match(
    text(reply),
    /, spec\.volumes\[0\]\.secret\.secretName: Required value, spec\.containers\[0\]\.volumeMounts\[0\]\.name: Not found: "v", spec\.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"\]$/,
  );
});

test('a pod takes another image, its subresources the rest', async () => {
  const resources = { requests: { cpu: '1' }, limits: { cpu: '2' } };
  assert.equal((await create('busy', { containers: [{ name: 'c', image: 'i:1', resources }] })).code, 201);
  assert.equal((await strategic(`${PODS}/busy`, { spec: { containers: [{ name: 'c', image: 'i:2' }] } })).code, 200);
  const more = { spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1500m' } } }] } };
  assert.match(
    text(await strategic(`${PODS}/busy`, more)),
    /^422 Pod "busy" is invalid: spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`/,
  );
  assert.equal((await strategic(`${PODS}/busy/resize`, more)).code, 200);
  const most = { spec: { containers: [{ name: 'c', resources: { requests: { cpu: '3' } } }] } };
  assert.equal(
    text(await strategic(`${PODS}/busy/resize`, most)),
    '422 Pod "busy" is invalid: spec.containers[0].resources.requests: Invalid value: "3": must be less than or equal to cpu limit of 2',
  );
  const debug = { spec: { ephemeralContainers: [{ name: 'd', image: 'i' }] } };
  assert.equal((await strategic(`${PODS}/busy/ephemeralcontainers`, debug)).code, 200);
  assert.match(
    text(await merge(`${PODS}/busy/ephemeralcontainers`, { spec: { ephemeralContainers: null } })),
    /existing ephemeral containers "d" may not be removed/,
  );
  const addresses = await merge(`${PODS}/busy/status`, { status: { podIPs: [{ ip: '10.0.0.01' }] } });
  assert.equal(text(addresses), '422 Pod "busy" is invalid: status.podIPs[0]: Invalid value: "10.0.0.01": must not have leading 0s');
});

test('a pod that waits at gates may be narrowed, and goes nowhere', async () => {
  assert.equal((await create('gated', { schedulingGates: [{ name: 'a' }], nodeSelector: { zone: 'x' } })).code, 201);
  assert.equal((await merge(`${PODS}/gated`, { spec: { nodeSelector: { disk: 'ssd' } } })).code, 200);
  assert.match(text(await merge(`${PODS}/gated`, { spec: { nodeSelector: { zone: 'y' } } })), /only additions to spec\.nodeSelector are allowed/);
  const binding = await send('POST', `${PODS}/gated/binding`, { metadata: { name: 'gated' }, target: { kind: 'Node', name: 'n' } });
  assert.match(text(binding), /^409 .*pod gated has non-empty \.spec\.schedulingGates$/);
  assert.equal((await merge(`${PODS}/gated`, { spec: { schedulingGates: [] } })).code, 200);
});

test('a claim grows when it is bound, and does not shrink', async () => {
  const claims = `${CORE}/persistentvolumeclaims`;
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } }, storageClassName: '' };
  assert.equal((await send('POST', claims, { metadata: { name: 'data' }, spec })).code, 201);
  const size = (storage: string): Promise<TestReply> => merge(`${claims}/data`, { spec: { resources: { requests: { storage } } } });
  assert.match(
    text(await size('3Gi')),
    /^422 .*spec is immutable after creation except resources\.requests and volumeAttributesClassName for bound claims/,
  );
  assert.equal((await merge(`${claims}/data/status`, { status: { phase: 'Bound', capacity: { storage: '2Gi' } } })).code, 200);
  const small = await size('1Gi');
  assert.match(text(small), /spec\.resources\.requests\.storage: Forbidden: field can not be less than status\.capacity$/);
});

test('an account that may mount some secrets only is warned of', async () => {
  const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' };
  const reply = await send('POST', `${CORE}/serviceaccounts`, { metadata: { name: 'strict', annotations } });
  assert.match(
    String(reply.headers['warning']),
    /^299 - "metadata\.annotations\[kubernetes\.io\/enforce-mountable-secrets\]: deprecated in v1\.32\+/,
  );
});
