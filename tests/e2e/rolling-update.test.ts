/**
 * Issue points 2 and 3: rollouts, and a rolling update under load that loses no request.
 */
import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { after, before, test } from 'node:test';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { WEB_IMAGE_V1, WEB_IMAGE_V2 } from './fixture/images.ts';
import { webApplication } from './fixture/manifests.ts';

let cluster: TestCluster;

before(async () => {
  cluster = await startTestCluster({ name: 'e2e-rollout', nodes: 2 });
  await cluster.load(WEB_IMAGE_V1, WEB_IMAGE_V2);
  await cluster.apply(webApplication('web', 3, 'NodePort'));
  await cluster.kubectl(['rollout', 'status', 'deployment/web', '--timeout=60s']);
});
after(async () => cluster?.[Symbol.asyncDispose]());

/** Sends `perSecond` requests a second until stopped; counts answers by text and failures by reason. */
function startLoad(url: string, perSecond: number): { stop: () => Promise<{ answers: Map<string, number>; failures: string[]; sent: number }> } {
  const agent = new Agent({ keepAlive: false });
  const answers = new Map<string, number>();
  const failures: string[] = [];
  const running = new Set<Promise<void>>();
  let sent = 0;
  const send = async (): Promise<void> => {
    sent++;
    await new Promise<void>((resolve) => {
      const request = get(url, { agent, timeout: 10_000 }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('end', () => {
          const key = response.statusCode === 200 ? body.trim().split(' ')[1]! : `status ${response.statusCode}`;
          answers.set(key, (answers.get(key) ?? 0) + 1);
          resolve();
        });
        response.on('error', (error) => {
          failures.push(error.message);
          resolve();
        });
      });
      request.on('timeout', () => request.destroy(new Error('timeout')));
      request.on('error', (error) => {
        failures.push(error.message);
        resolve();
      });
    });
  };
  const timer = setInterval(() => {
    const promise = send();
    running.add(promise);
    void promise.then(() => running.delete(promise));
  }, 1000 / perSecond);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(running);
      agent.destroy();
      return { answers, failures, sent };
    },
  };
}

test('a rolling update under load loses not one request', async () => {
  const port = (await cluster.kubectl(['get', 'service', 'web', '-o', 'jsonpath={.spec.ports[0].nodePort}'])).stdout;
  const node = (await cluster.kubectl(['get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}'])).stdout;
  const load = startLoad(`http://${node}:${port}/`, 60);
  try {
    await cluster.kubectl(['set', 'image', 'deployment/web', `web=${WEB_IMAGE_V2}`]);
    await cluster.kubectl(['rollout', 'status', 'deployment/web', '--timeout=120s']);
  } finally {
    const { answers, failures, sent } = await load.stop();
    assert.deepEqual(failures, []);
    assert.deepEqual([...answers.keys()].toSorted(), ['v1', 'v2']);
    assert.equal((answers.get('v1') ?? 0) + (answers.get('v2') ?? 0), sent);
  }
});

test('history, undo, pause, resume and restart', async () => {
  const history = async (): Promise<string> => (await cluster.kubectl(['rollout', 'history', 'deployment/web'])).stdout;
  assert.match(await history(), /^deployment\.apps\/web\s+REVISION\s+CHANGE-CAUSE\n1\s+<none>\n2\s+<none>/m);
  await cluster.kubectl(['rollout', 'undo', 'deployment/web']);
  await cluster.kubectl(['rollout', 'status', 'deployment/web', '--timeout=120s']);
  const image = async (): Promise<string> => (await cluster.kubectl(['get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}'])).stdout;
  assert.equal(await image(), WEB_IMAGE_V1);
  assert.match(await history(), /\n2\s+<none>\n3\s+<none>/);
  await cluster.kubectl(['rollout', 'pause', 'deployment/web']);
  await cluster.kubectl(['set', 'image', 'deployment/web', `web=${WEB_IMAGE_V2}`]);
  assert.match((await cluster.kubectl(['get', 'deployment', 'web', '-o', 'jsonpath={.status.conditions[?(@.type=="Progressing")].reason}'])).stdout, /DeploymentPaused|NewReplicaSetAvailable/);
  await cluster.kubectl(['rollout', 'resume', 'deployment/web']);
  await cluster.kubectl(['rollout', 'status', 'deployment/web', '--timeout=120s']);
  assert.equal(await image(), WEB_IMAGE_V2);
  await cluster.kubectl(['rollout', 'restart', 'deployment/web']);
  await cluster.kubectl(['rollout', 'status', 'deployment/web', '--timeout=120s']);
  assert.match(await history(), /\n5\s+<none>/);
});
