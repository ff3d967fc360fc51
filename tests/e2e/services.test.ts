/**
 * Issue point 2: a Deployment of three replicas behind a Service, from every side.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { eventually, run } from './fixture/run.ts';
import { WEB_IMAGE_V1 } from './fixture/images.ts';
import { shellPod, webApplication } from './fixture/manifests.ts';

let cluster: TestCluster;

before(async () => {
  cluster = await startTestCluster({ name: 'e2e-services' });
  await cluster.load(WEB_IMAGE_V1);
  await cluster.apply(webApplication('web', 3, 'NodePort') + '---' + shellPod('shell'));
  await cluster.kubectl(['rollout', 'status', 'deployment/web', '--timeout=60s']);
  await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/shell', '--timeout=60s']);
});
after(async () => cluster?.[Symbol.asyncDispose]());

const jsonPath = async (...args: string[]): Promise<string> => (await cluster.kubectl(args)).stdout;
const inShell = async (...command: string[]): Promise<string> => (await cluster.kubectl(['exec', 'shell', '--', ...command])).stdout;

/** The distinct answers of `count` requests made by `ask`. */
async function answers(count: number, ask: () => Promise<string>): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) seen.add((await ask()).trim());
  return seen;
}

test('pods have addresses and the service spreads over all of them, by name from a pod', async () => {
  const ips = (await jsonPath('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].status.podIP}')).split(' ');
  assert.equal(new Set(ips).size, 3);
  for (const ip of ips) assert.match(ip, /^10\.244\./);
  const names = (await jsonPath('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ').map((name) => `${name} v1`);
  assert.deepEqual(await answers(40, async () => inShell('wget', '-qO-', 'http://web')), new Set(names));
});

test('the virtual address and the node port answer, from the host too', async () => {
  const ip = await jsonPath('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}');
  assert.match(await inShell('wget', '-qO-', `http://${ip}`), /^web-.* v1/);
  const port = await jsonPath('get', 'service', 'web', '-o', 'jsonpath={.spec.ports[0].nodePort}');
  const node = await jsonPath('get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}');
  const fromHost = await answers(40, async () => (await run('curl', ['-s', '--max-time', '5', `http://${node}:${port}`])).stdout);
  assert.equal(fromHost.size, 3);
});

test('names resolve as documented', async () => {
  const ip = await jsonPath('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}');
  // By the C library, as programs do: busybox's nslookup fails when one of the search names does.
  const resolve = async (name: string): Promise<string> => inShell('perl', '-e', 'use Socket; print inet_ntoa(inet_aton($ARGV[0]) or die)', name);
  for (const name of ['web', 'web.default', 'web.default.svc', 'web.default.svc.cluster.local']) assert.equal(await resolve(name), ip);
  assert.match(await inShell('cat', '/etc/resolv.conf'), /search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local\n(.*\n)*options ndots:5/);
});

test('a pod that is not ready gets no traffic, and gets it back', async () => {
  const pod = (await jsonPath('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  const podIp = await jsonPath('get', 'pod', pod, '-o', 'jsonpath={.status.podIP}');
  await inShell('wget', '-qO-', `http://${podIp}:8080/fail`);
  await cluster.kubectl(['wait', '--for=condition=Ready=false', `pod/${pod}`, '--timeout=30s']);
  const ready = async (): Promise<string> => jsonPath('get', 'endpoints', 'web', '-o', 'jsonpath={.subsets[*].addresses[*].ip}');
  await eventually('the pod leaves the endpoints', async () => !(await ready()).includes(podIp));
  assert.ok(!(await answers(30, async () => inShell('wget', '-qO-', 'http://web'))).has(`${pod} v1`));
  await inShell('wget', '-qO-', `http://${podIp}:8080/ok`);
  await eventually('the pod is back', async () => (await ready()).includes(podIp));
});

test('a killed container restarts and backs off', async () => {
  const pod = (await jsonPath('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  const podIp = await jsonPath('get', 'pod', pod, '-o', 'jsonpath={.status.podIP}');
  const restarts = async (): Promise<number> => Number(await jsonPath('get', 'pod', pod, '-o', 'jsonpath={.status.containerStatuses[0].restartCount}'));
  await cluster.kubectl(['exec', 'shell', '--', 'wget', '-qO-', `http://${podIp}:8080/exit/1`], { mayFail: true });
  await eventually('the first restart', async () => (await restarts()) === 1);
  await cluster.kubectl(['wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=60s']);
  await cluster.kubectl(['exec', 'shell', '--', 'wget', '-qO-', `http://${podIp}:8080/exit/1`], { mayFail: true });
  await eventually('back-off shows', async () => (await jsonPath('get', 'pod', pod)).includes('CrashLoopBackOff') || (await restarts()) === 2);
  await eventually('the back-off event', async () => /Back-off restarting failed container web/.test(await jsonPath('get', 'events')));
  await cluster.kubectl(['wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=90s']);
});

test('a deleted pod is replaced; scaling goes up and down', async () => {
  const names = async (): Promise<string[]> => (await jsonPath('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ').filter(Boolean);
  const [first] = await names();
  await cluster.kubectl(['delete', 'pod', first!]);
  await eventually('three others', async () => (await names()).length === 3 && !(await names()).includes(first!));
  await cluster.kubectl(['scale', 'deployment/web', '--replicas=5']);
  await cluster.kubectl(['rollout', 'status', 'deployment/web', '--timeout=60s']);
  assert.equal((await names()).length, 5);
  await cluster.kubectl(['scale', 'deployment/web', '--replicas=1']);
  await eventually('one left', async () => (await names()).length === 1);
  await cluster.kubectl(['scale', 'deployment/web', '--replicas=3']);
  await cluster.kubectl(['rollout', 'status', 'deployment/web', '--timeout=60s']);
});

test('no endpoints: connections are refused at once', async () => {
  await cluster.apply('apiVersion: v1\nkind: Service\nmetadata: { name: empty }\nspec: { selector: { app: nothing }, ports: [{ port: 80 }] }\n');
  const ip = await jsonPath('get', 'service', 'empty', '-o', 'jsonpath={.spec.clusterIP}');
  await eventually('refused', async () => {
    const started = performance.now();
    const { code, stderr } = await cluster.kubectl(['exec', 'shell', '--', 'nc', '-w', '5', ip, '80'], { mayFail: true });
    return code !== 0 && /refused/i.test(stderr) && performance.now() - started < 3_000;
  });
});
