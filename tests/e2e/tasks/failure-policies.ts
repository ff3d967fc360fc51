/**
 * "Handling retriable and non-retriable pod failures with Pod failure policy": its four examples.
 *
 * Source: kubernetes.io, docs/tasks/job/pod-failure-policy.
 */
import assert from 'node:assert/strict';
import type { Task } from './task.ts';

const TITLE = 'Handling retriable and non-retriable pod failures with Pod failure policy';

const FAIL_JOB = `apiVersion: batch/v1
kind: Job
metadata:
  name: job-pod-failure-policy-failjob
spec:
  completions: 8
  parallelism: 2
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: main
        image: docker.io/library/bash:5
        command: ["bash"]
        args:
        - -c
        - echo "Hello world! I'm going to exit with 42 to simulate a software bug." && sleep 30 && exit 42
  backoffLimit: 6
  podFailurePolicy:
    rules:
    - action: FailJob
      onExitCodes:
        containerName: main
        operator: In
        values: [42]
`;

const failJob: Task = {
  title: `${TITLE}: a software bug`,
  namespace: 'fail-job',
  async run(shell) {
    await shell.save('job-pod-failure-policy-failjob.yaml', FAIL_JOB);
    assert.equal(await shell.type('kubectl create -f job-pod-failure-policy-failjob.yaml'), 'job.batch/job-pod-failure-policy-failjob created\n');
    await shell.type('kubectl wait --for=condition=failed --timeout=90s job/job-pod-failure-policy-failjob');
    const message = /Container main for pod fail-job\/job-pod-failure-policy-failjob-\w{5} failed with exit code 42 matching FailJob rule at index 0/;
    const [job] = JSON.parse(await shell.type('kubectl get jobs -l job-name=job-pod-failure-policy-failjob -o json')).items;
    for (const type of ['FailureTarget', 'Failed']) {
      const condition = job.status.conditions.find((one: { type: string }) => one.type === type);
      assert.equal(condition.reason, 'PodFailurePolicy');
      assert.match(condition.message, message);
    }
    assert.match(await shell.type('kubectl get job job-pod-failure-policy-failjob'), /^NAME +STATUS +COMPLETIONS +DURATION +AGE\njob-pod-failure-policy-failjob +Failed +0\/8 +\d+s +\d+s\n$/);
    await shell.type('kubectl delete jobs/job-pod-failure-policy-failjob');
    await shell.until('kubectl get pods 2>&1', /^No resources found in fail-job namespace\.\n$/);
  },
};

const CONFIG_ISSUE = `apiVersion: batch/v1
kind: Job
metadata:
  name: job-pod-failure-policy-config-issue
spec:
  completions: 8
  parallelism: 2
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: main
        image: "non-existing-repo/non-existing-image:example"
  backoffLimit: 6
  podFailurePolicy:
    rules:
    - action: FailJob
      onPodConditions:
      - type: ConfigIssue
        status: "True"
`;

const configIssue: Task = {
  title: `${TITLE}: a condition of one's own`,
  namespace: 'config-issue',
  async run(shell) {
    await shell.save('job-pod-failure-policy-config-issue.yaml', CONFIG_ISSUE);
    assert.equal(await shell.type('kubectl create -f job-pod-failure-policy-config-issue.yaml'), 'job.batch/job-pod-failure-policy-config-issue created\n');
    const waiting = await shell.until('kubectl get pods -l job-name=job-pod-failure-policy-config-issue -o yaml', /reason: ImagePullBackOff[^]*phase: Pending/, 90_000);
    assert.match(waiting, /message: 'Back-off pulling image "non-existing-repo\/non-existing-image:example":\s/);
    await shell.type(`cat <<EOF > patch.yaml
status:
  conditions:
  - type: ConfigIssue
    status: "True"
    reason: "NonExistingImage"
    lastTransitionTime: "$(date -u +"%Y-%m-%dT%H:%M:%SZ")"
EOF`);
    shell.export('podName', await shell.type(`kubectl get pods -l job-name=job-pod-failure-policy-config-issue -o jsonpath='{.items[0].metadata.name}'`));
    assert.match(await shell.type('kubectl patch pod $podName --subresource=status --patch-file=patch.yaml'), /^pod\/job-pod-failure-policy-config-issue-\w{5} patched\n$/);
    await shell.type('kubectl delete pods/$podName');
    const job = await shell.until('kubectl get jobs -l job-name=job-pod-failure-policy-config-issue -o yaml', /reason: PodFailurePolicy\s+status: "True"\s+type: Failed/);
    assert.match(job, /Pod config-issue\/job-pod-failure-policy-config-issue-\w{5} has condition\s+ConfigIssue matching FailJob rule at index 0/);
  },
};

const FAIL_INDEX = `apiVersion: batch/v1
kind: Job
metadata:
  name: job-backoff-limit-per-index-failindex
spec:
  completions: 4
  parallelism: 2
  completionMode: Indexed
  backoffLimitPerIndex: 1
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: main
        image: docker.io/library/python:3
        command:
        - python3
        - -c
        - |
          import os, sys
          index = int(os.environ.get("JOB_COMPLETION_INDEX"))
          if index == 0:
            sys.exit(1)
          elif index == 1:
            sys.exit(42)
          else:
            sys.exit(0)
  backoffLimit: 6
  podFailurePolicy:
    rules:
    - action: FailIndex
      onExitCodes:
        containerName: main
        operator: In
        values: [42]
`;

const failIndex: Task = {
  title: `${TITLE}: per index`,
  namespace: 'fail-index',
  async run(shell) {
    await shell.save('job-backoff-limit-per-index-failindex.yaml', FAIL_INDEX);
    assert.equal(await shell.type('kubectl create -f job-backoff-limit-per-index-failindex.yaml'), 'job.batch/job-backoff-limit-per-index-failindex created\n');
    await shell.type('kubectl wait --for=condition=failed --timeout=90s job/job-backoff-limit-per-index-failindex');
    const name = 'job-backoff-limit-per-index-failindex';
    assert.match(
      await shell.type(`kubectl get pods -l job-name=${name}`),
      new RegExp(`^NAME +READY +STATUS +RESTARTS +AGE\n(${name}-0-\\w{5} +0/1 +Error +0 +\\d+s\n){2}${name}-1-\\w{5} +0/1 +Error +0 +\\d+s\n${name}-2-\\w{5} +0/1 +Completed +0 +\\d+s\n${name}-3-\\w{5} +0/1 +Completed +0 +\\d+s\n$`),
    );
    const [job] = JSON.parse(await shell.type(`kubectl get jobs -l job-name=${name} -o json`)).items;
    assert.deepEqual([job.status.failedIndexes, job.status.completedIndexes, job.status.failed, job.status.succeeded], ['0,1', '2,3', 3, 2]);
    const failed = job.status.conditions.find((one: { type: string }) => one.type === 'Failed');
    assert.deepEqual([failed.reason, failed.message], ['FailedIndexes', 'Job has failed indexes']);
  },
};

const IGNORE = `apiVersion: batch/v1
kind: Job
metadata:
  name: job-pod-failure-policy-ignore
spec:
  completions: 4
  parallelism: 2
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: main
        image: docker.io/library/bash:5
        command: ["bash"]
        args:
        - -c
        - echo "Hello world! I'm going to exit with 0 (success)." && sleep SECONDS && exit 0
  backoffLimit: 0
  podFailurePolicy:
    rules:
    - action: Ignore
      onPodConditions:
      - type: DisruptionTarget
`;
/** Time enough to drain the node; the page gives 90 seconds to people who type. */
const SECONDS = '8';

/** Runs where nothing else does, since it drains a node: on the only node that others were kept off. */
export const drainTask: Task = {
  title: `${TITLE}: disruptions`,
  namespace: 'ignore',
  async run(shell) {
    await shell.type('kubectl cordon node-1; kubectl cordon node-2; kubectl uncordon node-3');
    await shell.save('job-pod-failure-policy-ignore.yaml', IGNORE.replace('SECONDS', SECONDS));
    assert.equal(await shell.type('kubectl create -f job-pod-failure-policy-ignore.yaml'), 'job.batch/job-pod-failure-policy-ignore created\n');
    await shell.until('kubectl get pods -l job-name=job-pod-failure-policy-ignore', /(Running.*\n.*){2}/);
    shell.export('nodeName', await shell.type(`kubectl get pods -l job-name=job-pod-failure-policy-ignore -o jsonpath='{.items[0].spec.nodeName}'`));
    const drained = await shell.type('kubectl drain nodes/$nodeName --ignore-daemonsets --grace-period=0');
    assert.match(drained, /^node\/node-3 cordoned\n([^]*\n)?evicting pod ignore\/job-pod-failure-policy-ignore-\w{5}\n[^]*pod\/job-pod-failure-policy-ignore-\w{5} evicted\n[^]*node\/node-3 drained\n$/);
    assert.equal(await shell.type(`kubectl get jobs -l job-name=job-pod-failure-policy-ignore -o jsonpath='{.items[0].status.failed}'`), '');
    assert.equal(await shell.type('kubectl uncordon nodes/$nodeName'), 'node/node-3 uncordoned\n');
    await shell.type('kubectl uncordon node-1 node-2');
    await shell.type('kubectl wait --for=condition=complete --timeout=90s job/job-pod-failure-policy-ignore');
    assert.match(await shell.type('kubectl describe job job-pod-failure-policy-ignore'), /Pods Statuses: +0 Active \(0 Ready\) \/ 4 Succeeded \/ 0 Failed\n/);
  },
};

/** Those that may run beside others. */
export const failurePolicyTasks: readonly Task[] = [failJob, configIssue, failIndex];
