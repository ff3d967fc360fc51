/**
 * Helm 4 with a chart of its own: releases come, change, fail, go back and go, with server-side apply and with three-way merges.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { fetchHelm, whyNoHelm } from './fixture/helm.ts';
import { WEB_IMAGE_V1, WEB_IMAGE_V2 } from './fixture/images.ts';
import { type Output, run } from './fixture/run.ts';

const CHART = fileURLToPath(new URL('fixture/chart', import.meta.url));
const WAIT = ['--wait', '--timeout', '120s'];

describe('Helm', { skip: whyNoHelm }, () => {
  let cluster: TestCluster;
  let directory: string;
  let binary: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'navarch-helm-'));
    [cluster, binary] = await Promise.all([startTestCluster({ name: 'e2e-helm' }), fetchHelm(directory)]);
    await cluster.load(WEB_IMAGE_V1, WEB_IMAGE_V2);
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const tried = async (...args: readonly string[]): Promise<Output> => run(binary, args, { env: cluster.env });
  const helm = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await tried(...args);
    assert.equal(code, 0, `helm ${args.join(' ')}\n${stdout}\n${stderr}`);
    return stdout;
  };
  const kubectl = async (...args: readonly string[]): Promise<string> => (await cluster.kubectl(args)).stdout;
  const asked = async (): Promise<string> => kubectl('get', '--raw', '/api/v1/namespaces/default/services/web:80/proxy/');
  const revisions = async (): Promise<string[]> => (JSON.parse(await helm('history', 'web', '-o', 'json')) as { status: string }[]).map(({ status }) => status);

  test('a release is installed, and its test passes', async () => {
    await helm('install', 'web', CHART, ...WAIT);
    assert.match(await asked(), /^web-\S+ v1$/m);
    assert.match(await kubectl('get', 'configmap', 'web', '-o', 'jsonpath={.data}'), /"chart":"web-1\.0\.0","kubernetes":"v1\.36\./);
    assert.match(await helm('test', 'web', '--timeout', '120s'), /Phase: +Succeeded/);
    assert.match(await helm('status', 'web'), /deployment|Deployment/);
  });

  test('it is upgraded; what others own is a conflict until forced', async () => {
    await helm('upgrade', 'web', CHART, '--set', `image=${WEB_IMAGE_V2},replicas=3`, ...WAIT);
    assert.match(await asked(), /^web-\S+ v2$/m);
    await kubectl('patch', 'deployment', 'web', '--field-manager=other', '-p', '{"spec":{"replicas":1}}');
    const refused = await tried('upgrade', 'web', CHART, '--set', `image=${WEB_IMAGE_V2},replicas=2`);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /conflict with "other" using apps\/v1: \.spec\.replicas/);
    await helm('upgrade', 'web', CHART, '--set', `image=${WEB_IMAGE_V2},replicas=2`, '--force-conflicts', ...WAIT);
    assert.equal(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.status.availableReplicas}'), '2');
  });

  test('a release whose preparation fails is taken back', async () => {
    const failed = await tried('upgrade', 'web', CHART, '--set', 'preparation=1', '--rollback-on-failure', ...WAIT);
    assert.notEqual(failed.code, 0);
    assert.match(failed.stderr, /pre-upgrade hooks failed/);
    assert.match(await asked(), /^web-\S+ v2$/m);
    assert.deepEqual((await revisions()).slice(-2), ['failed', 'deployed']);
  });

  test('it goes back to its first revision, and away', async () => {
    await helm('rollback', 'web', '1', ...WAIT);
    assert.match(await asked(), /^web-\S+ v1$/m);
    await helm('uninstall', 'web', ...WAIT);
    // What belongs to them goes behind the scenes.
    await kubectl('wait', '--for=delete', 'pods', '-l', 'app=web', '--timeout=60s');
    assert.equal(await kubectl('get', 'deployments,replicasets,services,configmaps', '-l', 'app=web', '-o', 'name'), '');
    assert.equal(await kubectl('get', 'secrets', '-l', 'owner=helm', '-o', 'name'), '');
  });

  test('the same without server-side apply, as Helm 3 does it', async () => {
    await helm('install', 'web', CHART, '--server-side=false', '--set', 'replicas=1', ...WAIT);
    await kubectl('annotate', 'deployment', 'web', 'of=others');
    await helm('upgrade', 'web', CHART, '--server-side=false', '--set', 'replicas=2', ...WAIT);
    assert.equal(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.metadata.annotations.of} {.status.availableReplicas}'), 'others 2');
    await helm('uninstall', 'web', ...WAIT);
  });
});
