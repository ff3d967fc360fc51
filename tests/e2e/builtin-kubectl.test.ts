/**
 * `navarch kubectl` against kubectl itself on the same cluster: the same output, the same exit code, the same words on standard error.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { WEB_IMAGE_V1 } from './fixture/images.ts';
import { READS, WATCHES, WRITES } from './fixture/kubectl-cases.ts';
import { laterKubectl } from './fixture/kubectl-releases.ts';
import { eventually, type Output, run } from './fixture/run.ts';

const OURS = `${fileURLToPath(new URL('../../navarch', import.meta.url))} kubectl`;
/** Where the real one works, and where ours. */
const [REAL_NAMESPACE, OWN_NAMESPACE] = ['cmp-a', 'cmp-b'];

const APPLICATION = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: ${WEB_IMAGE_V1}
          ports: [{ containerPort: 8080, name: http }]
          env: [{ name: A, value: b }, { name: MYNAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }]
          resources: { requests: { cpu: 10m, memory: 16Mi }, limits: { memory: 64Mi } }
          readinessProbe: { httpGet: { path: /healthz, port: http }, periodSeconds: 1, failureThreshold: 1 }
          volumeMounts: [{ name: tmp, mountPath: /scratch }, { name: conf, mountPath: /conf, readOnly: true }]
      volumes: [{ name: tmp, emptyDir: {} }, { name: conf, configMap: { name: conf } }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: http }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: conf }
data: { a: "1", b: "two\\nlines\\n" }
---
apiVersion: v1
kind: Pod
metadata: { name: two, labels: { app: two, tier: x } }
spec:
  terminationGracePeriodSeconds: 0
  initContainers: [{ name: init, image: ${WEB_IMAGE_V1}, command: [echo, initialised] }]
  containers:
    - { name: one, image: ${WEB_IMAGE_V1}, command: [sh, -c, "echo from one; sleep 3600"] }
    - { name: other, image: ${WEB_IMAGE_V1}, command: [sh, -c, "echo from other; sleep 3600"] }
---
apiVersion: v1
kind: Secret
metadata: { name: sec }
stringData: { user: admin, password: geheim }
---
apiVersion: v1
kind: Pod
metadata: { name: done, labels: { app: done } }
spec:
  restartPolicy: Never
  containers: [{ name: c, image: ${WEB_IMAGE_V1}, command: [sh, -c, "echo bye; exit 3"] }]
`;

/** What differs from run to run and from namespace to namespace. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/\bcmp-[ab]\b/g, 'NS'],
  [/\b(web|dep1)-[a-z0-9]{8,10}-[a-z0-9]{5}\b/g, '$1-HASH-POD'],
  [/\b(job1|cj-manual)-[a-z0-9]{5}\b/g, '$1-POD'],
  [/\b(web|dep1)-[a-z0-9]{8,10}\b/g, '$1-HASH'],
  [/\bkube-api-access-[a-z0-9]{5}\b/g, 'kube-api-access-X'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'UID'],
  [/(resourceVersion"?: )"\d+"/g, '$1"RV"'],
  [/(Resource Version: +)\d+/g, '$1RV'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  [/(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w+ \d{4} [\d:]+ [+-]\d{4}/g, 'DATE'],
  [/10\.(244|96)\.\d+\.\d+/g, '10.$1.IP'],
  [/containerd:\/\/[0-9a-f]{64}/g, 'containerd://ID'],
  // Ages, with what aligns them.
  [/(?<![\w.=-])(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s|\d+m|\d+h)(?=[\s)]|$) */gm, 'AGE '],
  [/pod-template-hash=\w+/g, 'pod-template-hash=H'],
  [/ +$/gm, ''],
];

/** Both outputs as one text. */
function comparable({ code, stdout, stderr }: Output): string {
  const text = `exit code ${code}\n${stdout}\n--- standard error\n${stderr}`;
  return VOLATILE.reduce((before, [pattern, replacement]) => before.replaceAll(pattern, replacement), text);
}

describe('navarch kubectl answers as kubectl does', () => {
  let cluster: TestCluster;
  let directory: string;
  let real: string;

  const shell = async (kubectl: string, namespace: string, command: string): Promise<Output> =>
    run('bash', ['-c', command], { env: { ...cluster.env, K: `${kubectl} -n ${namespace}`, NS: namespace, DIR: directory } });
  const compare = async (command: string, ownNamespace: string): Promise<void> => {
    const [theirs, ours] = await Promise.all([shell(real, REAL_NAMESPACE, command), shell(OURS, ownNamespace, command)]);
    assert.equal(comparable(ours), comparable(theirs));
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'navarch-builtin-'));
    await writeFile(join(directory, 'app.yaml'), APPLICATION);
    await writeFile(join(directory, 'envfile'), '# comment\nA=b\nC=d e\n');
    real = await laterKubectl(directory);
    cluster = await startTestCluster({ name: 'e2e-builtin' });
    await cluster.load(WEB_IMAGE_V1);
    for (const namespace of [REAL_NAMESPACE, OWN_NAMESPACE]) {
      await cluster.kubectl(['create', 'namespace', namespace]);
      await cluster.kubectl(['-n', namespace, 'apply', '-f', join(directory, 'app.yaml')]);
    }
    for (const namespace of [REAL_NAMESPACE, OWN_NAMESPACE]) {
      await cluster.kubectl(['-n', namespace, 'rollout', 'status', 'deployment/web', '--timeout=60s']);
      await cluster.kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'pod/two', '--timeout=60s']);
      await cluster.kubectl(['-n', namespace, 'wait', '--for=jsonpath={.status.phase}=Failed', 'pod/done', '--timeout=60s']);
    }
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  describe('reading', { concurrency: 3 }, () => {
    for (const command of READS) test(command, () => compare(command, REAL_NAMESPACE));
  });
  // Each is given more time than it needs, so all are given it together.
  describe('following', { concurrency: WATCHES.length }, () => {
    for (const command of WATCHES) test(command, () => compare(command, REAL_NAMESPACE));
  });

  for (const target of ['deployment/web :8080', 'service/web :80', 'pod/web-nope :80', 'deployment/web :nope', 'service/web :81', 'pod/done :80']) {
    test(`port-forward ${target}`, async () => {
      const outputs = await Promise.all([real, OURS].map(async (kubectl) => forward(`${kubectl} -n ${REAL_NAMESPACE} port-forward --address 127.0.0.1 ${target}`, cluster.env)));
      assert.equal(comparable(outputs[1]!), comparable(outputs[0]!));
    });
  }

  // Each builds on those before.
  for (const command of WRITES) test(command, () => compare(command, OWN_NAMESPACE));
});

/** Runs a forwarding until it fails, or has carried one request. */
async function forward(command: string, env: Readonly<Record<string, string>>): Promise<Output> {
  const child = spawn('bash', ['-c', `exec ${command}`], { env: { ...process.env, ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const port = await eventually('forwarding, or a refusal', async () => /127\.0\.0\.1:(\d+) ->/.exec(stdout)?.[1] ?? (child.exitCode === null ? undefined : 'refused'), 30_000);
  if (port !== 'refused') {
    const answer = await run('curl', ['-s', '--max-time', '5', `http://127.0.0.1:${port}/`]);
    stdout += answer.stdout;
    await eventually('the connection is reported', async () => stdout.includes('Handling connection'));
    child.kill('SIGINT');
  }
  const code = await ended;
  const lines = stdout.replaceAll(port, 'PORT').split('\n').toSorted().join('\n');
  return { code: port === 'refused' ? (code ?? 1) : 0, stdout: lines, stderr };
}
