/**
 * `kubectl apply` and its kin as a current kubectl does them: client side, server side, the way from one to the other, diff, managed fields.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { laterKubectl } from './fixture/kubectl-releases.ts';
import type { Output } from './fixture/run.ts';

let cluster: TestCluster;
let directory: string;
let binary: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'navarch-apply-'));
  [cluster, binary] = await Promise.all([startTestCluster({ name: 'e2e-apply', runtime: 'simulated' }), laterKubectl(directory)]);
});
after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const kubectl = (args: readonly string[], stdin?: string): Promise<Output> => cluster.kubectl(args, { binary, mayFail: true, ...(stdin === undefined ? {} : { stdin }) });
const apply = (manifest: string, ...args: string[]): Promise<Output> => kubectl(['apply', '-f', '-', ...args], manifest);

const manifest = (image: string, replicas = 1, extra = ''): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: main, image: "${image}"${extra} }
`;

interface Managed {
  readonly metadata: { readonly annotations?: Record<string, string>; readonly managedFields?: readonly { manager: string; operation: string }[] };
}
const managers = async (): Promise<string[]> => {
  const { stdout } = await kubectl(['get', 'deployment', 'web', '-o', 'json', '--show-managed-fields']);
  return (JSON.parse(stdout) as Managed).metadata.managedFields!.map(({ manager, operation }) => `${manager} ${operation}`);
};

test('client-side apply merges three ways, and its objects move to server-side apply without conflicts', async () => {
  assert.equal((await apply(manifest('a:1', 1, ', env: [{ name: A, value: x }]'))).stdout, 'deployment.apps/web created\n');
  assert.equal((await apply(manifest('a:1', 1, ', env: [{ name: A, value: x }]'))).stdout, 'deployment.apps/web unchanged\n');
  assert.equal((await apply(manifest('a:2'))).stdout, 'deployment.apps/web configured\n');
  assert.equal((await kubectl(['get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].env}'])).stdout, '', 'what is no longer in the manifest goes');
  const upgraded = await apply(manifest('a:3'), '--server-side');
  assert.equal(upgraded.stderr, '');
  assert.equal(upgraded.stdout, 'deployment.apps/web serverside-applied\n');
  const now = await managers();
  assert.ok(now.includes('kubectl Apply'), now.join());
  assert.ok(!now.includes('kubectl-client-side-apply Update'), 'the manager of client-side apply has moved');
});

test('others’ fields are conflicts until forced', async () => {
  assert.equal((await kubectl(['set', 'image', 'deployment/web', 'main=other:1', '--field-manager=other'])).code, 0);
  const refused = await apply(manifest('a:4'), '--server-side');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /Apply failed with 1 conflict: conflict with "other" using apps\/v1: \.spec\.template\.spec\.containers\[name="main"\]\.image/);
  assert.match(refused.stderr, /re-run the apply\s+command with the `--force-conflicts` flag/);
  assert.equal((await apply(manifest('a:4'), '--server-side', '--force-conflicts')).stdout, 'deployment.apps/web serverside-applied\n');
  assert.equal((await kubectl(['get', 'deployment', 'web', '-o', 'jsonpath={..image}'])).stdout, 'a:4');
  const two = await apply(manifest('a:5', 3), '--server-side', '--field-manager=second');
  assert.match(two.stderr, /Apply failed with 2 conflicts: conflicts with "kubectl":\n- \.spec\.replicas\n- \.spec\.template/);
});

test('diff shows what an apply would change, in both ways', async () => {
  assert.equal((await kubectl(['diff', '-f', '-'], manifest('a:4'))).code, 0);
  for (const way of [[], ['--server-side', '--force-conflicts']]) {
    const { code, stdout } = await kubectl(['diff', '-f', '-', ...way], manifest('a:9'));
    assert.equal(code, 1);
    assert.match(stdout, /^-\s+- image: a:4\n\+\s+- image: a:9$|^-\s+image: a:4\n\+\s+image: a:9$/m);
    assert.doesNotMatch(stdout, /managedFields/);
  }
  assert.equal((await kubectl(['get', 'deployment', 'web', '-o', 'jsonpath={..image}'])).stdout, 'a:4', 'nothing has changed');
});

test('dry runs on the server, and fields that are hidden unless asked for', async () => {
  assert.equal((await apply(manifest('a:6'), '--server-side', '--dry-run=server')).stdout, 'deployment.apps/web serverside-applied (server dry run)\n');
  assert.doesNotMatch((await kubectl(['get', 'deployment', 'web', '-o', 'yaml'])).stdout, /managedFields/);
  assert.match((await kubectl(['get', 'deployment', 'web', '-o', 'yaml', '--show-managed-fields'])).stdout, /managedFields:\n {2}- apiVersion: apps\/v1\n {4}fieldsType: FieldsV1/);
});

test('unknown and duplicate fields are refused or warned about', async () => {
  const strict = await apply(manifest('a:7', 1, ', nonsense: 1'));
  assert.match(strict.stderr, /strict decoding error: unknown field "spec\.template\.spec\.containers\[0\]\.nonsense"/);
  const warned = await apply(manifest('a:7', 1, ', nonsense: 1'), '--validate=warn');
  assert.match(warned.stderr, /^Warning: unknown field "spec\.template\.spec\.containers\[0\]\.nonsense"$/m);
  assert.equal(warned.code, 0);
});
