/**
 * "Run Jobs": both work queues, static assignment, pods that talk to each other, failure policies, expansions, and the CronJob.
 *
 * Source: kubernetes.io, docs/tasks/job.
 */
import assert from 'node:assert/strict';
import type { Task } from './task.ts';

const RABBITMQ_SERVICE = `apiVersion: v1
kind: Service
metadata:
  labels:
    component: rabbitmq
  name: rabbitmq-service
spec:
  ports:
  - port: 5672
  selector:
    app.kubernetes.io/name: task-queue
    app.kubernetes.io/component: rabbitmq
`;

const RABBITMQ_STATEFULSET = `apiVersion: apps/v1
kind: StatefulSet
metadata:
  labels:
    component: rabbitmq
  name: rabbitmq
spec:
  replicas: 1
  serviceName: rabbitmq-service
  selector:
    matchLabels:
      app.kubernetes.io/name: task-queue
      app.kubernetes.io/component: rabbitmq
  template:
    metadata:
      labels:
        app.kubernetes.io/name: task-queue
        app.kubernetes.io/component: rabbitmq
    spec:
      containers:
      - image: rabbitmq
        name: rabbitmq
        ports:
        - containerPort: 5672
        resources:
          requests:
            memory: 16M
          limits:
            cpu: 250m
            memory: 512M
        volumeMounts:
        - mountPath: /var/lib/rabbitmq
          name: rabbitmq-data
      volumes:
      - name: rabbitmq-data
        emptyDir: {}
`;

const JOB_WQ_1 = `apiVersion: batch/v1
kind: Job
metadata:
  name: job-wq-1
spec:
  completions: 8
  parallelism: 2
  template:
    metadata:
      name: job-wq-1
    spec:
      containers:
      - name: c
        image: gcr.io/example/job-wq-1
        env:
        - name: BROKER_URL
          value: amqp://guest:guest@rabbitmq-service:5672
        - name: QUEUE
          value: job1
      restartPolicy: OnFailure
`;

const coarse: Task = {
  title: 'Coarse Parallel Processing Using a Work Queue',
  namespace: 'coarse',
  async run(shell) {
    await shell.save('rabbitmq-service.yaml', RABBITMQ_SERVICE);
    await shell.save('rabbitmq-statefulset.yaml', RABBITMQ_STATEFULSET);
    await shell.save('job.yaml', JOB_WQ_1);
    assert.equal(await shell.type('kubectl create -f rabbitmq-service.yaml'), 'service/rabbitmq-service created\n');
    assert.equal(await shell.type('kubectl create -f rabbitmq-statefulset.yaml'), 'statefulset.apps/rabbitmq created\n');
    await shell.until('kubectl get pods', /^rabbitmq-0 +1\/1 +Running/m, 120_000);
    // The page types into the pod's shell; each line is one of its own here, so that it can be compared.
    await shell.type('kubectl run temp --image ubuntu:22.04 --command -- sleep infinity && kubectl wait --for=condition=Ready pod/temp --timeout=60s');
    const inPod = async (line: string): Promise<string> => shell.type(`kubectl exec temp -- bash -c 'export BROKER_URL=amqp://guest:guest@rabbitmq-service:5672; ${line}'`);
    assert.match(await inPod('nslookup rabbitmq-service.coarse.svc.cluster.local'), /Name:\s+rabbitmq-service\.coarse\.svc\.cluster\.local\s+Address[^:]*: 10\.96\./);
    assert.match(await inPod('env | grep RABBITMQ_SERVICE | grep HOST'), /^RABBITMQ_SERVICE_SERVICE_HOST=10\.96\.\d+\.\d+$/m);
    // The broker listens some seconds after its container runs: nothing in the manifest tells when.
    const declare = 'kubectl exec temp -- /usr/bin/amqp-declare-queue --url=amqp://guest:guest@rabbitmq-service:5672 -q foo -d';
    await shell.until(declare, /^foo$/m, 120_000);
    await inPod('/usr/bin/amqp-publish --url=$BROKER_URL -r foo -p -b Hello');
    assert.equal(await inPod('/usr/bin/amqp-consume --url=$BROKER_URL -q foo -c 1 cat && echo 1>&2'), 'Hello');
    assert.match(await inPod('/usr/bin/amqp-declare-queue --url=$BROKER_URL -q job1 -d'), /^job1$/m);
    await inPod('for f in apple banana cherry date fig grape lemon melon; do /usr/bin/amqp-publish --url=$BROKER_URL -r job1 -p -b $f; done');
    assert.equal(await shell.type('kubectl apply -f ./job.yaml'), 'job.batch/job-wq-1 created\n');
    assert.equal(await shell.type('kubectl wait --for=condition=complete --timeout=300s job/job-wq-1'), 'job.batch/job-wq-1 condition met\n');
    const described = await shell.type('kubectl describe jobs/job-wq-1');
    for (const line of [
      /^Name: +job-wq-1\nNamespace: +coarse\nSelector: +batch\.kubernetes\.io\/controller-uid=[0-9a-f-]{36}\n/,
      /^Labels: +(batch\.kubernetes\.io\/controller-uid=[0-9a-f-]{36}\n +batch\.kubernetes\.io\/job-name=job-wq-1\n +controller-uid=[0-9a-f-]{36}\n +job-name=job-wq-1|<none>)\nAnnotations: +<none>\nParallelism: +2\nCompletions: +8\n/m,
      /^Pods Statuses: +0 Active \(0 Ready\) \/ 8 Succeeded \/ 0 Failed\n/m,
      /^ {2}Containers:\n {3}c:\n {4}Image: +gcr\.io\/example\/job-wq-1\n {4}Port: +<none>\n {4}Host Port: +<none>\n {4}Environment:\n {6}BROKER_URL: +amqp:\/\/guest:guest@rabbitmq-service:5672\n {6}QUEUE: +job1\n {4}Mounts: +<none>\n {2}Volumes: +<none>\n/m,
    ]) assert.match(described, line);
    assert.equal(described.match(/ Normal +SuccessfulCreate +\S+ +job-controller +Created pod: job-wq-1-\w{5}\n/g)?.length, 8, described);
    assert.match(described, / Normal +Completed +\S+ +job-controller +Job completed\n/);
    const logs = await shell.type('kubectl logs -l job-name=job-wq-1 --tail=-1');
    assert.deepEqual(logs.match(/(?<=Processing )\w+/g)?.toSorted(), ['apple', 'banana', 'cherry', 'date', 'fig', 'grape', 'lemon', 'melon']);
  },
};

const REDIS_POD = `apiVersion: v1
kind: Pod
metadata:
  name: redis-master
  labels:
    app: redis
spec:
  containers:
    - name: master
      image: redis
      env:
        - name: MASTER
          value: "true"
      ports:
        - containerPort: 6379
`;

const REDIS_SERVICE = `apiVersion: v1
kind: Service
metadata:
  name: redis
spec:
  ports:
    - port: 6379
      targetPort: 6379
  selector:
    app: redis
`;

const JOB_WQ_2 = `apiVersion: batch/v1
kind: Job
metadata:
  name: job-wq-2
spec:
  parallelism: 2
  template:
    metadata:
      name: job-wq-2
    spec:
      containers:
      - name: c
        image: gcr.io/myproject/job-wq-2
      restartPolicy: OnFailure
`;

const ITEMS = ['apple', 'banana', 'cherry', 'date', 'fig', 'grape', 'lemon', 'melon', 'orange'];

const fine: Task = {
  title: 'Fine Parallel Processing Using a Work Queue',
  namespace: 'fine',
  async run(shell) {
    await shell.save('redis-pod.yaml', REDIS_POD);
    await shell.save('redis-service.yaml', REDIS_SERVICE);
    await shell.save('job.yaml', JOB_WQ_2);
    assert.equal(await shell.type('kubectl apply -f redis-pod.yaml'), 'pod/redis-master created\n');
    assert.equal(await shell.type('kubectl apply -f redis-service.yaml'), 'service/redis created\n');
    await shell.type('kubectl wait --for=condition=Ready pod/redis-master --timeout=240s');
    const typed = [...ITEMS.map((item) => `rpush job2 "${item}"`), 'lrange job2 0 -1', ''].join('\n');
    const session = await shell.type(`printf '%s' '${typed}' | kubectl run -i temp --image redis --restart=Never --quiet --command -- redis-cli -h redis --no-raw`);
    assert.deepEqual(session.match(/^\(integer\) \d$/gm), ITEMS.map((_, index) => `(integer) ${index + 1}`));
    assert.ok(session.includes(ITEMS.map((item, index) => `${index + 1}) "${item}"\n`).join('')), session);
    assert.equal(await shell.type('kubectl apply -f ./job.yaml'), 'job.batch/job-wq-2 created\n');
    await shell.until('kubectl get job job-wq-2 -o jsonpath={.status.active}', /^2$/);
    const running = await shell.until('kubectl describe jobs/job-wq-2', /Pods Statuses: +2 Active \(2 Ready\) \/ 0 Succeeded \/ 0 Failed/);
    assert.match(running, /^Parallelism: +2\nCompletions: +<unset>\n/m);
    assert.match(running, / Normal +SuccessfulCreate +\S+ +job-controller +Created pod: job-wq-2-\w{5}\n/);
    assert.equal(await shell.type('kubectl wait --for=condition=complete --timeout=300s job/job-wq-2'), 'job.batch/job-wq-2 condition met\n');
    const pods = (await shell.type('kubectl get pods -l job-name=job-wq-2 -o name')).trim().split('\n');
    assert.equal(pods.length, 2);
    const worked = await Promise.all(pods.map(async (pod) => shell.type(`kubectl logs ${pod}`)));
    // On a busy machine one of them may come when the work is done.
    for (const log of worked) assert.match(log, /^Worker with sessionID: [0-9a-f-]{36}\nInitial queue state: empty=(True|False)\n(Working on \w+\n|Waiting for work\n)*Queue empty, exiting\n$/);
    assert.match(worked.join(''), /empty=False\nWorking on \w+\n/);
    assert.deepEqual(worked.flatMap((log) => log.match(/(?<=Working on )\w+/g) ?? []).toSorted(), ITEMS);
  },
};

const INDEXED_JOB = `apiVersion: batch/v1
kind: Job
metadata:
  name: 'indexed-job'
spec:
  completions: 5
  parallelism: 3
  completionMode: Indexed
  template:
    spec:
      restartPolicy: Never
      initContainers:
      - name: 'input'
        image: 'docker.io/library/bash'
        command:
        - "bash"
        - "-c"
        - |
          items=(foo bar baz qux xyz)
          echo \${items[$JOB_COMPLETION_INDEX]} > /input/data.txt
        volumeMounts:
        - mountPath: /input
          name: input
      containers:
      - name: 'worker'
        image: 'docker.io/library/busybox'
        command:
        - "rev"
        - "/input/data.txt"
        volumeMounts:
        - mountPath: /input
          name: input
      volumes:
      - name: input
        emptyDir: {}
`;

const INDEXED_JOB_VOLUME = `apiVersion: batch/v1
kind: Job
metadata:
  name: 'indexed-job'
spec:
  completions: 5
  parallelism: 3
  completionMode: Indexed
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: 'worker'
        image: 'docker.io/library/busybox'
        command:
        - "rev"
        - "/input/data.txt"
        volumeMounts:
        - mountPath: /input
          name: input
      volumes:
      - name: input
        downwardAPI:
          items:
          - path: "data.txt"
            fieldRef:
              fieldPath: metadata.annotations['batch.kubernetes.io/job-completion-index']
`;

const indexed: Task = {
  title: 'Indexed Job for Parallel Processing with Static Work Assignment',
  namespace: 'indexed',
  async run(shell) {
    await shell.save('indexed-job.yaml', INDEXED_JOB);
    await shell.save('indexed-job-vol.yaml', INDEXED_JOB_VOLUME);
    assert.equal(await shell.type('kubectl apply -f indexed-job.yaml'), 'job.batch/indexed-job created\n');
    assert.equal(await shell.type('kubectl wait --for=condition=complete --timeout=240s job/indexed-job'), 'job.batch/indexed-job condition met\n');
    const described = await shell.type('kubectl describe jobs/indexed-job');
    assert.match(described, /^Parallelism: +3\nCompletions: +5\nCompletion Mode: +Indexed\n/m);
    assert.match(described, /^Pods Statuses: +0 Active \(0 Ready\) \/ 5 Succeeded \/ 0 Failed\nCompleted Indexes: +0-4\n/m);
    assert.match(described, /^ {2}Init Containers:\n {3}input:\n {4}Image: +docker\.io\/library\/bash\n/m);
    assert.match(described, /^ {6}echo \$\{items\[\$JOB_COMPLETION_INDEX\]\} > \/input\/data\.txt\n/m);
    assert.match(described, /^ {4}Mounts:\n {6}\/input from input \(rw\)\n {2}Volumes:\n {3}input:\n {4}Type: +EmptyDir \(a temporary directory that shares a pod's lifetime\)\n {4}Medium: +\n {4}SizeLimit: +<unset>\n/m);
    assert.equal(described.match(/ Normal +SuccessfulCreate +\S+ +job-controller +Created pod: indexed-job-[0-4]-\w{5}\n/g)?.length, 5);
    const outputOf = async (index: number): Promise<string> => shell.type(`kubectl logs -l batch.kubernetes.io/job-completion-index=${index},job-name=indexed-job -c worker`);
    assert.deepEqual(await Promise.all([0, 1, 2, 3, 4].map(outputOf)), ['oof\n', 'rab\n', 'zab\n', 'xuq\n', 'zyx\n']);
    await shell.type('kubectl delete job indexed-job');
    await shell.type('kubectl apply -f indexed-job-vol.yaml');
    await shell.type('kubectl wait --for=condition=complete --timeout=240s job/indexed-job');
    assert.match(await outputOf(3), /^3\n?$/);
  },
};

const PING_JOB = `apiVersion: v1
kind: Service
metadata:
  name: headless-svc
spec:
  clusterIP: None
  selector:
    job-name: example-job
---
apiVersion: batch/v1
kind: Job
metadata:
  name: example-job
spec:
  completions: 3
  parallelism: 3
  completionMode: Indexed
  template:
    spec:
      subdomain: headless-svc
      restartPolicy: Never
      containers:
      - name: example-workload
        image: bash:latest
        command:
        - bash
        - -c
        - |
          for i in 0 1 2
          do
            gotStatus="-1"
            wantStatus="0"
            while [ $gotStatus -ne $wantStatus ]
            do
              ping -c 1 example-job-\${i}.headless-svc > /dev/null 2>&1
              gotStatus=$?
              if [ $gotStatus -ne $wantStatus ]; then
                echo "Failed to ping pod example-job-\${i}.headless-svc, retrying in 1 second..."
                sleep 1
              fi
            done
            echo "Successfully pinged pod: example-job-\${i}.headless-svc"
          done
          # Added: a pod that ends leaves the DNS, and one that is late would look for it for ever.
          sleep 10
`;

const podToPod: Task = {
  title: 'Job with Pod-to-Pod Communication',
  namespace: 'pod-to-pod',
  async run(shell) {
    await shell.save('job.yaml', PING_JOB);
    assert.equal(await shell.type('kubectl apply -f job.yaml'), 'service/headless-svc created\njob.batch/example-job created\n');
    await shell.type('kubectl wait --for=condition=complete --timeout=240s job/example-job');
    for (const index of [0, 1, 2]) {
      const log = await shell.type(`kubectl logs -l job-name=example-job,batch.kubernetes.io/job-completion-index=${index} --tail=-1`);
      assert.deepEqual(log.match(/^Successfully .*$/gm), [0, 1, 2].map((one) => `Successfully pinged pod: example-job-${one}.headless-svc`));
    }
  },
};

const JOB_TEMPLATE = `apiVersion: batch/v1
kind: Job
metadata:
  name: process-item-$ITEM
  labels:
    jobgroup: jobexample
spec:
  template:
    metadata:
      name: jobexample
      labels:
        jobgroup: jobexample
    spec:
      containers:
      - name: c
        image: busybox:1.28
        command: ["sh", "-c", "echo Processing item $ITEM && sleep 5"]
      restartPolicy: Never
`;

const expansions: Task = {
  title: 'Parallel Processing using Expansions',
  namespace: 'expansions',
  async run(shell) {
    await shell.save('job-tmpl.yaml', JOB_TEMPLATE);
    await shell.type('mkdir ./jobs; for i in apple banana cherry; do cat job-tmpl.yaml | sed "s/\\$ITEM/$i/" > ./jobs/job-$i.yaml; done');
    assert.equal(await shell.type('ls jobs/'), 'job-apple.yaml\njob-banana.yaml\njob-cherry.yaml\n');
    assert.equal(await shell.type('kubectl create -f ./jobs'), 'job.batch/process-item-apple created\njob.batch/process-item-banana created\njob.batch/process-item-cherry created\n');
    await shell.until(
      'kubectl get jobs -l jobgroup=jobexample',
      /^NAME +STATUS +COMPLETIONS +DURATION +AGE\nprocess-item-apple +Complete +1\/1 +\d+s +\d+s\nprocess-item-banana +Complete +1\/1 +\d+s +\d+s\nprocess-item-cherry +Complete +1\/1 +\d+s +\d+s\n$/,
    );
    assert.match(
      await shell.type('kubectl get pods -l jobgroup=jobexample'),
      /^NAME +READY +STATUS +RESTARTS +AGE\nprocess-item-apple-\w{5} +0\/1 +Completed +0 +\d+s\nprocess-item-banana-\w{5} +0\/1 +Completed +0 +\d+s\nprocess-item-cherry-\w{5} +0\/1 +Completed +0 +\d+s\n$/,
    );
    assert.deepEqual((await shell.type('kubectl logs -f -l jobgroup=jobexample')).trim().split('\n').toSorted(), ['Processing item apple', 'Processing item banana', 'Processing item cherry']);
    await shell.type('kubectl delete job -l jobgroup=jobexample');
    await shell.until('kubectl get pods -l jobgroup=jobexample 2>&1', /^No resources found in expansions namespace\.\n$/);
  },
};

const CRON_JOB = `apiVersion: batch/v1
kind: CronJob
metadata:
  name: hello
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          containers:
          - name: hello
            image: busybox:1.28
            imagePullPolicy: IfNotPresent
            command:
            - /bin/sh
            - -c
            - date; echo Hello from the Kubernetes cluster
          restartPolicy: OnFailure
`;

const cron: Task = {
  title: 'Running Automated Tasks with a CronJob',
  namespace: 'cron',
  async run(shell) {
    await shell.save('cronjob.yaml', CRON_JOB);
    assert.equal(await shell.type('kubectl create -f cronjob.yaml'), 'cronjob.batch/hello created\n');
    assert.match(await shell.type('kubectl get cronjob hello'), /^NAME +SCHEDULE +TIMEZONE +SUSPEND +ACTIVE +LAST SCHEDULE +AGE\nhello +\* \* \* \* \* +<none> +False +[01] +(<none>|\d+s) +\d+s\n$/);
    {
      await using watch = shell.start('kubectl get jobs --watch');
      await watch.printed(/^hello-\d{8} +Running +0\/1 +\d* +\d+s\n(.*\n)*hello-\d{8} +Complete +1\/1 +\d+s +\d+s\n/m, 90_000);
    }
    await shell.until('kubectl get cronjob hello', /^hello +\* \* \* \* \* +<none> +False +0 +\d+s +\d+m?\d*s?$/m);
    const [job] = (await shell.type('kubectl get jobs -o jsonpath={.items[*].metadata.name}')).split(' ');
    shell.export('pods', await shell.type(`kubectl get pods --selector=job-name=${job} --output=jsonpath='{.items[*].metadata.name}'`));
    assert.match(await shell.type('kubectl logs $pods'), /^\w{3} \w{3} +\d+ \d\d:\d\d:\d\d UTC \d{4}\nHello from the Kubernetes cluster\n$/);
    assert.match(await shell.type('kubectl describe cronjob hello'), / Normal +SuccessfulCreate +\S+ +cronjob-controller +Created job hello-\d{8}\n(.*\n)* +Normal +SawCompletedJob +\S+ +cronjob-controller +Saw completed job: hello-\d{8}, condition: Complete\n/);
    assert.match(await shell.type('kubectl delete cronjob hello'), /^cronjob\.batch "hello" deleted/);
    await shell.until('kubectl get jobs,pods 2>&1', /^No resources found in cron namespace\.\n$/);
  },
};

/** All of them. */
export const jobTasks: readonly Task[] = [coarse, fine, indexed, podToPod, expansions, cron];
