/**
 * Issue points 5 and 6: what a pod can ask of its node, and a Job to completion.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { eventually } from './fixture/run.ts';
import { WEB_IMAGE_V1 } from './fixture/images.ts';

let cluster: TestCluster;

before(async () => {
  cluster = await startTestCluster({ name: 'e2e-pods' });
  await cluster.load(WEB_IMAGE_V1);
});
after(async () => cluster?.[Symbol.asyncDispose]());

const get = async (...args: string[]): Promise<string> => (await cluster.kubectl(['get', ...args])).stdout;
const pod = (name: string, spec: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} }, annotations: { note: "from the annotation" } }
spec:
  terminationGracePeriodSeconds: 0
${spec.replaceAll('IMAGE', WEB_IMAGE_V1)}
`;

test('a failing liveness probe restarts the container, a startup probe holds it off, tcp and exec probes count', async () => {
  await cluster.apply(
    pod(
      'probes',
      `
  containers:
    - name: main
      image: IMAGE
      startupProbe: { exec: { command: [test, -e, /tmp/started] }, periodSeconds: 1, failureThreshold: 60 }
      livenessProbe: { httpGet: { path: /healthz, port: 8080 }, periodSeconds: 1, failureThreshold: 1 }
      readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }`,
    ),
  );
  await eventually('running', async () => (await get('pod', 'probes', '-o', 'jsonpath={.status.phase}')) === 'Running');
  assert.equal(await get('pod', 'probes', '-o', 'jsonpath={.status.containerStatuses[0].started}'), 'false');
  await cluster.kubectl(['exec', 'probes', '--', 'touch', '/tmp/started']);
  await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/probes', '--timeout=30s']);
  await cluster.kubectl(['exec', 'probes', '--', 'wget', '-qO-', 'http://localhost:8080/fail']);
  await eventually('restarted', async () => (await get('pod', 'probes', '-o', 'jsonpath={.status.containerStatuses[0].restartCount}')) === '1');
  await eventually('events tell', async () => {
    const events = await get('events', '--field-selector', 'involvedObject.name=probes');
    return /Unhealthy.*Liveness probe failed: HTTP probe failed with statuscode: 500/.test(events) && /Killing.*Container main failed liveness probe, will be restarted/.test(events);
  });
});

test('init containers run in order before containers that share a volume and localhost', async () => {
  await cluster.apply(
    pod(
      'shared',
      `
  initContainers:
    - { name: one, image: IMAGE, command: [sh, -c, 'echo one > /data/log'], volumeMounts: [{ name: data, mountPath: /data }] }
    - { name: two, image: IMAGE, command: [sh, -c, 'echo two >> /data/log'], volumeMounts: [{ name: data, mountPath: /data }] }
  containers:
    - { name: server, image: IMAGE, volumeMounts: [{ name: data, mountPath: /data }] }
    - { name: side, image: IMAGE, command: [sleep, '3600'], volumeMounts: [{ name: data, mountPath: /seen }] }
  volumes: [{ name: data, emptyDir: {} }]`,
    ),
  );
  await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/shared', '--timeout=30s']);
  assert.equal((await cluster.kubectl(['exec', 'shared', '-c', 'side', '--', 'cat', '/seen/log'])).stdout, 'one\ntwo\n');
  assert.equal((await cluster.kubectl(['exec', 'shared', '-c', 'side', '--', 'wget', '-qO-', 'http://localhost:8080/'])).stdout, 'shared v1\n');
});

test('the service account token authenticates to the API from inside', async () => {
  await cluster.kubectl(['create', 'clusterrolebinding', 'view-default', '--clusterrole=view', '--serviceaccount=default:default']);
  await cluster.apply(pod('client', `\n  containers: [{ name: main, image: IMAGE, command: [sleep, '3600'] }]`));
  await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/client', '--timeout=30s']);
  const dir = '/var/run/secrets/kubernetes.io/serviceaccount';
  const exec = async (script: string): Promise<string> => (await cluster.kubectl(['exec', 'client', '--', 'sh', '-c', script])).stdout;
  assert.equal(await exec(`cat ${dir}/namespace`), 'default');
  assert.match(await exec(`cat ${dir}/ca.crt`), /BEGIN CERTIFICATE/);
  assert.match(await exec('nslookup kubernetes.default.svc.cluster.local'), new RegExp((await get('service', 'kubernetes', '-o', 'jsonpath={.spec.clusterIP}')).trim()));
  assert.match(await exec('echo $KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT'), /^10\.96\.0\.1:443$/m);
  // TLS needs a client the image does not have; the token is read inside and used from here.
  const token = await exec(`cat ${dir}/token`);
  const review = await cluster.kubectl(['get', 'pods', '--token', token, '--user', 'nobody'], { mayFail: true });
  assert.match(review.stdout + review.stderr, /client|nobody/);
  const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sub: string; 'kubernetes.io': { pod: { name: string } } };
  assert.equal(claims.sub, 'system:serviceaccount:default:default');
  assert.equal(claims['kubernetes.io'].pod.name, 'client');
});

test('the Downward API, hostPath and resource limits', async () => {
  await cluster.apply(
    pod(
      'facts',
      `
  containers:
    - name: main
      image: IMAGE
      resources: { requests: { cpu: 100m, memory: 32Mi }, limits: { cpu: 500m, memory: 64Mi } }
      env:
        - { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
        - { name: POD_IP, valueFrom: { fieldRef: { fieldPath: status.podIP } } }
        - { name: NODE, valueFrom: { fieldRef: { fieldPath: spec.nodeName } } }
        - { name: LIMIT, valueFrom: { resourceFieldRef: { resource: limits.memory } } }
        - { name: BOTH, value: $(POD_NAME)@$(NODE) }
      volumeMounts: [{ name: info, mountPath: /info }, { name: host, mountPath: /host }]
  volumes:
    - { name: info, downwardAPI: { items: [{ path: labels, fieldRef: { fieldPath: metadata.labels } }, { path: note, fieldRef: { fieldPath: "metadata.annotations['note']" } }] } }
    - { name: host, hostPath: { path: /etc, type: Directory } }`,
    ),
  );
  await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/facts', '--timeout=30s']);
  const exec = async (script: string): Promise<string> => (await cluster.kubectl(['exec', 'facts', '--', 'sh', '-c', script])).stdout;
  const ip = await get('pod', 'facts', '-o', 'jsonpath={.status.podIP}');
  const node = await get('pod', 'facts', '-o', 'jsonpath={.spec.nodeName}');
  assert.equal(await exec('echo $POD_NAME $POD_IP $NODE $LIMIT $BOTH'), `facts ${ip} ${node} 67108864 facts@${node}\n`);
  assert.equal(await exec('cat /info/labels; echo; cat /info/note'), 'app="facts"\nfrom the annotation');
  assert.match(await exec('ls /host'), /hostname/);
  assert.equal(await get('pod', 'facts', '-o', 'jsonpath={.status.qosClass}'), 'Burstable');
});

test('more memory than allowed ends in OOMKilled', async () => {
  await cluster.apply(
    pod(
      'greedy',
      `
  restartPolicy: Never
  containers:
    - name: main
      image: IMAGE
      command: [perl, -e, 'my $x = "x" x (256 * 1048576); print length $x; sleep 60']
      resources: { limits: { memory: 32Mi } }`,
    ),
  );
  await eventually('OOMKilled', async () => (await get('pod', 'greedy', '-o', 'jsonpath={.status.containerStatuses[0].state.terminated.reason}')) === 'OOMKilled');
  assert.equal(await get('pod', 'greedy', '-o', 'jsonpath={.status.containerStatuses[0].state.terminated.exitCode}'), '137');
});

test('a Job runs to completion in parallel and retries what fails', async () => {
  const job = (name: string, command: string, extra: string): string => `
apiVersion: batch/v1
kind: Job
metadata: { name: ${name} }
spec:
  ${extra}
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: ${WEB_IMAGE_V1}, command: [sh, -c, '${command}'] }]
`;
  await cluster.apply(job('done', 'echo work; exit 0', 'completions: 4\n  parallelism: 2'));
  await cluster.kubectl(['wait', '--for=condition=Complete', 'job/done', '--timeout=60s']);
  assert.equal(await get('job', 'done', '-o', 'jsonpath={.status.succeeded}'), '4');
  assert.match(await get('job', 'done'), /done\s+Complete\s+4\/4/);
  assert.match((await cluster.kubectl(['logs', 'job/done'])).stdout, /work/);
  await cluster.apply(job('fails', 'exit 3', 'backoffLimit: 1'));
  await cluster.kubectl(['wait', '--for=condition=Failed', 'job/fails', '--timeout=90s']);
  assert.equal(await get('job', 'fails', '-o', 'jsonpath={.status.conditions[?(@.type=="Failed")].reason}'), 'BackoffLimitExceeded');
  assert.equal(await get('job', 'fails', '-o', 'jsonpath={.status.failed}'), '2');
});

test('image errors say why', async () => {
  await cluster.apply(pod('missing', `\n  containers: [{ name: main, image: example.local/nothing:1 }]`));
  await eventually('ImagePullBackOff', async () => /ErrImagePull|ImagePullBackOff/.test(await get('pod', 'missing')));
  await cluster.apply(pod('never', `\n  containers: [{ name: main, image: example.local/nothing:1, imagePullPolicy: Never }]`));
  await eventually('ErrImageNeverPull', async () => (await get('pod', 'never')).includes('ErrImageNeverPull'));
  await cluster.apply(pod('noconfig', `\n  containers: [{ name: main, image: IMAGE, env: [{ name: X, valueFrom: { configMapKeyRef: { name: absent, key: x } } }] }]`));
  await eventually('CreateContainerConfigError', async () => (await get('pod', 'noconfig')).includes('CreateContainerConfigError'));
});
