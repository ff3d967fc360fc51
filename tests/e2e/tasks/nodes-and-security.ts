/**
 * Where pods go and what they may do: labels and affinity, extended resources, priority and preemption, security contexts, seccomp, sysctls, and `kubectl debug`.
 *
 * Source: kubernetes.io, docs/tasks/configure-pod-container, docs/tasks/administer-cluster, docs/tutorials/security/seccomp, docs/tasks/debug/debug-application/debug-running-pod, docs/concepts/scheduling-eviction/pod-priority-preemption.
 */
import assert from 'node:assert/strict';
import type { Task } from './task.ts';

const NGINX_SSD = `apiVersion: v1
kind: Pod
metadata:
  name: nginx
  labels:
    env: test
spec:
  containers:
  - name: nginx
    image: nginx
    imagePullPolicy: IfNotPresent
  nodeSelector:
    disktype: ssd
`;
const NGINX_SPECIFIC = `apiVersion: v1
kind: Pod
metadata:
  name: nginx-specific
spec:
  nodeName: node-1
  containers:
  - name: nginx
    image: nginx
    imagePullPolicy: IfNotPresent
`;
const affinity = (name: string, rule: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
spec:
  affinity:
    nodeAffinity:
${rule}  containers:
  - name: nginx
    image: nginx
    imagePullPolicy: IfNotPresent
`;
const REQUIRED = `      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms:
        - matchExpressions:
          - key: disktype
            operator: In
            values:
            - ssd
`;
const PREFERRED = `      preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 1
        preference:
          matchExpressions:
          - key: disktype
            operator: In
            values:
            - ssd
`;

const assign: Task = {
  title: 'Assign Pods to Nodes, also using Node Affinity',
  namespace: 'assign',
  async run(shell) {
    assert.match(await shell.type('kubectl get nodes --show-labels'), /^NAME +STATUS +ROLES +AGE +VERSION +LABELS\nnode-1 +Ready.* +\S*kubernetes\.io\/hostname=node-1\S*\n/);
    assert.equal(await shell.type('kubectl label nodes node-2 disktype=ssd'), 'node/node-2 labeled\n');
    assert.match(await shell.type('kubectl get nodes --show-labels'), /^node-2 .*disktype=ssd/m);
    const manifests = { 'pod-nginx.yaml': NGINX_SSD, 'pod-nginx-specific-node.yaml': NGINX_SPECIFIC, 'pod-nginx-required-affinity.yaml': affinity('nginx-required', REQUIRED), 'pod-nginx-preferred-affinity.yaml': affinity('nginx-preferred', PREFERRED) };
    for (const [name, content] of Object.entries(manifests)) await shell.save(name, content);
    await shell.type(Object.keys(manifests).map((name) => `kubectl apply -f ${name}`).join(' && '));
    await shell.until(
      'kubectl get pods --output=wide',
      /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES\nnginx +1\/1 +Running +0 +\d+s +10\.244\.\S+ +node-2 .*\nnginx-preferred +1\/1 .* +node-2 .*\nnginx-required +1\/1 .* +node-2 .*\nnginx-specific +1\/1 .* +node-1 .*\n$/,
    );
    await shell.type('kubectl label nodes node-2 disktype-');
  },
};

const dongles = (name: string, count: number, more = ''): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
spec:
${more}  containers:
  - name: ${name}-ctr
    image: nginx
    resources:
      requests:
        example.com/dongle: ${count}
      limits:
        example.com/dongle: ${count}
`;
const PRIORITY = `apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata:
  name: high-priority
value: 1000000
globalDefault: false
description: "This priority class should be used for XYZ service pods only."
`;

const resources: Task = {
  title: 'Assign Extended Resources to a Container; Pod Priority and Preemption',
  namespace: 'dongles',
  async run(shell) {
    const advertise = `kubectl patch node node-1 --subresource=status --type=json -p='[{"op": "add", "path": "/status/capacity/example.com~1dongle", "value": "4"}]'`;
    assert.match(await shell.type(advertise), /^node\/node-1 patched\n$/);
    await shell.until('kubectl describe node node-1', /Capacity:\n[^A]* example\.com\/dongle: +4\n[^]*Allocatable:\n[^]* example\.com\/dongle: +4\n/);
    await shell.save('extended-resource-pod.yaml', dongles('extended-resource-demo', 3));
    await shell.save('extended-resource-pod-2.yaml', dongles('extended-resource-demo-2', 2));
    await shell.type('kubectl apply -f extended-resource-pod.yaml && kubectl wait --for=condition=Ready pod/extended-resource-demo --timeout=60s');
    assert.match(await shell.type('kubectl describe pod extended-resource-demo'), / {4}Limits:\n {6}example\.com\/dongle: +3\n {4}Requests:\n {6}example\.com\/dongle: +3\n/);
    await shell.type('kubectl apply -f extended-resource-pod-2.yaml');
    const pending = await shell.until('kubectl describe pod extended-resource-demo-2', /FailedScheduling/);
    assert.match(pending, /^Status: +Pending$/m);
    assert.match(pending, /Warning +FailedScheduling +\S+.* +default-scheduler +0\/3 nodes are available: 1 node\(s\) were unschedulable, 2 Insufficient example\.com\/dongle\. preemption: 0\/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling\.\n/);
    assert.match(await shell.type('kubectl get pod extended-resource-demo-2'), /^extended-resource-demo-2 +0\/1 +Pending +0 /m);
    await shell.save('priority.yaml', PRIORITY);
    await shell.save('important.yaml', dongles('important', 2, '  priorityClassName: high-priority\n'));
    assert.equal(await shell.type('kubectl apply -f priority.yaml'), 'priorityclass.scheduling.k8s.io/high-priority created\n');
    assert.match(await shell.type('kubectl get priorityclass'), /^NAME +VALUE +GLOBAL-DEFAULT +AGE +PREEMPTIONPOLICY\nhigh-priority +1000000 +false +\d+s +PreemptLowerPriority\nsystem-cluster-critical +2000000000 +false .*\nsystem-node-critical +2000001000 +false .*\n$/);
    await shell.type('kubectl apply -f important.yaml && kubectl wait --for=condition=Ready pod/important --timeout=90s');
    const uid = await shell.type('kubectl get pod important -o jsonpath={.metadata.uid}');
    assert.match(await shell.type('kubectl get events --field-selector reason=Preempted'), new RegExp(`Normal +Preempted +pod/extended-resource-demo +Preempted by pod ${uid} on node node-1\n`));
    await shell.until('kubectl get pod extended-resource-demo-2', /^extended-resource-demo-2 +1\/1 +Running +0 /m);
  },
};

const security = (name: string, podContext: string, container: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
spec:
${podContext}  containers:
  - name: sec-ctx-demo
${container}`;

const CONTEXTS: Readonly<Record<string, string>> = {
  'security-context.yaml': security(
    'security-context-demo',
    '  securityContext:\n    runAsUser: 1000\n    runAsGroup: 3000\n    fsGroup: 2000\n    supplementalGroups: [4000]\n  volumes:\n  - name: sec-ctx-vol\n    emptyDir: {}\n',
    '    image: busybox:1.28\n    command: [ "sh", "-c", "sleep 1h" ]\n    volumeMounts:\n    - name: sec-ctx-vol\n      mountPath: /data/demo\n    securityContext:\n      allowPrivilegeEscalation: false\n',
  ),
  'security-context-2.yaml': security(
    'security-context-demo-2',
    '  securityContext:\n    runAsUser: 1000\n',
    '    image: registry.k8s.io/e2e-test-images/agnhost:2.40\n    securityContext:\n      runAsUser: 2000\n      allowPrivilegeEscalation: false\n',
  ),
  'security-context-3.yaml': security('security-context-demo-3', '', '    image: registry.k8s.io/e2e-test-images/agnhost:2.40\n'),
  'security-context-4.yaml': security('security-context-demo-4', '', '    image: registry.k8s.io/e2e-test-images/agnhost:2.40\n    securityContext:\n      capabilities:\n        add: ["NET_ADMIN", "SYS_TIME"]\n'),
};

const securityContext: Task = {
  title: 'Configure a Security Context for a Pod or Container',
  namespace: 'security-context',
  async run(shell) {
    for (const [name, content] of Object.entries(CONTEXTS)) await shell.save(name, content);
    await shell.type(`${Object.keys(CONTEXTS).map((name) => `kubectl apply -f ${name}`).join(' && ')} && kubectl wait --for=condition=Ready pod --all --timeout=60s`);
    const session = (await shell.onTty('kubectl exec -it security-context-demo -- sh', 'ps\ncd /data\nls -l\ncd demo\necho hello > testfile\nls -l\nid\nexit\n')).replaceAll('\r', '');
    assert.match(session, /^ +1 1000 .*sleep 1h$/m);
    assert.match(session, /^drwxrwsrwx +2 root +2000 +4096 .* demo$/m);
    assert.match(session, /^-rw-r--r-- +1 1000 +2000 +6 .* testfile$/m);
    assert.match(session, /^uid=1000 gid=3000 groups=(3000,)?2000(,3000)?,4000$/m);
    assert.match(await shell.type('kubectl exec security-context-demo-2 -- ps'), /^ +1 2000 /m);
    const capabilities = async (pod: string): Promise<string> => shell.type(`kubectl exec ${pod} -- sh -c 'cd /proc/1 && cat status | grep -E "Cap(Prm|Eff)"'`);
    assert.equal(await capabilities('security-context-demo-3'), 'CapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\n');
    assert.equal(await capabilities('security-context-demo-4'), 'CapPrm:\t00000000aa0435fb\nCapEff:\t00000000aa0435fb\n');
    await shell.type('kubectl delete pod security-context-demo security-context-demo-2 security-context-demo-3 security-context-demo-4 --wait=false');
  },
};

const seccompPod = (name: string, profile: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  labels:
    app: ${name}
spec:
  securityContext:
    seccompProfile:
${profile}  containers:
  - name: test-container
    image: hashicorp/http-echo:1.0
    args:
    - "-text=just made some syscalls!"
    securityContext:
      allowPrivilegeEscalation: false
`;
const localhost = (file: string): string => `      type: Localhost\n      localhostProfile: profiles/${file}\n`;

const SYSCTLS = `apiVersion: v1
kind: Pod
metadata:
  name: sysctl-example
spec:
  securityContext:
    sysctls:
    - name: kernel.shm_rmid_forced
      value: "0"
UNSAFE  containers:
  - name: shell
    image: busybox:1.28
    command: ["sleep", "3600"]
`;

const seccomp: Task = {
  title: "Restrict a Container's Syscalls with seccomp; Using sysctls in a Kubernetes Cluster",
  namespace: 'seccomp',
  async run(shell) {
    await shell.type(`for node in "$NAVARCH_HOME"/clusters/*/nodes/*/kubelet; do
  mkdir -p "$node/seccomp/profiles"
  echo '{"defaultAction": "SCMP_ACT_LOG"}' > "$node/seccomp/profiles/audit.json"
  echo '{"defaultAction": "SCMP_ACT_ERRNO"}' > "$node/seccomp/profiles/violation.json"
done`);
    const pods = { 'default-pod': '      type: RuntimeDefault\n', 'audit-pod': localhost('audit.json'), 'violation-pod': localhost('violation.json'), 'missing-pod': localhost('missing.json') };
    for (const [name, profile] of Object.entries(pods)) await shell.save(`${name}.yaml`, seccompPod(name, profile));
    await shell.type(Object.keys(pods).map((name) => `kubectl apply -f ${name}.yaml`).join(' && '));
    await shell.until('kubectl get pod default-pod', /^NAME +READY +STATUS +RESTARTS +AGE\ndefault-pod +1\/1 +Running +0 +\d+s\n$/);
    await shell.until('kubectl get pod/audit-pod', /^NAME +READY +STATUS +RESTARTS +AGE\naudit-pod +1\/1 +Running +0 +\d+s\n$/);
    assert.equal(await shell.type('kubectl expose pod audit-pod --type NodePort --port 5678'), 'service/audit-pod exposed\n');
    assert.match(await shell.type('kubectl get service audit-pod'), /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\naudit-pod +NodePort +10\.96\.\d+\.\d+ +<none> +5678:3\d{4}\/TCP +\d+s\n$/);
    shell.export('ADDRESS', await shell.type(`kubectl get nodes -o jsonpath='{.items[0].status.addresses[?(@.type=="InternalIP")].address}'; echo -n :; kubectl get service audit-pod -o jsonpath='{.spec.ports[0].nodePort}'`));
    await shell.until('curl -s --max-time 5 "$ADDRESS"', /^just made some syscalls!\n$/);
    await shell.until('kubectl get pod/violation-pod', /^NAME +READY +STATUS +RESTARTS +AGE\nviolation-pod +0\/1 +(CrashLoopBackOff|RunContainerError|StartError|CreateContainerError) +\d /);
    await shell.until('kubectl get pod/missing-pod', /^missing-pod +0\/1 +CreateContainerError +0 /m);
    await shell.save('sysctl.yaml', SYSCTLS.replace('UNSAFE', ''));
    await shell.save('unsafe.yaml', SYSCTLS.replace('UNSAFE', '    - name: net.core.somaxconn\n      value: "1024"\n').replace('sysctl-example', 'sysctl-unsafe'));
    await shell.type('kubectl apply -f sysctl.yaml && kubectl apply -f unsafe.yaml && kubectl wait --for=condition=Ready pod/sysctl-example --timeout=60s');
    assert.equal(await shell.type('kubectl exec sysctl-example -- sysctl kernel.shm_rmid_forced'), 'kernel.shm_rmid_forced = 0\n');
    await shell.until('kubectl get pod sysctl-unsafe', /^sysctl-unsafe +0\/1 +SysctlForbidden +0 /m);
    assert.match(await shell.type('kubectl describe pod sysctl-unsafe'), /^Reason: +SysctlForbidden\nMessage: +Pod was rejected: forbidden sysctl: "net\.core\.somaxconn" not allowlisted\n/m);
    await shell.type('kubectl delete pod default-pod --wait --now');
  },
};

const debug: Task = {
  title: 'Debug Running Pods',
  namespace: 'debug',
  async run(shell) {
    await shell.type('kubectl run ephemeral-demo --image=registry.k8s.io/pause:3.1 --restart=Never && kubectl wait --for=condition=Ready pod/ephemeral-demo --timeout=60s');
    const failed = await shell.tries('kubectl exec -i ephemeral-demo -- sh');
    assert.match(failed.stderr, /exec: "sh": executable file not found in \$PATH/);
    const session = (await shell.onTty('kubectl debug -it ephemeral-demo --image=busybox:1.28 --target=ephemeral-demo', '\nps ax\nexit\n')).replaceAll('\r', '');
    assert.match(session, /Targeting container "ephemeral-demo"\. If you don't see processes from this container it may be because the container runtime doesn't support this feature\./);
    assert.match(session, /Defaulting debug container name to debugger-\w{5}\./);
    assert.match(session, /^ +1 \S+ .*\/pause\b/m);
    assert.match(await shell.type('kubectl describe pod ephemeral-demo'), /^Ephemeral Containers:\n {2}debugger-\w{5}:\n {4}Container ID: +containerd:\/\/\w+\n {4}Image: +busybox:1\.28\n[^]*?State: +(Running|Terminated)\n/m);
    await shell.type('kubectl run myapp --image=busybox:1.28 --restart=Never -- sleep 1d && kubectl wait --for=condition=Ready pod/myapp --timeout=60s');
    const copied = (await shell.onTty('kubectl debug myapp -it --image=ubuntu --share-processes --copy-to=myapp-debug', '\nps ax\nexit\n')).replaceAll('\r', '');
    assert.match(copied, /Defaulting debug container name to debugger-\w{5}\./);
    assert.match(copied, /^ +\d+ root .*sleep 1d$/m);
    await shell.type('kubectl delete pod myapp myapp-debug --now');
    await shell.type('kubectl run --image=busybox:1.28 myapp -- false');
    await shell.until('kubectl get pod myapp', /^myapp +0\/1 +(CrashLoopBackOff|Error) +\d /m);
    assert.match(await shell.until('kubectl describe pod myapp', /BackOff/), /Last State: +Terminated\n +Reason: +Error\n +Exit Code: +1\n[^]*Warning +BackOff +\S+.* +kubelet +(spec\.containers\{myapp\}: )?Back-off restarting failed container myapp in pod myapp_debug\([0-9a-f-]{36}\)\n/);
    assert.match(await shell.onTty('kubectl debug myapp -it --copy-to=myapp-debug --container=myapp -- sh', '\necho in the copy\nexit\n'), /in the copy\r?\n/);
    await shell.type('kubectl delete pod myapp myapp-debug --now');
    await shell.type('kubectl run myapp --image=busybox:1.28 --restart=Never -- sleep 1d && kubectl debug myapp --copy-to=myapp-debug --set-image=*=ubuntu');
    assert.equal(await shell.type('kubectl get pod myapp-debug -o jsonpath={.spec.containers[0].image}'), 'ubuntu');
    const node = (await shell.onTty('kubectl debug node/node-1 -it --image=ubuntu', '\nls /host/etc/hostname\nexit\n')).replaceAll('\r', '');
    assert.match(node, /Creating debugging pod node-debugger-node-1-\w{5} with container debugger on node node-1\./);
    assert.match(node, /^\/host\/etc\/hostname$/m);
    await shell.type('kubectl delete pods --all --now --wait=false');
  },
};

/** All of them. */
export const nodeTasks: readonly Task[] = [assign, resources, securityContext, seccomp, debug];
