/** What is counted, asked of a whole server. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { openTestServer } from '../testing/test-server.ts';

const SECRETS = '/api/v1/namespaces/default/secrets';

/** The value of a series, by the beginning of its line. */
function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

test('requests, answers, admission, lists, watches, identities and the store are counted as upstream counts them', async () => {
  await using server = await openTestServer({
    security: {
      staticTokens: [
        { token: 'root', user: { name: 'root', groups: ['system:masters'] } },
        { token: 'bob', user: { name: 'bob', groups: [] } },
      ],
    },
  });
  const as = (token: string) => ({ token });
  const secret = (name: string) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, data: { k: 'dg==' } });
  await server.ask(SECRETS, { ...as('root'), method: 'POST', body: secret('a') });
  await server.ask(SECRETS, { ...as('root'), method: 'POST', body: secret('a') });
  await server.ask(`${SECRETS}/a`, { ...as('root'), method: 'PUT', body: { ...secret('a'), data: { k: 'dw==' } } });
  await server.ask(`${SECRETS}/b?fieldManager=m`, { ...as('root'), method: 'PATCH', body: 'apiVersion: v1\nkind: Secret\nmetadata: {name: b}\n', headers: { 'content-type': 'application/apply-patch+yaml' } });
  await server.ask(`${SECRETS}/a`, as('root'));
  await server.ask(SECRETS, as('root'));
  await server.ask(`${SECRETS}/a`, as('bob'));
  await server.ask(`${SECRETS}/a`, as('nobody'));
  await server.ask('/api/v1/namespaces/none/pods', { ...as('root'), method: 'POST', body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } } });
  await server.ask(`${SECRETS}?watch=1&timeoutSeconds=1`, as('root'));
  await server.ask(`${SECRETS}/a`, { ...as('root'), method: 'DELETE' });
  const leave = new AbortController();
  const watching = server.server.transport({ name: 'watcher', groups: ['system:masters'] }).watch({ method: 'GET', path: SECRETS }, leave.signal)[Symbol.asyncIterator]();
  await watching.next();
  const { text } = await server.ask('/metrics', as('root'));
  leave.abort();
  await watching.next().catch(() => {});
  assert.doesNotMatch((await server.ask('/metrics', as('root'))).text, /^apiserver_longrunning_requests\{.*secrets/m);
  const labels = (verb: string, scope: string, code?: number): string =>
    `verb="${verb}",${code === undefined ? '' : 'dry_run="",'}group="",version="v1",resource="secrets",subresource="",scope="${scope}",component="apiserver"${code === undefined ? '' : `,code="${code}"`}`;
  const expected: Readonly<Record<string, number>> = {
    [`apiserver_request_total{${labels('POST', 'resource', 201)}}`]: 1,
    [`apiserver_request_total{${labels('POST', 'resource', 409)}}`]: 1,
    [`apiserver_request_total{${labels('PUT', 'resource', 200)}}`]: 1,
    [`apiserver_request_total{${labels('APPLY', 'resource', 201)}}`]: 1,
    [`apiserver_request_total{${labels('GET', 'resource', 403)}}`]: 1,
    [`apiserver_request_total{${labels('LIST', 'namespace', 200)}}`]: 1,
    [`apiserver_request_total{${labels('WATCH', 'namespace', 200)}}`]: 2,
    [`apiserver_request_sli_duration_seconds_count{${labels('PUT', 'resource')}}`]: 1,
    [`apiserver_response_sizes_count{${labels('LIST', 'namespace')}}`]: 1,
    [`apiserver_response_sizes_count{${labels('GET', 'resource')}}`]: 3,
    [`apiserver_longrunning_requests{${labels('WATCH', 'namespace')}}`]: 1,
    'apiserver_request_body_size_bytes_count{group="",resource="secrets",verb="create"}': 2,
    'apiserver_request_body_size_bytes_count{group="",resource="secrets",verb="patch"}': 1,
    'apiserver_admission_step_admission_duration_seconds_count{type="admit",operation="UPDATE",rejected="false"}': NaN,
    'apiserver_admission_controller_admission_duration_seconds_count{name="NamespaceLifecycle",type="admit",operation="CREATE",rejected="true"}': 1,
    'apiserver_admission_step_admission_duration_seconds_count{type="admit",operation="CREATE",rejected="true"}': 1,
    'apiserver_cache_list_total{group="",resource="secrets",index=""}': 1,
    'apiserver_cache_list_returned_objects_total{group="",resource="secrets"}': 2,
    'apiserver_watch_events_total{group="",version="v1",resource="secrets"}': 2,
    'apiserver_watch_events_sizes_count{group="",version="v1",resource="secrets"}': 2,
    'authentication_attempts{result="error"}': 1,
    'authentication_duration_seconds_count{result="error"}': 1,
    'authorization_attempts_total{result="no-opinion"}': 1,
    'authorization_duration_seconds_count{result="no-opinion"}': 1,
    'etcd_requests_total{operation="create",group="",resource="secrets"}': 2,
    'etcd_requests_total{operation="update",group="",resource="secrets"}': 1,
    'etcd_requests_total{operation="delete",group="",resource="secrets"}': 1,
    'apiserver_storage_events_received_total{group="",resource="secrets"}': NaN,
    'apiserver_watch_cache_initializations_total{group="",resource="secrets"}': 1,
    'apiserver_storage_size_bytes{storage_cluster_id="etcd-0"}': NaN,
    'apiserver_current_inflight_requests{request_kind="mutating"}': NaN,
    apiserver_tls_handshake_errors_total: NaN,
    process_open_fds: NaN,
    process_max_fds: NaN,
    process_virtual_memory_bytes: NaN,
  };
  for (const [series, value] of Object.entries(expected)) {
    const found = valueOf(text, series);
    assert.notEqual(found, undefined, series);
    if (!Number.isNaN(value)) assert.equal(found, value, series);
  }
  assert.match(text, /^kubernetes_build_info\{.*git_version="v1\.36\.0".*\} 1$/m);
  const [largest] = /^apiserver_response_sizes_sum\{verb="LIST".*resource="secrets".* (\d+)$/m.exec(text)!.slice(1);
  assert.ok(Number(largest) > 300, 'bytes were counted');
});

test('connections that do not come to speak TLS are counted', async () => {
  await using server = await openTestServer({ security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] } });
  const closed = Promise.withResolvers<void>();
  const socket = connect({ host: '127.0.0.1', port: server.port }, () => socket.write('GET / HTTP/1.1\r\n\r\n'));
  socket.on('error', () => {});
  socket.on('close', closed.resolve);
  socket.resume();
  await closed.promise;
  const { text } = await server.ask('/metrics', { token: 'root' });
  assert.equal(valueOf(text, 'apiserver_tls_handshake_errors_total'), 1);
});
