/**
 * Configuration and storage: Redis by ConfigMap, a PersistentVolume by hand, a projected volume, quotas and limit ranges.
 *
 * Source: kubernetes.io, docs/tutorials/configuration/configure-redis-using-configmap, docs/tasks/configure-pod-container, docs/tasks/administer-cluster/manage-resources, docs/tasks/administer-cluster/quota-api-object.
 */
import assert from 'node:assert/strict';
import type { Terminal } from '../fixture/terminal.ts';
import type { Task } from './task.ts';

const redisConfig = (value: string): string => `apiVersion: v1
kind: ConfigMap
metadata:
  name: example-redis-config
data:
  redis-config: ${value}
`;

const REDIS_POD = `apiVersion: v1
kind: Pod
metadata:
  name: redis
spec:
  containers:
  - name: redis
    image: redis:8.0.2
    command:
      - redis-server
      - "/redis-master/redis.conf"
    env:
    - name: MASTER
      value: "true"
    ports:
    - containerPort: 6379
    resources:
      limits:
        cpu: "0.1"
    volumeMounts:
    - mountPath: /redis-master-data
      name: data
    - mountPath: /redis-master
      name: config
  volumes:
    - name: data
      emptyDir: {}
    - name: config
      configMap:
        name: example-redis-config
        items:
        - key: redis-config
          path: redis.conf
`;

const redis: Task = {
  title: 'Configuring Redis using a ConfigMap',
  namespace: 'redis-config',
  async run(shell) {
    await shell.save('example-redis-config.yaml', redisConfig('""'));
    await shell.save('redis-pod.yaml', REDIS_POD);
    assert.equal(await shell.type('kubectl apply -f example-redis-config.yaml && kubectl apply -f redis-pod.yaml'), 'configmap/example-redis-config created\npod/redis created\n');
    await shell.until('kubectl get pod/redis configmap/example-redis-config', /^NAME +READY +STATUS +RESTARTS +AGE\npod\/redis +1\/1 +Running +0 +\d+s\n\nNAME +DATA +AGE\nconfigmap\/example-redis-config +1 +\d+s\n$/);
    assert.match(await shell.type('kubectl describe configmap/example-redis-config'), /^Name: +example-redis-config\nNamespace: +redis-config\nLabels: +<none>\nAnnotations: +<none>\n\nData\n====\nredis-config:\n----\n\n/);
    const settings = async (): Promise<string> => shell.until("printf 'CONFIG GET maxmemory\\nCONFIG GET maxmemory-policy\\n' | kubectl exec -i redis -- redis-cli --no-raw", /maxmemory-policy/);
    const untouched = '1) "maxmemory"\n2) "0"\n1) "maxmemory-policy"\n2) "noeviction"\n';
    assert.equal(await settings(), untouched);
    await shell.save('example-redis-config.yaml', redisConfig('|\n    maxmemory 2mb\n    maxmemory-policy allkeys-lru'));
    assert.equal(await shell.type('kubectl apply -f example-redis-config.yaml'), 'configmap/example-redis-config configured\n');
    assert.match(await shell.type('kubectl describe configmap/example-redis-config'), /\nData\n====\nredis-config:\n----\nmaxmemory 2mb\nmaxmemory-policy allkeys-lru\n/);
    assert.equal(await settings(), untouched, 'only a new pod reads it');
    await shell.type('kubectl delete pod redis && kubectl apply -f redis-pod.yaml && kubectl wait --for=condition=Ready pod/redis --timeout=60s');
    assert.equal(await settings(), '1) "maxmemory"\n2) "2097152"\n1) "maxmemory-policy"\n2) "allkeys-lru"\n');
    assert.match(await shell.type('kubectl delete pod/redis configmap/example-redis-config'), /^pod "redis" deleted.*\nconfigmap "example-redis-config" deleted/);
  },
};

const persistentVolume = (path: string): string => `apiVersion: v1
kind: PersistentVolume
metadata:
  name: task-pv-volume
  labels:
    type: local
spec:
  storageClassName: manual
  capacity:
    storage: 10Gi
  accessModes:
    - ReadWriteOnce
  hostPath:
    path: "${path}"
`;

const PV_CLAIM = `apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: task-pv-claim
spec:
  storageClassName: manual
  accessModes:
    - ReadWriteOnce
  resources:
    requests:
      storage: 3Gi
`;

const PV_POD = `apiVersion: v1
kind: Pod
metadata:
  name: task-pv-pod
spec:
  volumes:
    - name: task-pv-storage
      persistentVolumeClaim:
        claimName: task-pv-claim
  containers:
    - name: task-pv-container
      image: nginx
      ports:
        - containerPort: 80
          name: "http-server"
      volumeMounts:
        - mountPath: "/usr/share/nginx/html"
          name: task-pv-storage
`;

const persistent: Task = {
  title: 'Configure a Pod to Use a PersistentVolume for Storage',
  namespace: 'persistent',
  async run(shell) {
    // The page's directory is /mnt/data; nodes see this machine's files, so it is one of the test's own.
    const data = (await shell.type('mkdir data && realpath data')).trim();
    await shell.type(`chmod 755 . data && echo 'Hello from Kubernetes storage' > data/index.html`);
    await shell.save('pv-volume.yaml', persistentVolume(data));
    await shell.save('pv-claim.yaml', PV_CLAIM);
    await shell.save('pv-pod.yaml', PV_POD);
    await shell.type('kubectl apply -f pv-volume.yaml');
    const columns = 'NAME +CAPACITY +ACCESS MODES +RECLAIM POLICY +STATUS +CLAIM +STORAGECLASS +VOLUMEATTRIBUTESCLASS +REASON +AGE';
    await shell.until('kubectl get pv task-pv-volume', new RegExp(`^${columns}\ntask-pv-volume +10Gi +RWO +Retain +Available +manual +<unset> +\\d+s\n$`));
    await shell.type('kubectl apply -f pv-claim.yaml');
    await shell.until('kubectl get pv task-pv-volume', new RegExp(`^${columns}\ntask-pv-volume +10Gi +RWO +Retain +Bound +persistent/task-pv-claim +manual +<unset> +\\d+s\n$`));
    await shell.until('kubectl get pvc task-pv-claim', /^NAME +STATUS +VOLUME +CAPACITY +ACCESS MODES +STORAGECLASS +VOLUMEATTRIBUTESCLASS +AGE\ntask-pv-claim +Bound +task-pv-volume +10Gi +RWO +manual +<unset> +\d+s\n$/);
    await shell.type('kubectl apply -f pv-pod.yaml');
    await shell.until('kubectl get pod task-pv-pod', /^task-pv-pod +1\/1 +Running +0 /m);
    assert.match(await shell.onTty('kubectl exec -it task-pv-pod -- /bin/bash', 'curl http://localhost/\nexit\n'), /Hello from Kubernetes storage\r?\n/);
    await shell.type('kubectl delete pod task-pv-pod && kubectl delete pvc task-pv-claim && kubectl delete pv task-pv-volume');
    assert.equal(await shell.type('cat data/index.html'), 'Hello from Kubernetes storage\n');
  },
};

const PROJECTED = `apiVersion: v1
kind: Pod
metadata:
  name: test-projected-volume
spec:
  containers:
  - name: test-projected-volume
    image: busybox:1.28
    args:
    - sleep
    - "86400"
    volumeMounts:
    - name: all-in-one
      mountPath: "/projected-volume"
      readOnly: true
  volumes:
  - name: all-in-one
    projected:
      sources:
      - secret:
          name: user
      - secret:
          name: pass
`;

const projected: Task = {
  title: 'Configure a Pod to Use a Projected Volume for Storage',
  namespace: 'projected',
  async run(shell) {
    await shell.save('projected.yaml', PROJECTED);
    await shell.type('echo -n "admin" > ./username.txt; echo -n "1f2d1e2e67df" > ./password.txt');
    assert.equal(await shell.type('kubectl create secret generic user --from-file=./username.txt; kubectl create secret generic pass --from-file=./password.txt'), 'secret/user created\nsecret/pass created\n');
    await shell.type('kubectl apply -f projected.yaml');
    await shell.until('kubectl get pod test-projected-volume', /^NAME +READY +STATUS +RESTARTS +AGE\ntest-projected-volume +1\/1 +Running +0 +\d+s\n$/);
    assert.match(await shell.onTty('kubectl exec -it test-projected-volume -- /bin/sh', 'ls /projected-volume/\ncat /projected-volume/password.txt\nexit\n'), /password\.txt +username\.txt[^]*1f2d1e2e67df/);
    await shell.type('kubectl delete pod test-projected-volume --wait=false && kubectl delete secret user pass');
  },
};

const container = (name: string, resources: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
spec:
  containers:
  - name: ${name}-ctr
    image: nginx
    resources: ${resources}
`;

const MEMORY_CONSTRAINTS = `apiVersion: v1
kind: LimitRange
metadata:
  name: mem-min-max-demo-lr
spec:
  limits:
  - max:
      memory: 1Gi
    min:
      memory: 500Mi
    type: Container
`;
const CPU_DEFAULTS = `apiVersion: v1
kind: LimitRange
metadata:
  name: cpu-limit-range
spec:
  limits:
  - default:
      cpu: 1
    defaultRequest:
      cpu: 0.5
    type: Container
`;

/** Creates what must not be; answers what kubectl says. */
async function refused(shell: Terminal, name: string, manifest: string): Promise<string> {
  await shell.save(`${name}.yaml`, manifest);
  const { code, stderr } = await shell.tries(`kubectl apply -f ${name}.yaml`);
  assert.equal(code, 1);
  return stderr;
}

const limitRanges: Task = {
  title: 'Configure Minimum and Maximum Memory Constraints, and Default CPU Requests and Limits, for a Namespace',
  namespace: 'constraints-mem-example',
  async run(shell) {
    await shell.save('memory-constraints.yaml', MEMORY_CONSTRAINTS);
    await shell.type('kubectl apply -f memory-constraints.yaml');
    assert.match(await shell.type('kubectl get limitrange mem-min-max-demo-lr --output=yaml'), / {2}limits:\n {2}- default:\n {6}memory: 1Gi\n {4}defaultRequest:\n {6}memory: 1Gi\n {4}max:\n {6}memory: 1Gi\n {4}min:\n {6}memory: 500Mi\n {4}type: Container\n/);
    await shell.save('memory-constraints-pod.yaml', container('constraints-mem-demo', '{ limits: { memory: 800Mi }, requests: { memory: 600Mi } }'));
    await shell.type('kubectl apply -f memory-constraints-pod.yaml');
    assert.match(await shell.type('kubectl get pod constraints-mem-demo --output=yaml'), /resources:\n +limits:\n +memory: 800Mi\n +requests:\n +memory: 600Mi\n/);
    assert.equal(
      await refused(shell, 'memory-constraints-pod-2', container('constraints-mem-demo-2', '{ limits: { memory: 1.5Gi }, requests: { memory: 800Mi } }')),
      'Error from server (Forbidden): error when creating "memory-constraints-pod-2.yaml": pods "constraints-mem-demo-2" is forbidden: maximum memory usage per Container is 1Gi, but limit is 1536Mi\n',
    );
    assert.equal(
      await refused(shell, 'memory-constraints-pod-3', container('constraints-mem-demo-3', '{ limits: { memory: 800Mi }, requests: { memory: 100Mi } }')),
      'Error from server (Forbidden): error when creating "memory-constraints-pod-3.yaml": pods "constraints-mem-demo-3" is forbidden: minimum memory usage per Container is 500Mi, but request is 100Mi\n',
    );
    await shell.save('memory-constraints-pod-4.yaml', container('constraints-mem-demo-4', '{}'));
    await shell.type('kubectl apply -f memory-constraints-pod-4.yaml');
    assert.match(await shell.type('kubectl get pod constraints-mem-demo-4 --output=yaml'), /kubernetes\.io\/limit-ranger: 'LimitRanger plugin set: memory request for\s+container\s+constraints-mem-demo-4-ctr; memory limit for container constraints-mem-demo-4-ctr'[^]*resources:\n +limits:\n +memory: 1Gi\n +requests:\n +memory: 1Gi\n/);
    await shell.type('kubectl delete limitrange mem-min-max-demo-lr');
    await shell.save('cpu-defaults.yaml', CPU_DEFAULTS);
    await shell.type('kubectl apply -f cpu-defaults.yaml');
    for (const [name, resources, wanted] of [
      ['default-cpu-demo', '{}', /limits:\n +cpu: "1"\n +requests:\n +cpu: 500m\n/],
      ['default-cpu-demo-2', '{ limits: { cpu: "1" } }', /limits:\n +cpu: "1"\n +requests:\n +cpu: "1"\n/],
      ['default-cpu-demo-3', '{ requests: { cpu: "0.75" } }', /limits:\n +cpu: "1"\n +requests:\n +cpu: 750m\n/],
    ] as const) {
      await shell.save(`${name}.yaml`, container(name, resources));
      await shell.type(`kubectl apply -f ${name}.yaml`);
      assert.match(await shell.type(`kubectl get pod ${name} --output=yaml`), wanted);
    }
    await shell.type('kubectl delete pods --all --now --wait=false');
  },
};

const quota = (name: string, hard: Readonly<Record<string, string>>): string => `apiVersion: v1
kind: ResourceQuota
metadata:
  name: ${name}
spec:
  hard:
${Object.entries(hard).map(([key, value]) => `    ${key}: ${value}\n`).join('')}`;

const QUOTA_DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: pod-quota-demo
spec:
  selector:
    matchLabels:
      purpose: quota-demo
  replicas: 3
  template:
    metadata:
      labels:
        purpose: quota-demo
    spec:
      containers:
      - name: pod-quota-demo
        image: nginx
`;

const quotaClaim = (name: string): string => `apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: ${name}
spec:
  storageClassName: manual
  accessModes:
    - ReadWriteOnce
  resources:
    requests:
      storage: 3Gi
`;

const quotas: Task = {
  title: 'Configure Quotas for a Namespace: memory and CPU, pods, API objects',
  namespace: 'quota-mem-cpu-example',
  async run(shell) {
    await shell.save('quota-mem-cpu.yaml', quota('mem-cpu-demo', { 'requests.cpu': '"1"', 'requests.memory': '1Gi', 'limits.cpu': '"2"', 'limits.memory': '2Gi' }));
    await shell.type('kubectl apply -f quota-mem-cpu.yaml');
    await shell.save('quota-mem-cpu-pod.yaml', container('quota-mem-cpu-demo', '{ limits: { memory: 800Mi, cpu: 800m }, requests: { memory: 600Mi, cpu: 400m } }'));
    await shell.type('kubectl apply -f quota-mem-cpu-pod.yaml');
    await shell.until(
      'kubectl get resourcequota mem-cpu-demo --output=yaml',
      /status:\n {2}hard:\n {4}limits\.cpu: "2"\n {4}limits\.memory: 2Gi\n {4}requests\.cpu: "1"\n {4}requests\.memory: 1Gi\n {2}used:\n {4}limits\.cpu: 800m\n {4}limits\.memory: 800Mi\n {4}requests\.cpu: 400m\n {4}requests\.memory: 600Mi\n/,
    );
    assert.equal(
      await refused(shell, 'quota-mem-cpu-pod-2', container('quota-mem-cpu-demo-2', '{ limits: { memory: 1Gi, cpu: 800m }, requests: { memory: 700Mi, cpu: 400m } }')),
      'Error from server (Forbidden): error when creating "quota-mem-cpu-pod-2.yaml": pods "quota-mem-cpu-demo-2" is forbidden: exceeded quota: mem-cpu-demo, requested: requests.memory=700Mi, used: requests.memory=600Mi, limited: requests.memory=1Gi\n',
    );
    await shell.type('kubectl delete resourcequota mem-cpu-demo && kubectl delete pod quota-mem-cpu-demo --now');
    await shell.save('quota-pod.yaml', quota('pod-demo', { pods: '"2"' }));
    await shell.save('quota-pod-deployment.yaml', QUOTA_DEPLOYMENT);
    await shell.type('kubectl apply -f quota-pod.yaml && kubectl apply -f quota-pod-deployment.yaml');
    const deployment = await shell.until('kubectl get deployment pod-quota-demo --output=yaml', /^ {2}availableReplicas: 2\n/m);
    assert.match(deployment, /message: 'pods "pod-quota-demo-\w+-\w{5}"\s+is\s+forbidden:\s+exceeded\s+quota:\s+pod-demo,\s+requested:\s+pods=1,\s+used:\s+pods=2,\s+limited:\s+pods=2'\n +reason: FailedCreate\n +status: "True"\n +type: ReplicaFailure\n/);
    await shell.type('kubectl delete deployment pod-quota-demo && kubectl delete resourcequota pod-demo');
    await shell.save('quota-objects.yaml', quota('object-quota-demo', { persistentvolumeclaims: '"1"', 'services.loadbalancers': '"2"', 'services.nodeports': '"0"' }));
    await shell.save('quota-objects-pvc.yaml', quotaClaim('pvc-quota-demo'));
    await shell.type('kubectl apply -f quota-objects.yaml && kubectl apply -f quota-objects-pvc.yaml');
    assert.match(await shell.type('kubectl get persistentvolumeclaims'), /^pvc-quota-demo +Pending/m);
    assert.equal(
      await refused(shell, 'quota-objects-pvc-2', quotaClaim('pvc-quota-demo-2')),
      'Error from server (Forbidden): error when creating "quota-objects-pvc-2.yaml": persistentvolumeclaims "pvc-quota-demo-2" is forbidden: exceeded quota: object-quota-demo, requested: persistentvolumeclaims=1, used: persistentvolumeclaims=1, limited: persistentvolumeclaims=1\n',
    );
  },
};

/** All of them. */
export const configurationTasks: readonly Task[] = [redis, persistent, projected, limitRanges, quotas];
