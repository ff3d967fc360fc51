/**
 * Upstream's walkthrough of the horizontal pod autoscaler, on real containers with real load; `kubectl top` beside it.
 *
 * Source: kubernetes.io, docs/tasks/run-application/horizontal-pod-autoscale-walkthrough. Not waited for: the five minutes before it shrinks.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { BUSYBOX_IMAGE, HPA_IMAGE } from './fixture/images.ts';
import { startRegistry, type TestRegistry } from './fixture/registry.ts';
import { openTerminal, type Terminal } from './fixture/terminal.ts';

const PHP_APACHE = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: php-apache
spec:
  selector:
    matchLabels:
      run: php-apache
  template:
    metadata:
      labels:
        run: php-apache
    spec:
      containers:
      - name: php-apache
        image: registry.k8s.io/hpa-example
        ports:
        - containerPort: 80
        resources:
          limits:
            cpu: 500m
          requests:
            cpu: 200m
---
apiVersion: v1
kind: Service
metadata:
  name: php-apache
  labels:
    run: php-apache
spec:
  ports:
  - port: 80
  selector:
    run: php-apache
`;

let registry: TestRegistry;
let cluster: TestCluster;
let shell: Terminal;

before(async () => {
  registry = await startRegistry();
  await registry.push(HPA_IMAGE, 'hpa-example:latest');
  await registry.push(BUSYBOX_IMAGE, 'library/busybox:1.28');
  const mirror = `http://${registry.host}`;
  cluster = await startTestCluster({ name: 'e2e-autoscaling', extra: ['--registry', registry.host, '--registry', `registry.k8s.io=${mirror}`, '--registry', `docker.io=${mirror}`] });
  shell = await openTerminal(cluster);
});
after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
});

describe('HorizontalPodAutoscaler walkthrough', () => {
  test('run and expose the server, and create the autoscaler', async () => {
    await cluster.apply(PHP_APACHE);
    assert.equal(await shell.type('kubectl autoscale deployment php-apache --cpu-percent=50 --min=1 --max=10'), 'horizontalpodautoscaler.autoscaling/php-apache autoscaled\n');
    await shell.until('kubectl get deployment php-apache', /php-apache +1\/1/, 120_000);
    await shell.until('kubectl top nodes', /^NAME +CPU\(cores\) +CPU(?:\(%\)|%) +MEMORY\(bytes\) +MEMORY(?:\(%\)|%) *\n\S+ +\d+m +\d+% +\d+Mi +\d+%/, 60_000);
    await shell.until('kubectl get hpa', /^NAME +REFERENCE +TARGETS +MINPODS +MAXPODS +REPLICAS +AGE\nphp-apache +Deployment\/php-apache +(?:cpu: )?\d+%\/50% +1 +10 +1 +/, 90_000);
    assert.match(await shell.type('kubectl top pods --containers'), /php-apache-\w+-\w+ +php-apache +\d+m +\d+Mi/);
  });

  test('load makes it grow', async () => {
    await using load = shell.start('kubectl run -i load-generator --rm --image=busybox:1.28 --restart=Never -- /bin/sh -c "while sleep 0.01; do wget -q -O- http://php-apache; done"');
    await load.printed(/OK!OK!/);
    await shell.until('kubectl get deployment php-apache', /php-apache +\d+\/(?:[2-9]|10) /, 180_000);
    assert.match(await shell.type('kubectl describe hpa php-apache'), /SuccessfulRescale .*New size: \d+; reason: cpu resource utilization \(percentage of request\) above target/);
  });

  test('without load it is asked for less, but shrinks only after its window', async () => {
    await shell.tries('kubectl delete pod load-generator --now');
    await shell.until('kubectl describe hpa php-apache', /AbleToScale +True +ScaleDownStabilized +recent recommendations were higher than current one, applying the highest recent recommendation/, 120_000);
    assert.match(await shell.type('kubectl get hpa php-apache -o yaml'), /^apiVersion: autoscaling\/v2$/m);
  });
});
