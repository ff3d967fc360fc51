/**
 * Deployments, DaemonSets, namespaces: "Run a Stateless Application Using a Deployment", "Perform a Rolling Update on a DaemonSet" and a rollback, "Namespaces Walkthrough".
 *
 * Source: kubernetes.io, docs/tasks/run-application/run-stateless-application-deployment, docs/tasks/manage-daemon, docs/tutorials/cluster-management/namespaces-walkthrough.
 */
import assert from 'node:assert/strict';
import type { Task } from './task.ts';

const deployment = (image: string, replicas: number): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: nginx-deployment
spec:
  selector:
    matchLabels:
      app: nginx
  replicas: ${replicas}
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
`;

const PODS = (count: number): RegExp => new RegExp(`^NAME +READY +STATUS +RESTARTS +AGE\n(nginx-deployment-\\w+-\\w{5} +1/1 +Running +0 +\\d+s\n){${count}}$`);

const stateless: Task = {
  title: 'Run a Stateless Application Using a Deployment',
  namespace: 'stateless',
  async run(shell) {
    await shell.save('deployment.yaml', deployment('nginx:1.14.2', 2));
    await shell.save('deployment-update.yaml', deployment('nginx:1.16.1', 2));
    await shell.save('deployment-scale.yaml', deployment('nginx:1.14.2', 4));
    assert.equal(await shell.type('kubectl apply -f deployment.yaml'), 'deployment.apps/nginx-deployment created\n');
    await shell.type('kubectl rollout status deployment nginx-deployment --timeout=90s');
    const described = await shell.type('kubectl describe deployment nginx-deployment');
    assert.match(
      described,
      /^Name: +nginx-deployment\nNamespace: +stateless\nCreationTimestamp: +\w{3}, \d\d \w{3} \d{4} .*\nLabels: +<none>\nAnnotations: +deployment\.kubernetes\.io\/revision: 1\nSelector: +app=nginx\nReplicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable\nStrategyType: +RollingUpdate\nMinReadySeconds: +0\nRollingUpdateStrategy: +25% max unavailable, 25% max surge\n/,
    );
    assert.match(described, /^Conditions:\n {2}Type +Status +Reason\n {2}---- +------ +------\n {2}Available +True +MinimumReplicasAvailable\n {2}Progressing +True +NewReplicaSetAvailable\n/m);
    assert.match(described, /^OldReplicaSets: +<none>\nNewReplicaSet: +nginx-deployment-\w+ \(2\/2 replicas created\)\nEvents:\n(.*\n){2} +Normal +ScalingReplicaSet +\S+ +deployment-controller +Scaled up replica set nginx-deployment-\w+ from 0 to 2\n$/m);
    assert.match(await shell.type('kubectl get pods -l app=nginx'), PODS(2));
    assert.equal(await shell.type('kubectl apply -f deployment-update.yaml'), 'deployment.apps/nginx-deployment configured\n');
    await shell.type('kubectl rollout status deployment nginx-deployment --timeout=90s');
    await shell.until('kubectl get pods -l app=nginx', PODS(2));
    assert.match(await shell.type('kubectl describe deployment nginx-deployment'), /Image: +nginx:1\.16\.1\n/);
    assert.equal(await shell.type('kubectl apply -f deployment-scale.yaml'), 'deployment.apps/nginx-deployment configured\n');
    await shell.until('kubectl get pods -l app=nginx', PODS(4));
    assert.match(await shell.type('kubectl delete deployment nginx-deployment'), /^deployment\.apps "nginx-deployment" deleted/);
  },
};

const FLUENTD = `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: fluentd-elasticsearch
  namespace: kube-system
  labels:
    k8s-app: fluentd-logging
spec:
  selector:
    matchLabels:
      name: fluentd-elasticsearch
  updateStrategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 1
  template:
    metadata:
      labels:
        name: fluentd-elasticsearch
    spec:
      tolerations:
      - key: node-role.kubernetes.io/control-plane
        operator: Exists
        effect: NoSchedule
      - key: node-role.kubernetes.io/master
        operator: Exists
        effect: NoSchedule
      containers:
      - name: fluentd-elasticsearch
        image: quay.io/fluentd_elasticsearch/fluentd:v5.0.1
RESOURCES        volumeMounts:
        - name: varlog
          mountPath: /var/log
      terminationGracePeriodSeconds: 30
      volumes:
      - name: varlog
        hostPath:
          path: /var/log
`;
const RESOURCES = `        resources:
          limits:
            memory: 200Mi
          requests:
            cpu: 100m
            memory: 200Mi
`;

const daemonSet: Task = {
  title: 'Perform a Rolling Update, and a Rollback, on a DaemonSet',
  namespace: 'daemonset',
  async run(shell) {
    await shell.save('fluentd-daemonset.yaml', FLUENTD.replace('RESOURCES', ''));
    await shell.save('fluentd-daemonset-update.yaml', FLUENTD.replace('RESOURCES', RESOURCES));
    const strategy = `-o go-template='{{.spec.updateStrategy.type}}{{"\\n"}}'`;
    assert.equal(await shell.type(`kubectl apply -f fluentd-daemonset.yaml --dry-run=client ${strategy}`), 'RollingUpdate\n');
    assert.equal(await shell.type('kubectl apply -f fluentd-daemonset.yaml'), 'daemonset.apps/fluentd-elasticsearch created\n');
    assert.equal(await shell.type(`kubectl get ds/fluentd-elasticsearch ${strategy} -n kube-system`), 'RollingUpdate\n');
    await shell.type('kubectl rollout status ds/fluentd-elasticsearch -n kube-system --timeout=90s');
    assert.equal(await shell.type('kubectl apply -f fluentd-daemonset-update.yaml'), 'daemonset.apps/fluentd-elasticsearch configured\n');
    const status = 'kubectl rollout status ds/fluentd-elasticsearch -n kube-system --timeout=90s';
    assert.match(
      await shell.type(status),
      /^Waiting for daemon set "fluentd-elasticsearch" rollout to finish: [012] out of 3 new pods have been updated\.\.\.\n[^]*daemon set "fluentd-elasticsearch" successfully rolled out\n$/,
    );
    await shell.type('kubectl set image ds/fluentd-elasticsearch fluentd-elasticsearch=quay.io/fluentd_elasticsearch/fluentd:v2.6.0 -n kube-system');
    assert.match(await shell.type(status), /daemon set "fluentd-elasticsearch" successfully rolled out\n$/);
    assert.equal(await shell.type('kubectl rollout history daemonset fluentd-elasticsearch -n kube-system'), 'daemonset.apps/fluentd-elasticsearch \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n3         <none>\n\n');
    assert.match(
      await shell.type('kubectl rollout history daemonset fluentd-elasticsearch --revision=1 -n kube-system'),
      /^daemonset\.apps\/fluentd-elasticsearch with revision #1\nPod Template:\n {2}Labels:\tname=fluentd-elasticsearch\n {2}Containers:\n {3}fluentd-elasticsearch:\n {4}Image:\tquay\.io\/fluentd_elasticsearch\/fluentd:v5\.0\.1\n/,
    );
    assert.equal(await shell.type('kubectl rollout undo daemonset fluentd-elasticsearch --to-revision=1 -n kube-system'), 'daemonset.apps/fluentd-elasticsearch rolled back\n');
    assert.match(await shell.type(status), /daemon set "fluentd-elasticsearch" successfully rolled out\n$/);
    assert.match(
      await shell.type('kubectl get controllerrevision -l name=fluentd-elasticsearch -n kube-system --sort-by=.revision'),
      /^NAME +CONTROLLER +REVISION +AGE\n(fluentd-elasticsearch-\w+ +daemonset\.apps\/fluentd-elasticsearch +[234] +\S+\n){3}$/,
    );
    await shell.type('kubectl delete ds fluentd-elasticsearch -n kube-system --wait=false');
  },
};

const namespace = (name: string): string => `apiVersion: v1
kind: Namespace
metadata:
  name: ${name}
  labels:
    name: ${name}
`;

const SNOWFLAKE = `apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    app: snowflake
  name: snowflake
spec:
  replicas: 2
  selector:
    matchLabels:
      app: snowflake
  template:
    metadata:
      labels:
        app: snowflake
    spec:
      containers:
      - image: registry.k8s.io/serve_hostname
        imagePullPolicy: Always
        name: snowflake
`;

const walkthrough: Task = {
  title: 'Namespaces Walkthrough',
  namespace: 'default',
  async run(shell) {
    assert.match(await shell.type('kubectl get namespaces'), /^NAME +STATUS +AGE\n(.*\n)*default +Active +\S+\n/);
    await shell.save('namespace-dev.yaml', namespace('development'));
    await shell.save('namespace-prod.yaml', namespace('production'));
    await shell.save('snowflake-deployment.yaml', SNOWFLAKE);
    assert.equal(await shell.type('kubectl create -f namespace-dev.yaml; kubectl create -f namespace-prod.yaml'), 'namespace/development created\nnamespace/production created\n');
    const shown = await shell.type('kubectl get namespaces --show-labels');
    assert.match(shown, /^development +Active +\d+s +kubernetes\.io\/metadata\.name=development,name=development\n/m);
    assert.match(shown, /^production +Active +\d+s +kubernetes\.io\/metadata\.name=production,name=production\n/m);
    const current = (await shell.type('kubectl config current-context')).trim();
    const user = await shell.type(`kubectl config view -o jsonpath='{.contexts[?(@.name=="${current}")].context.user}'`);
    const inCluster = await shell.type(`kubectl config view -o jsonpath='{.contexts[?(@.name=="${current}")].context.cluster}'`);
    for (const [context, name] of [['dev', 'development'], ['prod', 'production']])
      assert.equal(await shell.type(`kubectl config set-context ${context} --namespace=${name} --cluster=${inCluster} --user=${user}`), `Context "${context}" created.\n`);
    assert.match(await shell.type('kubectl config view'), /certificate-authority-data: DATA\+OMITTED[^]*namespace: development\n[^]*name: dev\n[^]*namespace: production\n/);
    assert.equal(await shell.type('kubectl config use-context dev'), 'Switched to context "dev".\n');
    assert.equal(await shell.type('kubectl config current-context'), 'dev\n');
    await shell.type('kubectl apply -f snowflake-deployment.yaml');
    await shell.until('kubectl get deployment', /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nsnowflake +2\/2 +2 +2 +\d+s\n$/);
    assert.match(await shell.type('kubectl get pods -l app=snowflake'), /^NAME +READY +STATUS +RESTARTS +AGE\n(snowflake-\w+-\w{5} +1\/1 +Running +0 +\d+s\n){2}$/);
    await shell.type('kubectl config use-context prod');
    assert.equal(await shell.type('kubectl get deployment 2>&1; kubectl get pods 2>&1'), 'No resources found in production namespace.\nNo resources found in production namespace.\n');
    assert.equal(await shell.type('kubectl create deployment stateless --image=registry.k8s.io/serve_hostname --replicas=5'), 'deployment.apps/stateless created\n');
    await shell.until('kubectl get deployment', /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nstateless +5\/5 +5 +5 +\d+s\n$/);
    assert.match(await shell.type('kubectl get pods -l app=stateless'), /^NAME.*\n(stateless-\w+-\w{5} +1\/1 +Running +0 +\d+s\n){5}$/);
    await shell.type('kubectl delete namespace development production --wait=false');
  },
};

/** All of them. */
export const workloadTasks: readonly Task[] = [stateless, daemonSet, walkthrough];
