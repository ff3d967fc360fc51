/**
 * "StatefulSet Basics": ordered creation, identities, storage, scaling, updates in stages, both ways to delete, and parallel pods.
 *
 * Source: kubernetes.io, docs/tutorials/stateful-application/basic-stateful-set.
 */
import assert from 'node:assert/strict';
import type { Terminal } from '../fixture/terminal.ts';
import type { Task } from './task.ts';

const web = (image: string, policy = ''): string => `apiVersion: v1
kind: Service
metadata:
  name: nginx
  labels:
    app: nginx
spec:
  ports:
  - port: 80
    name: web
  clusterIP: None
  selector:
    app: nginx
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: web
spec:
  serviceName: "nginx"
${policy}  replicas: 2
  selector:
    matchLabels:
      app: nginx
  template:
    metadata:
      labels:
        app: nginx
    spec:
      containers:
      - name: nginx
        image: ${image}
        ports:
        - containerPort: 80
          name: web
        volumeMounts:
        - name: www
          mountPath: /usr/share/nginx/html
  volumeClaimTemplates:
  - metadata:
      name: www
    spec:
      accessModes: [ "ReadWriteOnce" ]
      resources:
        requests:
          storage: 1Gi
`;
const V21 = 'registry.k8s.io/nginx-slim:0.21';
const V24 = 'registry.k8s.io/nginx-slim:0.24';

const RUNNING = (name: string): string => `${name} +1/1 +Running +0 +\\S+\n`;
const running = (...names: readonly string[]): RegExp => new RegExp(`^NAME +READY +STATUS +RESTARTS +AGE\n${names.map(RUNNING).join('')}$`);
const imagesOf = async (shell: Terminal): Promise<string> =>
  shell.type(`for p in 0 1 2; do kubectl get pod "web-$p" --template '{{range $i, $c := .spec.containers}}{{$c.image}}{{end}}'; echo; done`);
const replaceImage = (image: string): string =>
  `kubectl patch statefulset web --type='json' -p='[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value":"${image}"}]'`;
const partition = (at: number): string => `kubectl patch statefulset web -p '{"spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":${at}}}}}'`;
const PATCHED = 'statefulset.apps/web patched\n';

/** What a watch of the set's pods must show, in order: each pod goes only once the one before is where it should be. */
const inOrder = (...steps: readonly string[]): RegExp => new RegExp(steps.map((step) => `^${step}`).join('(?:.*\n)*?'), 'm');
const starts = (name: string): string[] => [`${name} +0/1 +Pending`, `${name} +0/1 +ContainerCreating`, `${name} +1/1 +Running`];

async function create(shell: Terminal): Promise<void> {
  await using watch = shell.start('kubectl get pods --watch -l app=nginx');
  assert.equal(await shell.type('kubectl apply -f web.yaml'), 'service/nginx created\nstatefulset.apps/web created\n');
  assert.match(await shell.type('kubectl get service nginx'), /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nnginx +ClusterIP +None +<none> +80\/TCP +\d+s\n$/);
  assert.match(await shell.type('kubectl get statefulset web'), /^NAME +READY +AGE\nweb +[012]\/2 +\d+s\n$/);
  const [text] = await watch.printed(inOrder(...starts('web-0'), ...starts('web-1')), 90_000);
  assert.doesNotMatch(text.slice(0, text.search(/^web-0 +1\/1/m)), /^web-1/m, 'web-1 waits for web-0');
}

async function identities(shell: Terminal): Promise<void> {
  assert.match(await shell.type('kubectl get pods -l app=nginx'), running('web-0', 'web-1'));
  assert.equal(await shell.type(`for i in 0 1; do kubectl exec "web-$i" -- sh -c 'hostname'; done`), 'web-0\nweb-1\n');
  await shell.until(
    'kubectl exec web-0 -- sh -c "nslookup web-0.nginx.statefulset.svc.cluster.local && nslookup web-1.nginx.statefulset.svc.cluster.local"',
    /Name:\s+web-0\.nginx\.statefulset\.svc\.cluster\.local\s+Address[^:]*: 10\.244\.\d+\.\d+\s[^]*Name:\s+web-1\.nginx\.statefulset\.svc\.cluster\.local\s+Address[^:]*: 10\.244\./,
  );
  {
    await using watch = shell.start('kubectl get pod --watch -l app=nginx');
    assert.match(await shell.type('kubectl delete pod -l app=nginx'), /^pod "web-0" deleted.*\npod "web-1" deleted.*\n$/);
    await watch.printed(inOrder(...starts('web-0'), ...starts('web-1')), 90_000);
  }
  assert.match(
    await shell.type('kubectl get pvc -l app=nginx'),
    /^NAME +STATUS +VOLUME +CAPACITY +ACCESS MODES +STORAGECLASS +VOLUMEATTRIBUTESCLASS +AGE\nwww-web-0 +Bound +pvc-[0-9a-f-]{36} +1Gi +RWO +standard +<unset> +\S+\nwww-web-1 +Bound +pvc-[0-9a-f-]{36} +1Gi +RWO +standard +<unset> +\S+\n$/,
  );
  await shell.type(`for i in 0 1; do kubectl exec "web-$i" -- sh -c 'echo "$(hostname)" > /usr/share/nginx/html/index.html'; done`);
  await served(shell);
}

async function served(shell: Terminal): Promise<void> {
  assert.equal(await shell.type('for i in 0 1; do kubectl exec -i "web-$i" -- curl -s http://localhost/; done'), 'web-0\nweb-1\n');
}

async function scale(shell: Terminal): Promise<void> {
  {
    await using watch = shell.start('kubectl get pods --watch -l app=nginx');
    assert.equal(await shell.type('kubectl scale sts web --replicas=5'), 'statefulset.apps/web scaled\n');
    await watch.printed(inOrder(...starts('web-2'), ...starts('web-3'), ...starts('web-4')), 90_000);
  }
  {
    await using watch = shell.start('kubectl get pods --watch -l app=nginx');
    assert.equal(await shell.type(`kubectl patch sts web -p '{"spec":{"replicas":3}}'`), PATCHED);
    await watch.printed(inOrder('web-4 +1/1 +Terminating', 'web-3 +1/1 +Terminating'), 60_000);
  }
  await shell.until('kubectl get pods -l app=nginx', running('web-0', 'web-1', 'web-2'));
  assert.match(await shell.type('kubectl get pvc -l app=nginx'), /^NAME.*\n(www-web-[0-4] +Bound +pvc-\S+ +1Gi +RWO .*\n){5}$/);
}

async function update(shell: Terminal): Promise<void> {
  assert.match(await shell.type(`kubectl patch statefulset web -p '{"spec":{"updateStrategy":{"type":"RollingUpdate"}}}'`), /^statefulset\.apps\/web patched( \(no change\))?\n$/);
  {
    await using watch = shell.start('kubectl get pod -l app=nginx --watch');
    assert.equal(await shell.type(replaceImage(V24)), PATCHED);
    const replaced = (name: string): string[] => [`${name} +1/1 +Terminating`, ...starts(name)];
    await watch.printed(inOrder(...replaced('web-2'), ...replaced('web-1'), ...replaced('web-0')), 90_000);
  }
  assert.equal(await imagesOf(shell), `${V24}\n${V24}\n${V24}\n`);
  assert.match(await shell.type('kubectl rollout status sts/web --timeout=60s'), /partitioned roll out complete: 3 new pods have been updated\.\.\.\n$/);
}

/** A partition holds an update back, a canary gets it, then the rest. */
async function stage(shell: Terminal): Promise<void> {
  const ready = async (name: string): Promise<string> => shell.until(`kubectl get pod ${name}`, new RegExp(`^${RUNNING(name)}`, 'm'));
  const image = async (name: string): Promise<string> => shell.type(`kubectl get pod ${name} --template '{{range $i, $c := .spec.containers}}{{$c.image}}{{end}}'`);
  assert.equal(await shell.type(partition(3)), PATCHED);
  assert.equal(await shell.type(replaceImage(V21)), PATCHED);
  await shell.type('kubectl delete pod web-2');
  await ready('web-2');
  assert.equal(await image('web-2'), V24);
  assert.equal(await shell.type(partition(2)), PATCHED);
  await shell.until(`kubectl get pod web-2 --template '{{range $i, $c := .spec.containers}}{{$c.image}}{{end}}'`, new RegExp(`^${V21}$`));
  await ready('web-2');
  await shell.type('kubectl delete pod web-1');
  await ready('web-1');
  assert.equal(await image('web-1'), V24);
  assert.equal(await shell.type(partition(0)), PATCHED);
  await shell.type('kubectl rollout status sts/web --timeout=60s');
  assert.equal(await imagesOf(shell), `${V21}\n${V21}\n${V21}\n`);
}

async function remove(shell: Terminal): Promise<void> {
  assert.match(await shell.type('kubectl delete statefulset web --cascade=orphan'), /^statefulset\.apps "web" deleted/);
  assert.match(await shell.type('kubectl get pods -l app=nginx'), running('web-0', 'web-1', 'web-2'));
  await shell.type('kubectl delete pod web-0');
  assert.match(await shell.type('kubectl get pods -l app=nginx'), running('web-1', 'web-2'));
  {
    await using watch = shell.start('kubectl get pods --watch -l app=nginx');
    assert.equal(await shell.type('kubectl apply -f web.yaml'), 'service/nginx unchanged\nstatefulset.apps/web created\n');
    await watch.printed(inOrder(...starts('web-0'), 'web-2 +1/1 +Terminating'), 60_000);
  }
  await served(shell);
  assert.match(await shell.type('kubectl delete statefulset web'), /^statefulset\.apps "web" deleted/);
  await shell.until('kubectl get pods -l app=nginx 2>&1', /^No resources found/);
  assert.match(await shell.type('kubectl delete service nginx'), /^service "nginx" deleted/);
  assert.equal(await shell.type('kubectl apply -f web.yaml'), 'service/nginx created\nstatefulset.apps/web created\n');
  await shell.until('kubectl get pods -l app=nginx', running('web-0', 'web-1'));
  await served(shell);
  await shell.type('kubectl delete service nginx; kubectl delete statefulset web');
}

async function parallel(shell: Terminal): Promise<void> {
  await shell.until('kubectl get pods -l app=nginx 2>&1', /^No resources found/);
  await using watch = shell.start('kubectl get pod -l app=nginx --watch');
  assert.equal(await shell.type('kubectl apply -f web-parallel.yaml'), 'service/nginx created\nstatefulset.apps/web created\n');
  const [text] = await watch.printed(/^web-0 +0\/1 +Pending[^]*?^web-[01] +1\/1 +Running[^]*^web-[01] +1\/1 +Running/m, 60_000);
  assert.equal(new Set(text.slice(0, text.search(/^web-. +1\/1/m)).match(/^web-[01]/gm)).size, 2, 'both are made before one is ready');
  assert.equal(await shell.type('kubectl scale statefulset/web --replicas=5'), 'statefulset.apps/web scaled\n');
  await shell.until('kubectl get pods -l app=nginx', running('web-0', 'web-1', 'web-2', 'web-3', 'web-4'));
  await shell.type('kubectl delete sts web');
  await watch.printed(inOrder(...Array.from({ length: 5 }, () => 'web-[0-4] +1/1 +Terminating')), 60_000);
  await shell.type('kubectl delete svc nginx');
}

/** The tutorial, section by section. */
export const statefulSetBasics: Task = {
  title: 'StatefulSet Basics',
  namespace: 'statefulset',
  async run(shell) {
    await shell.save('web.yaml', web(V21));
    await shell.save('web-parallel.yaml', web(V24, '  podManagementPolicy: "Parallel"\n'));
    for (const section of [create, identities, scale, update, stage, remove, parallel]) await section(shell);
  },
};
