/**
 * Storage of real pods: upstream's tutorial "StatefulSet Basics" on the built-in provisioner, and volumes that people made by hand.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startFakeDriver } from '#kubelet/testing/fake-csi-driver.ts';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { NGINX_IMAGE, WEB_IMAGE_V1, WEB_IMAGE_V2 } from './fixture/images.ts';
import { eventually, run } from './fixture/run.ts';

let cluster: TestCluster;

before(async () => {
  cluster = await startTestCluster({ name: 'e2e-storage', nodes: 2 });
  await cluster.load(NGINX_IMAGE, WEB_IMAGE_V1, WEB_IMAGE_V2);
});
after(async () => cluster?.[Symbol.asyncDispose]());

const get = async (...args: string[]): Promise<string> => (await cluster.kubectl(['get', ...args])).stdout.trim();
const exec = async (pod: string, script: string): Promise<string> => (await cluster.kubectl(['exec', pod, '--', 'sh', '-c', script])).stdout.trim();
const rollout = (): Promise<unknown> => cluster.kubectl(['rollout', 'status', 'statefulset/web', '--timeout=90s']);

const WEB = `
apiVersion: v1
kind: ConfigMap
metadata: { name: site }
data: { default.conf: "server { listen 80; root /usr/share/nginx/html; }" }
---
apiVersion: v1
kind: Service
metadata: { name: nginx, labels: { app: nginx } }
spec: { ports: [{ port: 80, name: web }], clusterIP: None, selector: { app: nginx } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: web }
spec:
  serviceName: nginx
  replicas: 2
  selector: { matchLabels: { app: nginx } }
  template:
    metadata: { labels: { app: nginx } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: nginx
          image: ${NGINX_IMAGE}
          ports: [{ containerPort: 80, name: web }]
          volumeMounts: [{ name: www, mountPath: /usr/share/nginx/html }, { name: site, mountPath: /etc/nginx/conf.d }]
      volumes: [{ name: site, configMap: { name: site } }]
  volumeClaimTemplates:
    - metadata: { name: www }
      spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
`;

test('StatefulSet basics: stable names and storage', async () => {
  await cluster.apply(WEB);
  await rollout();
  assert.equal(await get('pods', '-l', 'app=nginx', '-o', 'jsonpath={.items[*].metadata.name}'), 'web-0 web-1');
  assert.equal((await exec('web-0', 'hostname')) + (await exec('web-1', 'hostname')), 'web-0web-1');
  assert.match(await exec('web-0', 'nslookup web-1.nginx.default.svc.cluster.local'), /Name:\s+web-1\.nginx\.default\.svc\.cluster\.local/);
  assert.match(await get('pvc', '-l', 'app=nginx'), /www-web-0\s+Bound\s+pvc-[0-9a-f-]+\s+1Gi\s+RWO\s+standard/);
  for (const name of ['web-0', 'web-1']) {
    await exec(name, 'echo "$(hostname)" > /usr/share/nginx/html/index.html');
    assert.equal(await exec(name, 'wget -qO- http://localhost/'), name);
  }
  const nodeOf = (): Promise<string> => get('pod', 'web-0', '-o', 'jsonpath={.spec.nodeName}');
  const before = await nodeOf();
  await cluster.kubectl(['delete', 'pod', '-l', 'app=nginx']);
  await rollout();
  assert.equal(await exec('web-0', 'wget -qO- http://localhost/'), 'web-0', 'the data outlives the pod');
  assert.equal(await exec('web-1', 'wget -qO- http://web-0.nginx.default.svc.cluster.local/'), 'web-0');
  assert.equal(await nodeOf(), before);
});

test('scaling keeps the claims; what comes back finds its data', async () => {
  await cluster.kubectl(['scale', 'statefulset', 'web', '--replicas=4']);
  await rollout();
  await exec('web-3', 'echo three > /usr/share/nginx/html/index.html');
  await cluster.kubectl(['patch', 'statefulset', 'web', '-p', '{"spec":{"replicas":2}}']);
  await eventually('two pods', async () => (await get('pods', '-l', 'app=nginx', '-o', 'name')).split('\n').length === 2);
  assert.equal((await get('pvc', '-l', 'app=nginx', '-o', 'name')).split('\n').length, 4);
  await cluster.kubectl(['scale', 'statefulset', 'web', '--replicas=4']);
  await rollout();
  assert.equal(await exec('web-3', 'wget -qO- http://localhost/'), 'three');
  await cluster.kubectl(['scale', 'statefulset', 'web', '--replicas=2']);
  await eventually('two pods', async () => (await get('pods', '-l', 'app=nginx', '-o', 'name')).split('\n').length === 2);
});

test('down and up: pods come back with their data', async () => {
  await cluster.navarch(['down', '--name', cluster.name]);
  await cluster.navarch(['up', '--name', cluster.name, '--egress', 'off']);
  await rollout();
  await eventually('the page', async () => (await exec('web-0', 'wget -qO- http://localhost/')) === 'web-0');
  await cluster.apply(`
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: later }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
`);
  assert.match(await get('pvc', 'later'), /Pending/, 'it waits for its first consumer');
  assert.match(
    (await cluster.kubectl(['describe', 'pvc', 'later'])).stdout,
    /WaitForFirstConsumer\s.*waiting for first consumer to be created before binding/,
  );
});

test('a deleted claim takes its directory along, once no pod uses it', async () => {
  const volume = await get('pvc', 'www-web-1', '-o', 'jsonpath={.spec.volumeName}');
  const path = await get('pv', volume, '-o', 'jsonpath={.spec.local.path}');
  assert.ok(existsSync(path));
  await cluster.kubectl(['delete', 'pvc', 'www-web-1', '--wait=false']);
  assert.match(await get('pvc', 'www-web-1'), /Terminating/);
  await cluster.kubectl(['delete', 'statefulset', 'web']);
  await eventually('the volume to go', async () => (await cluster.kubectl(['get', 'pv', volume], { mayFail: true })).code !== 0);
  assert.ok(!existsSync(path));
  assert.equal(await get('pvc', 'www-web-0', '-o', 'jsonpath={.status.phase}'), 'Bound');
});

test('volumes by hand: a directory of the node through claim, subPath, fsGroup and read-only mount; an ephemeral claim', async () => {
  await cluster.apply(`
apiVersion: v1
kind: PersistentVolume
metadata: { name: task, labels: { type: local } }
spec:
  storageClassName: manual
  capacity: { storage: 10Gi }
  accessModes: [ReadWriteOnce]
  hostPath: { path: /tmp/e2e-storage-data, type: DirectoryOrCreate }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: task }
spec: { storageClassName: manual, accessModes: [ReadWriteOnce], resources: { requests: { storage: 3Gi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: task }
spec:
  terminationGracePeriodSeconds: 0
  securityContext: { fsGroup: 2000 }
  containers:
    - name: main
      image: ${WEB_IMAGE_V1}
      env: [{ name: NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }]
      volumeMounts:
        - { name: data, mountPath: /data }
        - { name: data, mountPath: /own, subPathExpr: pods/$(NAME) }
        - { name: data, mountPath: /seen, readOnly: true }
        - { name: scratch, mountPath: /scratch }
  volumes:
    - { name: data, persistentVolumeClaim: { claimName: task } }
    - name: scratch
      ephemeral: { volumeClaimTemplate: { metadata: { labels: { kind: scratch } }, spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } } } }
`);
  await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/task', '--timeout=60s']);
  assert.match(await get('pvc', 'task'), /Bound\s+task\s+10Gi\s+RWO\s+manual/);
  assert.equal(
    await exec('task', 'echo hello > /own/file; cat /data/pods/task/file; echo more > /seen/no 2>/dev/null || echo refused'),
    'hello\nrefused',
  );
  assert.equal(await exec('task', 'stat -c "%g %a" /scratch'), '2000 2777');
  assert.equal(await get('pvc', '-l', 'kind=scratch', '-o', 'jsonpath={.items[0].metadata.name}'), 'task-scratch');
  await cluster.kubectl(['delete', 'pod', 'task']);
  await eventually('the ephemeral claim to go', async () => (await get('pvc', '-l', 'kind=scratch', '-o', 'name')) === '');
  await cluster.kubectl(['delete', 'pvc', 'task']);
  await eventually('Released', async () => (await get('pv', 'task', '-o', 'jsonpath={.status.phase}')) === 'Released');
  await cluster.kubectl(['delete', 'pv', 'task']);
  await rm('/tmp/e2e-storage-data', { recursive: true, force: true });
});

test('a claim grows on request', async () => {
  const patch = JSON.stringify({ spec: { resources: { requests: { storage: '2Gi' } } } });
  await cluster.kubectl(['patch', 'pvc', 'www-web-0', '-p', patch]);
  await eventually('the new size', async () => (await get('pvc', 'www-web-0', '-o', 'jsonpath={.status.capacity.storage}')) === '2Gi');
  assert.match((await cluster.kubectl(['describe', 'pvc', 'www-web-0'])).stdout, /VolumeResizeSuccessful\s.*Resize volume succeeded/);
});

test('a block device reaches a container as a device', async (context) => {
  const image = '/tmp/e2e-storage-block.img';
  await run('truncate', ['-s', '4M', image]);
  const attached = await run('losetup', ['-f', '--show', image]);
  if (attached.code !== 0) {
    await rm(image, { force: true });
    context.skip('this machine has no loop devices');
    return;
  }
  const device = attached.stdout.trim();
  try {
    const node = await get('nodes', '-o', 'jsonpath={.items[0].metadata.name}');
    await cluster.apply(`
apiVersion: v1
kind: PersistentVolume
metadata: { name: raw }
spec:
  storageClassName: ""
  capacity: { storage: 4Mi }
  accessModes: [ReadWriteOnce]
  volumeMode: Block
  local: { path: ${device} }
  claimRef: { namespace: default, name: raw }
  nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: kubernetes.io/hostname, operator: In, values: [${node}] }] }] } }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: raw }
spec: { storageClassName: "", volumeMode: Block, accessModes: [ReadWriteOnce], resources: { requests: { storage: 4Mi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: raw }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: main, image: ${WEB_IMAGE_V1}, volumeDevices: [{ name: disk, devicePath: /dev/xvda }] }]
  volumes: [{ name: disk, persistentVolumeClaim: { claimName: raw } }]
`);
    await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/raw', '--timeout=60s']);
    assert.equal(await exec('raw', 'echo -n hello | dd of=/dev/xvda conv=fsync 2>/dev/null; dd if=/dev/xvda bs=5 count=1 2>/dev/null'), 'hello');
    assert.equal(await get('pod', 'raw', '-o', 'jsonpath={.spec.nodeName}'), node);
    await cluster.kubectl(['delete', 'pod', 'raw']);
    await cluster.kubectl(['delete', 'pvc', 'raw']);
  } finally {
    await run('losetup', ['-d', device]);
    await rm(image, { force: true });
  }
});

test('mounts made in a container spread as its mountPropagation says', async () => {
  await cluster.apply(`
apiVersion: v1
kind: Pod
metadata: { name: mounts }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: maker
      image: ${WEB_IMAGE_V1}
      command: [sh, -c, 'mkdir -p /shared/sub && mount -t tmpfs none /shared/sub && touch /shared/sub/made && sleep 3600']
      securityContext: { privileged: true }
      volumeMounts: [{ name: shared, mountPath: /shared, mountPropagation: Bidirectional }]
    - name: seeing
      image: ${WEB_IMAGE_V1}
      command: [sleep, '3600']
      volumeMounts: [{ name: shared, mountPath: /shared, mountPropagation: HostToContainer }]
  volumes: [{ name: shared, emptyDir: {} }]
`);
  await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/mounts', '--timeout=60s']);
  await eventually(
    'the mount to be seen',
    async () => (await cluster.kubectl(['exec', 'mounts', '-c', 'seeing', '--', 'ls', '/shared/sub'], { mayFail: true })).stdout.trim() === 'made',
  );
  await cluster.kubectl(['exec', 'mounts', '-c', 'maker', '--', 'sh', '-c', 'umount /shared/sub || true'], { mayFail: true });
  await cluster.kubectl(['delete', 'pod', 'mounts']);
  await eventually('the pod to go', async () => (await cluster.kubectl(['get', 'pod', 'mounts'], { mayFail: true })).code !== 0);
});

test('a CSI driver on a node: registered, attached, published, taken down again', async () => {
  const name = 'disk.example.com';
  const home = join(cluster.env['NAVARCH_HOME']!, 'clusters', cluster.name, 'nodes/node-1');
  await using driver = await startFakeDriver({
    name,
    directory: join(home, 'fake-csi'),
    registrationDirectory: join(home, 'kubelet/plugins_registry'),
    maxVolumes: 1,
  });
  await eventually(
    'the registration',
    async () => (await cluster.kubectl(['get', 'csinode', 'node-1', '-o', 'jsonpath={.spec.drivers[*].name}'], { mayFail: true })).stdout === name,
  );
  const claim = (of: string): string => `
---
apiVersion: v1
kind: PersistentVolume
metadata: { name: ${of} }
spec:
  storageClassName: ""
  capacity: { storage: 1Gi }
  accessModes: [ReadWriteOnce]
  csi: { driver: ${name}, volumeHandle: handle-${of} }
  claimRef: { namespace: default, name: ${of} }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ${of} }
spec: { storageClassName: "", accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: ${of} }
spec:
  nodeSelector: { kubernetes.io/hostname: node-1 }
  terminationGracePeriodSeconds: 0
  containers: [{ name: main, image: ${WEB_IMAGE_V1}, volumeMounts: [{ name: disk, mountPath: /disk }] }]
  volumes: [{ name: disk, persistentVolumeClaim: { claimName: ${of} } }]
`;
  await cluster.apply(`apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: { name: ${name} }
spec: { attachRequired: true }${claim('csi-one')}`);
  // The attacher's part, which drivers bring along.
  const attachment = await eventually(
    'the attachment',
    async () => (await get('volumeattachments', '-o', 'jsonpath={.items[*].metadata.name}')) || undefined,
  );
  assert.equal(await get('pod', 'csi-one', '-o', 'jsonpath={.status.phase}'), 'Pending');
  await cluster.kubectl(['patch', 'volumeattachment', attachment, '--subresource=status', '--type=merge', '-p', '{"status":{"attached":true}}']);
  await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/csi-one', '--timeout=60s']);
  assert.equal(await exec('csi-one', 'cat /disk/volume'), 'handle-csi-one');
  const unique = `kubernetes.io/csi/${name}^handle-csi-one`;
  assert.deepEqual((await get('node', 'node-1', '-o', 'jsonpath={.status.volumesAttached[*].name} {.status.volumesInUse[*]}')).split(' '), [
    unique,
    unique,
  ]);
  assert.match(
    (await cluster.kubectl(['describe', 'pod', 'csi-one'])).stdout,
    /SuccessfulAttachVolume\s.*AttachVolume\.Attach succeeded for volume "csi-one"/,
  );
  await cluster.apply(claim('csi-two').slice(4));
  // The event may still tell of an earlier cycle, before the claim was bound: a series keeps its first note.
  await eventually('the limit to be told', async () => /node\(s\) exceed max volume count/.test(await get('pod', 'csi-two', '-o', 'jsonpath={.status.conditions[*].message}')));
  await cluster.kubectl(['delete', 'pod', 'csi-one']);
  await eventually(
    'the first attachment to go',
    async () => !(await get('volumeattachments', '-o', 'jsonpath={.items[*].metadata.name}')).includes(attachment),
  );
  assert.deepEqual(driver.calls.slice(0, 4), [
    'stage handle-csi-one  singleNodeWriter',
    'publish handle-csi-one',
    'unpublish handle-csi-one',
    'unstage handle-csi-one',
  ]);
  await cluster.kubectl(['delete', 'pod', 'csi-two', '--wait=false']);
  await cluster.kubectl(['delete', 'pvc', 'csi-one', 'csi-two']);
});
