/**
 * What the rules of kinds look like to a client of the whole server: refusals in the words of kubectl, statuses, warnings.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openTestServer, type TestReply, type TestServer } from '#apiserver/testing/test-server.ts';

let server: TestServer;
before(async () => {
  server = await openTestServer({ security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] } });
});
after(() => server[Symbol.asyncDispose]());

const send = (method: string, path: string, body?: unknown, type = 'application/json'): Promise<TestReply> =>
  server.ask(path, { token: 'root', method, ...(body === undefined ? {} : { body, headers: { 'content-type': type } }) });
const merge = (path: string, body: unknown): Promise<TestReply> => send('PATCH', path, body, 'application/merge-patch+json');
const text = (reply: TestReply): string => `${reply.code} ${reply.json<{ message?: string }>().message ?? ''}`;

const template = { spec: { containers: [{ name: 'c', image: 'busybox:1' }], restartPolicy: 'Never' } };
const JOBS = '/apis/batch/v1/namespaces/default/jobs';

test('the status of a job only says what can be', async () => {
  assert.equal((await send('POST', JOBS, { metadata: { name: 'once' }, spec: { template } })).code, 201);
  const startTime = '2026-01-02T03:04:05Z';
  assert.equal((await merge(`${JOBS}/once/status`, { status: { startTime, active: 1 } })).code, 200);
  const complete = { type: 'Complete', status: 'True' };
  const refused = await merge(`${JOBS}/once/status`, { status: { conditions: [complete] } });
  assert.equal(
    text(refused),
    '422 Job.batch "once" is invalid: [status.completionTime: Required value: completionTime is required for Complete jobs, status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition, status.active: Invalid value: 1: active>0 is invalid for finished job]',
  );
  const status = { active: 0, succeeded: 1, completionTime: '2026-01-02T03:05:05Z', conditions: [{ ...complete, type: 'SuccessCriteriaMet' }, complete] };
  assert.equal((await merge(`${JOBS}/once/status`, { status })).code, 200);
  assert.match(text(await merge(`${JOBS}/once/status`, { status: { conditions: [], completionTime: null } })), /^422 .*cannot disable the terminal Complete=True condition/);
});

test('a job that waits takes other resources, one that runs does not', async () => {
  const waiting = { metadata: { name: 'waits' }, spec: { suspend: true, template } };
  assert.equal((await send('POST', JOBS, waiting)).code, 201);
  const change = { spec: { template: { spec: { containers: [{ name: 'c', image: 'busybox:1', resources: { requests: { cpu: '1' } } }] } } } };
  const patch = (): Promise<TestReply> => send('PATCH', `${JOBS}/waits`, change, 'application/strategic-merge-patch+json');
  assert.equal((await patch()).code, 200);
  assert.equal((await merge(`${JOBS}/waits`, { spec: { suspend: false } })).code, 200);
  change.spec.template.spec.containers[0]!.resources.requests.cpu = '2';
  assert.match(text(await patch()), /^422 Job\.batch "waits" is invalid: spec\.template: Invalid value: .*: field is immutable$/);
});

test('stateful sets are asked about the pods and claims they will make', async () => {
  const labels = { app: 'db' };
  const reply = await send('POST', '/apis/apps/v1/namespaces/default/statefulsets', {
    metadata: { name: 'db' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: 'cache', mountPath: '/c' }] }] } },
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { resources: { requests: { storage: '1Gi' } } } }],
    },
  });
  assert.equal(
    text(reply),
    '422 StatefulSet.apps "db" is invalid: [spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required, spec.template.spec.containers[0].volumeMounts[0].name: Not found: "cache"]',
  );
});

test('a schema of a custom resource must say what everything is', async () => {
  const reply = await send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'tabs.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'tabs', kind: 'Tab' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { properties: { a: { type: 'null' } } } } } } }],
    },
  });
  assert.equal(
    text(reply),
    '422 CustomResourceDefinition.apiextensions.k8s.io "tabs.example.com" is invalid: [spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[a].type: Forbidden: type cannot be set to null, use nullable as an alternative, spec.versions[0].schema.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields]',
  );
});

test('blocks with host bits are refused, spellings are warned of', async () => {
  const policy = (cidr: string): object => ({ metadata: { generateName: 'p-' }, spec: { podSelector: {}, egress: [{ to: [{ ipBlock: { cidr } }] }] } });
  const path = '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies';
  assert.match(text(await send('POST', path, policy('10.0.0.1/8'))), /^422 .*spec\.egress\[0\]\.to\[0\]\.ipBlock\.cidr: Invalid value: "10\.0\.0\.1\/8": must not have bits set beyond the prefix length$/);
  const warned = await send('POST', path, policy('FD00::/8'));
  assert.equal(warned.code, 201);
  assert.match(String(warned.headers['warning']), /should be in RFC 5952 canonical format/);
});

test('a daemon set tells how often its template changed', async () => {
  const path = '/apis/apps/v1/namespaces/default/daemonsets';
  const labels = { app: 'agent' };
  await send('POST', path, { metadata: { name: 'agent' }, spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i:1' }] } } } });
  const changed = await send('PATCH', `${path}/agent`, { spec: { template: { spec: { containers: [{ name: 'c', image: 'i:2' }] } } } }, 'application/strategic-merge-patch+json');
  const { annotations } = changed.json<{ metadata: { annotations: Record<string, string> } }>().metadata;
  assert.deepEqual(annotations, { 'deprecated.daemonset.template.generation': '2' });
});
