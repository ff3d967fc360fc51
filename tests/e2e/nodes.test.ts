/**
 * Issue points 8 and 9: several nodes, the loss of one, and recovery from every kill.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { eventually } from './fixture/run.ts';
import { WEB_IMAGE_V1 } from './fixture/images.ts';
import { shellPod, webApplication } from './fixture/manifests.ts';

let cluster: TestCluster;

before(async () => {
  cluster = await startTestCluster({ name: 'e2e-nodes', nodes: 3 });
  await cluster.load(WEB_IMAGE_V1);
});
after(async () => cluster?.[Symbol.asyncDispose]());

interface Process {
  readonly pid: number;
  readonly running: boolean;
}

interface Status {
  readonly state: string;
  readonly server: Process;
  readonly supervisor: Process;
  readonly nodes: readonly { readonly name: string; readonly state: string; readonly agent: Process; readonly containerd: Process }[];
}

const get = async (...args: string[]): Promise<string> => (await cluster.kubectl(['get', ...args])).stdout;
const tryGet = async (...args: string[]): Promise<string> => (await cluster.kubectl(['get', '--request-timeout=5s', ...args], { mayFail: true })).stdout;
const status = async (): Promise<Status> => JSON.parse((await cluster.navarch(['status', '--name', cluster.name, '-o', 'json'], { mayFail: true })).stdout) as Status;
const readyNodes = async (): Promise<number> => [...(await tryGet('nodes', '--no-headers')).matchAll(/\sReady\s/g)].length;

test('pods spread, and traffic crosses nodes', async () => {
  await cluster.apply(webApplication('web', 6) + [1, 2, 3].map((index) => `---${shellPod(`shell-${index}`, `node-${index}`)}`).join(''));
  await cluster.kubectl(['rollout', 'status', 'deployment/web', '--timeout=90s']);
  const nodes = new Set((await get('pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].spec.nodeName}')).split(' '));
  assert.equal(nodes.size, 3);
  for (const shell of ['shell-1', 'shell-2', 'shell-3']) {
    await cluster.kubectl(['wait', '--for=condition=Ready', `pod/${shell}`, '--timeout=60s']);
    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) seen.add((await cluster.kubectl(['exec', shell, '--', 'wget', '-qO-', 'http://web'])).stdout);
    assert.ok(seen.size >= 5, `${shell} reached ${seen.size} of 6`);
  }
});

test('each process may be killed alone: it comes back, containers keep running', async () => {
  const uid = await get('pod', 'shell-1', '-o', 'jsonpath={.metadata.uid}');
  const containerId = async (): Promise<string> => tryGet('pod', 'shell-1', '-o', 'jsonpath={.status.containerStatuses[0].containerID}');
  const container = await containerId();
  for (const part of ['agent', 'containerd', 'server'] as const) {
    await cluster.kubectl(['create', 'configmap', `before-${part}`]);
    const before = await status();
    const victim = part === 'server' ? before.server : before.nodes[0]![part];
    process.kill(victim.pid, 'SIGKILL');
    await eventually(`${part} runs again`, async () => {
      const now = await status();
      const one = part === 'server' ? now.server : now.nodes[0]![part];
      return one.running && one.pid !== victim.pid;
    });
    await eventually('the API answers with what was written', async () => (await tryGet('configmap', `before-${part}`)).includes(`before-${part}`));
    await eventually('all nodes are Ready', async () => (await readyNodes()) === 3);
    assert.equal(await get('pod', 'shell-1', '-o', 'jsonpath={.metadata.uid}'), uid);
    assert.equal(await containerId(), container);
    await eventually('exec works', async () => (await cluster.kubectl(['exec', 'shell-1', '--', 'echo', 'alive'], { mayFail: true })).stdout === 'alive\n');
  }
});

test('a node that loses agent and containerd becomes NotReady, its pods are replaced, and it heals', async () => {
  await cluster.apply(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: mobile }
spec:
  replicas: 3
  selector: { matchLabels: { app: mobile } }
  template:
    metadata: { labels: { app: mobile } }
    spec:
      terminationGracePeriodSeconds: 1
      tolerations:
        - { key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 5 }
        - { key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 5 }
      containers: [{ name: main, image: ${WEB_IMAGE_V1} }]
`);
  await cluster.kubectl(['rollout', 'status', 'deployment/mobile', '--timeout=60s']);
  const node = (await status()).nodes.find((one) => one.name === 'node-3')!;
  process.kill(node.agent.pid, 'SIGKILL');
  process.kill(node.containerd.pid, 'SIGKILL');
  await eventually('NotReady', async () => /node-3\s+NotReady/.test(await tryGet('nodes')), 120_000);
  await eventually(
    'three others run elsewhere',
    async () => {
      const lines = (await tryGet('pods', '-l', 'app=mobile', '-o', 'jsonpath={range .items[*]}{.spec.nodeName},{.status.phase},{.metadata.deletionTimestamp}{"\\n"}{end}')).trim().split('\n');
      return lines.filter((line) => /^node-[12],Running,$/.test(line)).length === 3;
    },
    120_000,
  );
  assert.equal((await status()).nodes.find((one) => one.name === 'node-3')!.state, 'down');
  await cluster.navarch(['up', '--name', cluster.name]);
  await eventually('Ready again', async () => (await readyNodes()) === 3);
  await eventually('its old pods are gone', async () => !(await get('pods', '-l', 'app=mobile', '-o', 'wide')).includes('Terminating'), 60_000);
});

test('everything killed at once, and up brings it back with every object', async () => {
  await cluster.kubectl(['create', 'configmap', 'survivor', '--from-literal=a=b']);
  const before = await status();
  const all = [before.supervisor, before.server, ...before.nodes.flatMap((node) => [node.agent, node.containerd])];
  for (const one of all) process.kill(one.pid, 'SIGKILL');
  await cluster.navarch(['up', '--name', cluster.name]);
  assert.equal(await get('configmap', 'survivor', '-o', 'jsonpath={.data.a}'), 'b');
  await eventually('all nodes are Ready', async () => (await readyNodes()) === 3);
  await cluster.kubectl(['rollout', 'status', 'deployment/web', '--timeout=120s']);
});

test('down and up keep objects and images', async () => {
  await cluster.navarch(['down', '--name', cluster.name]);
  assert.equal((await status()).state, 'stopped');
  await cluster.navarch(['up', '--name', cluster.name]);
  assert.equal(await get('configmap', 'survivor', '-o', 'jsonpath={.data.a}'), 'b');
  await cluster.kubectl(['rollout', 'status', 'deployment/web', '--timeout=120s']);
  await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/shell-1', '--timeout=120s']);
});
