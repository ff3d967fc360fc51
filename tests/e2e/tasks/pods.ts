/**
 * Containers of a pod and what they are told: probes, init containers and sidecars, shared processes, the downward API.
 *
 * Source: kubernetes.io, docs/tasks/configure-pod-container, docs/tasks/inject-data-application, docs/concepts/workloads/pods/init-containers, docs/tutorials/configuration.
 */
import assert from 'node:assert/strict';
import type { Task } from './task.ts';

const EXEC_LIVENESS = `apiVersion: v1
kind: Pod
metadata:
  labels:
    test: liveness
  name: liveness-exec
spec:
  containers:
  - name: liveness
    image: registry.k8s.io/busybox:1.27.2
    args:
    - /bin/sh
    - -c
    - touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600
    livenessProbe:
      exec:
        command:
        - cat
        - /tmp/healthy
      initialDelaySeconds: 5
      periodSeconds: 5
`;

const HTTP_LIVENESS = `apiVersion: v1
kind: Pod
metadata:
  labels:
    test: liveness
  name: liveness-http
spec:
  containers:
  - name: liveness
    image: registry.k8s.io/e2e-test-images/agnhost:2.40
    args:
    - liveness
    livenessProbe:
      httpGet:
        path: /healthz
        port: 8080
        httpHeaders:
        - name: Custom-Header
          value: Awesome
      initialDelaySeconds: 3
      periodSeconds: 3
`;

const TCP_PROBES = `apiVersion: v1
kind: Pod
metadata:
  name: goproxy
  labels:
    app: goproxy
spec:
  containers:
  - name: goproxy
    image: registry.k8s.io/goproxy:0.1
    ports:
    - containerPort: 8080
    readinessProbe:
      tcpSocket:
        port: 8080
      initialDelaySeconds: 15
      periodSeconds: 10
    livenessProbe:
      tcpSocket:
        port: 8080
      initialDelaySeconds: 15
      periodSeconds: 10
`;

const BEGUN = [
  /Normal +Scheduled +\S+ +default-scheduler +Successfully assigned probes\/liveness-\w+ to node-\d\n/,
  /Normal +Pulling +\S+ +kubelet +(spec\.containers\{liveness\}: )?Pulling image "registry\.k8s\.io\/\S+"\n/,
  /Normal +Pulled +\S+.* +kubelet +(spec\.containers\{liveness\}: )?Successfully pulled image "registry\.k8s\.io\/\S+" in \S+ \(\S+ including waiting\)\. Image size: \d+ bytes\.\n/,
  /Normal +Created +\S+.* +kubelet +(spec\.containers\{liveness\}: )?Container created\n/,
  /Normal +Started +\S+.* +kubelet +(spec\.containers\{liveness\}: )?Container started\n/,
];

const probes: Task = {
  title: 'Configure Liveness, Readiness and Startup Probes',
  namespace: 'probes',
  async run(shell) {
    await shell.save('exec-liveness.yaml', EXEC_LIVENESS);
    await shell.save('http-liveness.yaml', HTTP_LIVENESS);
    await shell.save('tcp-liveness-readiness.yaml', TCP_PROBES);
    await shell.type('kubectl apply -f exec-liveness.yaml && kubectl apply -f http-liveness.yaml && kubectl apply -f tcp-liveness-readiness.yaml');
    const early = await shell.until('kubectl describe pod liveness-exec', /Container started/);
    for (const line of BEGUN) assert.match(early, line);
    assert.doesNotMatch(early, /Unhealthy/);
    assert.match(await shell.type('kubectl get pod goproxy'), /^goproxy +0\/1 +(ContainerCreating|Running) +0 /m);
    // Its server takes no notice of SIGTERM: while it is waited for, nobody asks for its health.
    const restarted = await shell.until('kubectl describe pod liveness-http', /Created +\S+ \(x2 over/, 150_000);
    assert.match(restarted, /Warning +Unhealthy +\S+ \(x3 over \d+s\) +kubelet +(spec\.containers\{liveness\}: )?Liveness probe failed: HTTP probe failed with statuscode: 500\n/);
    assert.match(restarted, /Normal +Killing +\S+.* +kubelet +(spec\.containers\{liveness\}: )?Container liveness failed liveness probe, will be restarted\n/);
    await shell.until('kubectl get pod goproxy', /^goproxy +1\/1 +Running +0 /m);
    assert.doesNotMatch(await shell.type('kubectl describe pod goproxy'), /Unhealthy/);
    const late = await shell.until('kubectl describe pod liveness-exec', /Killing/, 90_000);
    assert.match(late, /Warning +Unhealthy +\S+ \(x3 over \d+s\) +kubelet +(spec\.containers\{liveness\}: )?Liveness probe failed: cat: can't open '\/tmp\/healthy': No such file or directory\n/);
    assert.match(late, /Normal +Killing +\S+ +kubelet +(spec\.containers\{liveness\}: )?Container liveness failed liveness probe, will be restarted\n/);
    await shell.until('kubectl get pod liveness-exec', /^liveness-exec +1\/1 +Running +1 \(\d+s ago\) +\d+s\n/m);
  },
};

const MY_APP = `apiVersion: v1
kind: Pod
metadata:
  name: myapp-pod
  labels:
    app.kubernetes.io/name: MyApp
spec:
  containers:
  - name: myapp-container
    image: busybox:1.28
    command: ['sh', '-c', 'echo The app is running! && sleep 3600']
  initContainers:
  - name: init-myservice
    image: busybox:1.28
    command: ['sh', '-c', "until nslookup myservice.$(cat /var/run/secrets/kubernetes.io/serviceaccount/namespace).svc.cluster.local; do echo waiting for myservice; sleep 2; done"]
  - name: init-mydb
    image: busybox:1.28
    command: ['sh', '-c', "until nslookup mydb.$(cat /var/run/secrets/kubernetes.io/serviceaccount/namespace).svc.cluster.local; do echo waiting for mydb; sleep 2; done"]
`;

const MY_SERVICES = `apiVersion: v1
kind: Service
metadata:
  name: myservice
spec:
  ports:
  - protocol: TCP
    port: 80
    targetPort: 9376
---
apiVersion: v1
kind: Service
metadata:
  name: mydb
spec:
  ports:
  - protocol: TCP
    port: 80
    targetPort: 9377
`;

const initContainers: Task = {
  title: 'Init containers in use, and debugging them',
  namespace: 'init',
  async run(shell) {
    await shell.save('myapp.yaml', MY_APP);
    await shell.save('services.yaml', MY_SERVICES);
    assert.equal(await shell.type('kubectl apply -f myapp.yaml'), 'pod/myapp-pod created\n');
    await shell.until('kubectl get -f myapp.yaml', /^NAME +READY +STATUS +RESTARTS +AGE\nmyapp-pod +0\/1 +Init:0\/2 +0 +\d+s\n$/);
    await shell.until('kubectl logs myapp-pod -c init-myservice', /waiting for myservice\n/);
    const described = await shell.type('kubectl describe -f myapp.yaml');
    assert.match(described, /^Name: +myapp-pod\nNamespace: +init\n[^]*^Labels: +app\.kubernetes\.io\/name=MyApp\n[^]*^Status: +Pending\n/m);
    assert.match(described, /^Init Containers:\n {2}init-myservice:\n[^]* {4}State: +Running\n[^]*^ {2}init-mydb:\n[^]* {4}State: +Waiting\n {6}Reason: +PodInitializing\n {4}Ready: +False\n/m);
    assert.match(described, /^Containers:\n {2}myapp-container:\n[^]* {4}State: +Waiting\n {6}Reason: +PodInitializing\n {4}Ready: +False\n/m);
    assert.match((await shell.tries('kubectl logs myapp-pod -c init-mydb')).stderr, /container "init-mydb" in pod "myapp-pod" is waiting to start: PodInitializing/);
    assert.equal(await shell.type(`kubectl get pod myapp-pod --template '{{range .status.initContainerStatuses}}{{.name}} {{.ready}}{{"\\n"}}{{end}}'`), 'init-myservice false\ninit-mydb false\n');
    assert.equal(await shell.type('kubectl apply -f services.yaml'), 'service/myservice created\nservice/mydb created\n');
    await shell.until('kubectl get -f myapp.yaml', /^NAME +READY +STATUS +RESTARTS +AGE\nmyapp-pod +1\/1 +Running +0 +\d+s\n$/);
    assert.match(await shell.type('kubectl describe pod myapp-pod'), /^Conditions:\n {2}Type +Status\n {2}PodReadyToStartContainers +True *\n {2}Initialized +True *\n {2}Ready +True *\n {2}ContainersReady +True *\n {2}PodScheduled +True *\n/m);
    assert.equal(await shell.type('kubectl logs myapp-pod'), 'The app is running!\n');
  },
};

const SIDECAR_DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: myapp
  labels:
    app: myapp
spec:
  replicas: 1
  selector:
    matchLabels:
      app: myapp
  template:
    metadata:
      labels:
        app: myapp
    spec:
      containers:
        - name: myapp
          image: alpine:latest
          command: ['sh', '-c', 'while true; do echo "logging" >> /opt/logs.txt; sleep 1; done']
          volumeMounts:
            - name: data
              mountPath: /opt
      initContainers:
        - name: logshipper
          image: alpine:latest
          restartPolicy: Always
          command: ['sh', '-c', 'tail -F /opt/logs.txt']
          volumeMounts:
            - name: data
              mountPath: /opt
      volumes:
        - name: data
          emptyDir: {}
`;

const SIDECAR_JOB = `apiVersion: batch/v1
kind: Job
metadata:
  name: myjob
spec:
  template:
    spec:
      containers:
        - name: myjob
          image: alpine:latest
          command: ['sh', '-c', 'echo "logging" > /opt/logs.txt']
          volumeMounts:
            - name: data
              mountPath: /opt
      initContainers:
        - name: logshipper
          image: alpine:latest
          restartPolicy: Always
          command: ['sh', '-c', 'tail -F /opt/logs.txt']
          volumeMounts:
            - name: data
              mountPath: /opt
      restartPolicy: Never
      volumes:
        - name: data
          emptyDir: {}
`;

const sidecars: Task = {
  title: 'Adopting Sidecar Containers',
  namespace: 'sidecars',
  async run(shell) {
    await shell.save('deployment-sidecar.yaml', SIDECAR_DEPLOYMENT);
    await shell.save('job-sidecar.yaml', SIDECAR_JOB);
    await shell.type('kubectl apply -f deployment-sidecar.yaml && kubectl apply -f job-sidecar.yaml');
    await shell.until('kubectl get pods -l app=myapp', /^myapp-\w+-\w{5} +2\/2 +Running +0 /m);
    await shell.until('kubectl logs deployment/myapp -c logshipper', /^logging\nlogging\n/m);
    assert.match(await shell.type('kubectl describe pod -l app=myapp'), /^Init Containers:\n {2}logshipper:\n[^]*?State: +Running\n/m);
    // The sidecar runs for ever, the job ends all the same.
    await shell.type('kubectl wait --for=condition=complete --timeout=120s job/myjob');
    assert.match(await shell.type('kubectl get pods -l job-name=myjob'), /^myjob-\w{5} +0\/2 +Completed +0 /m);
  },
};

const SHARED = `apiVersion: v1
kind: Pod
metadata:
  name: nginx
spec:
  shareProcessNamespace: true
  containers:
  - name: nginx
    image: nginx
  - name: shell
    image: busybox:1.28
    command: ["sleep", "3600"]
    securityContext:
      capabilities:
        add:
        - SYS_PTRACE
    stdin: true
    tty: true
`;

const shareProcesses: Task = {
  title: 'Share Process Namespace between Containers in a Pod',
  namespace: 'share-processes',
  async run(shell) {
    await shell.save('share-process-namespace.yaml', SHARED);
    await shell.type('kubectl apply -f share-process-namespace.yaml && kubectl wait --for=condition=Ready pod/nginx --timeout=60s');
    const ps = async (): Promise<string> => (await shell.onTty('kubectl exec -it nginx -c shell -- /bin/sh', 'ps ax\nexit\n')).replaceAll('\r', '');
    const before = await ps();
    assert.match(before, /^ +1 \S+ .*\/pause\b/m);
    const [, master] = /^ +(\d+) root .*nginx: master process nginx -g daemon off;$/m.exec(before)!;
    const [, worker] = /^ +(\d+) \S+ .*nginx: worker process$/m.exec(before)!;
    const session = await shell.onTty('kubectl exec -it nginx -c shell -- /bin/sh', `kill -HUP ${master}\nhead /proc/${master}/root/etc/nginx/nginx.conf\nexit\n`);
    assert.match(session, /include \/etc\/nginx\/conf\.d\/\*\.conf/);
    const after = await shell.until('kubectl exec nginx -c shell -- ps ax', new RegExp(`^(?![^]*\n +${worker} )[^]*nginx: worker process`));
    assert.match(after, new RegExp(`^ +${master} root `, 'm'));
  },
};

const VOLUME_EXAMPLE = `apiVersion: v1
kind: Pod
metadata:
  name: kubernetes-downwardapi-volume-example
  labels:
    zone: us-est-coast
    cluster: test-cluster1
    rack: rack-22
  annotations:
    build: two
    builder: john-doe
spec:
  containers:
    - name: client-container
      image: registry.k8s.io/busybox:1.27.2
      command: ["sh", "-c"]
      args:
      - while true; do
          if [[ -e /etc/podinfo/labels ]]; then
            echo -en '\\n\\n'; cat /etc/podinfo/labels; fi;
          if [[ -e /etc/podinfo/annotations ]]; then
            echo -en '\\n\\n'; cat /etc/podinfo/annotations; fi;
          sleep 5;
        done;
      volumeMounts:
        - name: podinfo
          mountPath: /etc/podinfo
  volumes:
    - name: podinfo
      downwardAPI:
        items:
          - path: "labels"
            fieldRef:
              fieldPath: metadata.labels
          - path: "annotations"
            fieldRef:
              fieldPath: metadata.annotations
`;

const RESOURCES_EXAMPLE = `apiVersion: v1
kind: Pod
metadata:
  name: kubernetes-downwardapi-volume-example-2
spec:
  containers:
    - name: client-container
      image: registry.k8s.io/busybox:1.27.2
      command: ["sh", "-c", "sleep 3600"]
      resources:
        requests:
          memory: "32Mi"
          cpu: "125m"
        limits:
          memory: "64Mi"
          cpu: "250m"
      volumeMounts:
        - name: podinfo
          mountPath: /etc/podinfo
  volumes:
    - name: podinfo
      downwardAPI:
        items:
${['cpu_limit limits.cpu 1m', 'cpu_request requests.cpu 1m', 'mem_limit limits.memory 1Mi', 'mem_request requests.memory 1Mi']
  .map((line) => line.split(' '))
  .map(([path, resource, divisor]) => `          - path: "${path}"\n            resourceFieldRef:\n              containerName: client-container\n              resource: ${resource}\n              divisor: ${divisor}\n`)
  .join('')}`;

const variable = (name: string, source: string): string => `        - name: ${name}\n          valueFrom:\n${source}`;
const FIELD_VARIABLES = [['MY_NODE_NAME', 'spec.nodeName'], ['MY_POD_NAME', 'metadata.name'], ['MY_POD_NAMESPACE', 'metadata.namespace'], ['MY_POD_IP', 'status.podIP'], ['MY_POD_SERVICE_ACCOUNT', 'spec.serviceAccountName']];
const RESOURCE_VARIABLES = [['MY_CPU_REQUEST', 'requests.cpu'], ['MY_CPU_LIMIT', 'limits.cpu'], ['MY_MEM_REQUEST', 'requests.memory'], ['MY_MEM_LIMIT', 'limits.memory']];

const variables = (name: string, printed: string, container: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
spec:
  containers:
    - name: test-container
      image: registry.k8s.io/busybox:1.27.2
      command: ["sh", "-c"]
      args:
      - while true; do
          echo -en '\\n';
          printenv ${printed};
          sleep 10;
        done;
${container}  restartPolicy: Never
`;
const FIELDS_POD = variables(
  'dapi-envars-fieldref',
  FIELD_VARIABLES.map(([name]) => name).join(' '),
  `      env:\n${FIELD_VARIABLES.map(([name, path]) => variable(name!, `            fieldRef:\n              fieldPath: ${path}\n`)).join('')}`,
);
const RESOURCES_POD = variables(
  'dapi-envars-resourcefieldref',
  RESOURCE_VARIABLES.map(([name]) => name).join(' '),
  `      resources:\n        requests:\n          memory: "32Mi"\n          cpu: "125m"\n        limits:\n          memory: "64Mi"\n          cpu: "250m"\n      env:\n${RESOURCE_VARIABLES.map(([name, resource]) => variable(name!, `            resourceFieldRef:\n              containerName: test-container\n              resource: ${resource}\n`)).join('')}`,
);

const downward: Task = {
  title: 'Expose Pod Information to Containers Through Files and Environment Variables',
  namespace: 'downward',
  async run(shell) {
    const manifests = { 'dapi-volume.yaml': VOLUME_EXAMPLE, 'dapi-volume-resources.yaml': RESOURCES_EXAMPLE, 'dapi-envars-pod.yaml': FIELDS_POD, 'dapi-envars-container.yaml': RESOURCES_POD };
    for (const [name, content] of Object.entries(manifests)) await shell.save(name, content);
    await shell.type(Object.keys(manifests).map((name) => `kubectl apply -f ${name}`).join(' && '));
    await shell.type('kubectl wait --for=condition=Ready pod --all --timeout=60s');
    const logs = await shell.until('kubectl logs kubernetes-downwardapi-volume-example', /last-applied-configuration=/);
    assert.match(logs, /\n\ncluster="test-cluster1"\nrack="rack-22"\nzone="us-est-coast"\n\nbuild="two"\nbuilder="john-doe"\nkubectl\.kubernetes\.io\/last-applied-configuration="\{.*\}\\n"/);
    const listed = await shell.type('kubectl exec kubernetes-downwardapi-volume-example -- ls -laR /etc/podinfo');
    assert.match(listed, /annotations -> \.\.data\/annotations\n/);
    assert.match(listed, /labels -> \.\.data\/labels\n/);
    assert.match(listed, /\.\.data -> \.\.\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\.\d+\n/);
    assert.match(listed, /-rw-r--r-- .* annotations\n/);
    const file = async (name: string): Promise<string> => shell.type(`kubectl exec kubernetes-downwardapi-volume-example-2 -- cat /etc/podinfo/${name}`);
    assert.deepEqual(await Promise.all(['cpu_limit', 'cpu_request', 'mem_limit', 'mem_request'].map(file)), ['250', '125', '64', '32']);
    assert.match(await shell.until('kubectl logs dapi-envars-fieldref', /default\n/), /^\nnode-\d\ndapi-envars-fieldref\ndownward\n10\.244\.\d+\.\d+\ndefault\n/);
    assert.match(await shell.until('kubectl logs dapi-envars-resourcefieldref', /67108864\n/), /^\n1\n1\n33554432\n67108864\n/);
  },
};

/** All of them. */
export const podTasks: readonly Task[] = [probes, initContainers, sidecars, shareProcesses, downward];
