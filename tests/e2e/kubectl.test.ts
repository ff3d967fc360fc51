/**
 * Issue point 7: kubectl's commands, by three generations of kubectl and by the built-in one.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { eventually, type Output, run, type RunOptions } from './fixture/run.ts';
import { WEB_IMAGE_V1 } from './fixture/images.ts';
import { debianKubectl, laterKubectl } from './fixture/kubectl-releases.ts';
import { webApplication } from './fixture/manifests.ts';
import { systemKubectl } from './fixture/system-kubectl.ts';

let cluster: TestCluster;
let directory: string;
const binaries = new Map<string, string>();

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'navarch-kubectl-'));
  cluster = await startTestCluster({ name: 'e2e-kubectl' });
  await cluster.load(WEB_IMAGE_V1);
  binaries.set('the machine’s own', await systemKubectl());
  binaries.set('Debian’s own release', await debianKubectl(directory));
  binaries.set('a later Debian release', await laterKubectl(directory));
});
after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

for (const generation of ['the machine’s own', 'Debian’s own release', 'a later Debian release']) {
  describe(`kubectl: ${generation}`, () => {
    const namespace = `ns-${generation.replaceAll(/[^a-z]+/gi, '-').toLowerCase()}`.slice(0, 30).replace(/-$/, '');
    const kubectl = async (args: readonly string[], options: RunOptions & { readonly mayFail?: boolean } = {}): Promise<Output> =>
      cluster.kubectl(['-n', namespace, ...args], { ...options, binary: binaries.get(generation)! });
    const out = async (...args: string[]): Promise<string> => (await kubectl(args)).stdout;

    test('create, apply, get in every format, describe', async () => {
      await out('create', 'namespace', namespace);
      await kubectl(['apply', '-f', '-'], { stdin: webApplication('web', 2) });
      assert.match((await kubectl(['apply', '-f', '-'], { stdin: webApplication('web', 2) })).stdout, /deployment\.apps\/web unchanged\nservice\/web unchanged/);
      await out('rollout', 'status', 'deployment/web', '--timeout=60s');
      assert.match(await out('get', 'pods'), /^NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\nweb-\S+\s+1\/1\s+Running\s+0\s+\d+s/);
      assert.match(await out('get', 'pods', '-o', 'wide'), /NOMINATED NODE\s+READINESS GATES\n.*10\.244\.\S+\s+node-1\s+<none>\s+<none>/);
      assert.match(await out('get', 'deployment,service,replicaset'), /deployment\.apps\/web\s+2\/2\s+2\s+2/);
      assert.equal((JSON.parse(await out('get', 'deployment', 'web', '-o', 'json')) as { kind: string }).kind, 'Deployment');
      assert.match(await out('get', 'deployment', 'web', '-o', 'yaml'), /^apiVersion: apps\/v1\nkind: Deployment/);
      assert.match(await out('get', 'pods', '-o', 'name'), /^pod\/web-/);
      assert.equal(await out('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}'), '2');
      assert.match(await out('get', 'pods', '-o', 'custom-columns=NAME:.metadata.name,PHASE:.status.phase'), /Running/);
      assert.equal(await out('get', 'deployment', 'web', '-o', 'go-template={{.metadata.name}}'), 'web');
      assert.match(await out('get', 'pods', '-A', '--sort-by=.metadata.name'), new RegExp(namespace));
      assert.match(await out('get', 'pods', '-l', 'app in (web),app!=x', '--show-labels'), /app=web/);
      assert.match(await out('get', 'pods', '--field-selector', 'status.phase=Running'), /web-/);
      assert.match(await out('describe', 'deployment', 'web'), /StrategyType:\s+RollingUpdate[\s\S]*Scaled up replica set/);
      assert.match(await out('describe', 'pod', '-l', 'app=web', '--show-events'), /Started container|Container started/);
      assert.match(await out('describe', 'node', 'node-1'), /Non-terminated Pods/);
      assert.match(await out('describe', 'service', 'web'), /Endpoints:\s+10\.244/);
      assert.match(await out('get', 'events'), /Scheduled/);
    });

    test('edit, patch, replace, label, annotate, scale, expose, run', async () => {
      await kubectl(['edit', 'deployment', 'web'], { env: { EDITOR: 'sed -i s/replicas:.2/replicas:\\ 3/' } });
      assert.equal(await out('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}'), '3');
      await out('patch', 'deployment', 'web', '-p', '{"spec":{"replicas":2}}');
      await out('patch', 'deployment', 'web', '--type=json', '-p', '[{"op":"replace","path":"/spec/replicas","value":1}]');
      await out('patch', 'deployment', 'web', '--type=merge', '-p', '{"metadata":{"labels":{"x":"y"}}}');
      assert.equal(await out('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}{.metadata.labels.x}'), '1y');
      const manifest = JSON.parse(await out('get', 'deployment', 'web', '-o', 'json')) as { spec: { replicas: number } };
      manifest.spec.replicas = 2;
      await kubectl(['replace', '-f', '-'], { stdin: JSON.stringify(manifest) });
      assert.match(await out('label', 'deployment', 'web', 'tier=front'), /labeled/);
      assert.match(await out('annotate', 'deployment', 'web', 'note=here'), /annotated|annotate/);
      assert.match(await out('scale', 'deployment/web', '--replicas=2'), /scaled/);
      assert.match(await out('expose', 'deployment', 'web', '--name=again', '--port=80', '--target-port=8080'), /exposed/);
      assert.match(await out('run', 'single', `--image=${WEB_IMAGE_V1}`, '--port=8080'), /pod\/single created/);
      await out('wait', '--for=condition=Ready', 'pod/single', '--timeout=30s');
      assert.match((await kubectl(['create', 'deployment', 'web', `--image=${WEB_IMAGE_V1}`], { mayFail: true })).stderr, /deployments\.apps "web" already exists/);
    });

    test('logs, exec, attach, cp, port-forward, proxy', async () => {
      assert.match(await out('logs', 'single'), /listening on 8080, version v1/);
      assert.match(await out('logs', 'deployment/web', '--all-containers', '--tail=5'), /listening/);
      assert.equal(await out('exec', 'single', '--', 'echo', 'hi'), 'hi\n');
      assert.equal((await kubectl(['exec', '-i', 'single', '--', 'cat'], { stdin: 'from stdin' })).stdout, 'from stdin');
      assert.equal((await kubectl(['exec', 'single', '--', 'sh', '-c', 'exit 7'], { mayFail: true })).code, 7);
      const tty = await run('script', ['-qec', `${binaries.get(generation)} -n ${namespace} exec -it single -- sh -c 'test -t 0 && echo terminal'`, '/dev/null'], { env: cluster.env });
      assert.match(tty.stdout, /terminal/);
      await writeFile(join(directory, 'file'), 'copied');
      await out('cp', join(directory, 'file'), 'single:/tmp/file');
      assert.equal(await out('exec', 'single', '--', 'cat', '/tmp/file'), 'copied');
      await out('cp', 'single:/tmp/file', join(directory, 'back'));
      assert.equal(await readFile(join(directory, 'back'), 'utf8'), 'copied');
      for (const target of ['pod/single', 'deployment/web', 'service/web']) await forwardAndFetch(generation, namespace, target);
      await proxyAndFetch(generation, namespace);
      await kubectl(['exec', 'single', '--', 'wget', '-qO-', 'http://localhost:8080/exit/1'], { mayFail: true });
      await eventually('previous logs', async () => /listening/.test((await kubectl(['logs', '-p', 'single'], { mayFail: true })).stdout));
    });

    test('explain, discovery, version, auth, cordon, drain, top-level information', async () => {
      assert.match(await out('explain', 'pod.spec.containers'), /image/);
      assert.match(await out('api-resources'), /deployments\s+deploy\s+apps\/v1\s+true\s+Deployment/);
      assert.match(await out('api-versions'), /^apps\/v1$/m);
      assert.match(await out('version'), /Server Version.*1\.36/);
      assert.match(await out('cluster-info'), /is running at/);
      assert.equal((await out('auth', 'can-i', 'create', 'pods')).trim(), 'yes');
      assert.equal((await kubectl(['auth', 'can-i', 'create', 'pods', '--as=nobody'], { mayFail: true })).stdout.trim(), 'no');
      await out('cordon', 'node-1');
      assert.match(await out('get', 'nodes'), /SchedulingDisabled/);
      await out('drain', 'node-1', '--ignore-daemonsets', '--force', '--delete-emptydir-data', '--timeout=60s', '--pod-selector=run=single');
      await eventually('drained', async () => (await kubectl(['get', 'pod', 'single'], { mayFail: true })).code !== 0);
      await out('uncordon', 'node-1');
    });

    test('watch and delete with every cascade', async () => {
      const watch = spawn(binaries.get(generation)!, ['-n', namespace, 'get', 'configmaps', '-w', '--no-headers'], { env: { ...process.env, ...cluster.env } });
      let seen = '';
      watch.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
      await eventually('the watch lists', async () => seen.includes('kube-root-ca.crt'));
      await out('create', 'configmap', 'seen-by-watch');
      await eventually('the watch tells', async () => seen.includes('seen-by-watch'));
      watch.kill();
      await out('delete', 'deployment', 'web', '--cascade=orphan', '--timeout=60s');
      assert.match(await out('get', 'replicasets'), /web-/);
      await out('delete', 'replicaset', '-l', 'app=web');
      await eventually('pods went with their replica set', async () => (await kubectl(['get', 'pods', '-l', 'app=web'])).stdout === '');
      await out('delete', 'namespace', namespace, '--timeout=60s');
    });
  });
}

/** Forwards a local port, fetches through it once. */
async function forwardAndFetch(generation: string, namespace: string, target: string): Promise<void> {
  const child = spawn(binaries.get(generation)!, ['-n', namespace, 'port-forward', target, target === 'service/web' ? ':80' : ':8080'], { env: { ...process.env, ...cluster.env } });
  try {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const port = await eventually(`forwarding to ${target}`, async () => /127\.0\.0\.1:(\d+) ->/.exec(text)?.[1], 15_000);
    for (let i = 0; i < 3; i++) assert.match((await run('curl', ['-s', '--max-time', '5', `http://127.0.0.1:${port}/`])).stdout, /v1\n/);
  } finally {
    child.kill();
  }
}

/** Runs `kubectl proxy`, asks the API and a service through it. */
async function proxyAndFetch(generation: string, namespace: string): Promise<void> {
  const child = spawn(binaries.get(generation)!, ['proxy', '--port=0'], { env: { ...process.env, ...cluster.env } });
  try {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const port = await eventually('the proxy serves', async () => /127\.0\.0\.1:(\d+)/.exec(text)?.[1], 15_000);
    const base = `http://127.0.0.1:${port}/api/v1/namespaces/${namespace}`;
    assert.match((await run('curl', ['-s', `${base}/pods/single`])).stdout, /"kind":\s*"Pod"/);
    assert.match((await run('curl', ['-s', '--max-time', '10', `${base}/services/web:80/proxy/`])).stdout, /v1\n/);
    assert.match((await run('curl', ['-s', '--max-time', '10', `${base}/pods/single:8080/proxy/`])).stdout, /single v1\n/);
  } finally {
    child.kill();
  }
}
