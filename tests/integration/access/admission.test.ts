/**
 * What admission refuses, changes and warns about, over a real port.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdmissionConfig } from '#apiserver/admission/plugins.ts';
import { openTestServer, type TestReply, type TestServer } from '#apiserver/testing/test-server.ts';

const USERS = [
  { token: 'root', user: { name: 'root', groups: ['system:masters'] } },
  { token: 'a', user: { name: 'alice', groups: ['dev'] } },
];
const open = async (admission: AdmissionConfig = {}): Promise<TestServer> => {
  const server = await openTestServer({ security: { staticTokens: USERS }, admission });
  await send(server, 'POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  return server;
};
const send = (
  server: TestServer,
  method: string,
  path: string,
  body?: object,
  { token = 'root', type = 'application/json' } = {},
): Promise<TestReply> => server.ask(path, { token, method, ...(body ? { body } : {}), headers: { 'content-type': type } });
const MERGE = { type: 'application/merge-patch+json' };
const PODS = '/api/v1/namespaces/default/pods';
const pod = (name: string, spec: object = {}) => ({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });
const message = (reply: TestReply): string => reply.json().message;

test('pod security warns in headers and refuses in status', async () => {
  await using server = await open();
  await send(
    server,
    'PATCH',
    '/api/v1/namespaces/default',
    { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'baseline', 'pod-security.kubernetes.io/warn': 'restricted' } } },
    MERGE,
  );
  const warned = await send(server, 'POST', PODS, pod('p'));
  assert.equal(warned.code, 201);
  assert.match(
    String(warned.headers['warning']),
    /^299 - "would violate PodSecurity \\"restricted:latest\\": allowPrivilegeEscalation != false \(container \\"c\\" must set securityContext.allowPrivilegeEscalation=false\), unrestricted capabilities/,
  );
  const refused = await send(
    server,
    'POST',
    PODS,
    pod('q', { hostNetwork: true, containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }] }),
  );
  assert.equal(refused.code, 403);
  assert.equal(
    message(refused),
    'pods "q" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), privileged (container "c" must not set securityContext.privileged=true)',
  );
  const dry = await send(
    server,
    'PATCH',
    '/api/v1/namespaces/default?dryRun=All',
    { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
    MERGE,
  );
  assert.equal(dry.code, 200);
  assert.match(
    String(dry.headers['warning']),
    /existing pods in namespace \\"default\\" violate the new PodSecurity enforce level \\"restricted:latest\\"/,
  );
  assert.match(
    String(dry.headers['warning']),
    /p: allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile/,
  );
});

test('volumes and claims are kept while in use; claims grow where their class allows it', async () => {
  await using server = await open();
  const finalizers = (reply: TestReply) => reply.json<{ metadata: { finalizers: string[] } }>().metadata.finalizers;
  const claims = '/api/v1/namespaces/default/persistentvolumeclaims';
  for (const [name, allowVolumeExpansion] of [
    ['fixed', false],
    ['elastic', true],
  ] as const) {
    await send(server, 'POST', '/apis/storage.k8s.io/v1/storageclasses', { metadata: { name }, provisioner: 'x/y', allowVolumeExpansion });
    const made = await send(server, 'POST', claims, {
      metadata: { name },
      spec: { storageClassName: name, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    assert.deepEqual(finalizers(made), ['kubernetes.io/pvc-protection']);
  }
  const volume = await send(server, 'POST', '/api/v1/persistentvolumes', {
    metadata: { name: 'v' },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
  });
  assert.deepEqual(finalizers(volume), ['kubernetes.io/pv-protection']);
  const attributes = await send(server, 'POST', '/apis/storage.k8s.io/v1/volumeattributesclasses', {
    metadata: { name: 'fast' },
    driverName: 'd.example',
    parameters: { iops: '1' },
  });
  assert.deepEqual(finalizers(attributes), ['kubernetes.io/vac-protection']);
  const grow = (name: string): Promise<TestReply> =>
    send(server, 'PATCH', `${claims}/${name}`, { spec: { resources: { requests: { storage: '2Gi' } } } }, MERGE);
  const unbound = await grow('elastic');
  assert.ok(unbound.code === 403 || unbound.code === 422, unbound.text);
  for (const name of ['fixed', 'elastic']) {
    await send(server, 'PATCH', `${claims}/${name}`, { spec: { volumeName: 'v' } }, MERGE);
    await send(server, 'PATCH', `${claims}/${name}/status`, { status: { phase: 'Bound', capacity: { storage: '1Gi' } } }, MERGE);
  }
  assert.equal((await grow('elastic')).code, 200);
  assert.equal(
    message(await grow('fixed')),
    'persistentvolumeclaims "fixed" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  );
});

test('plugins that are on and off', async () => {
  await assert.rejects(open({ enable: ['Nonsense'] }), /enable-admission-plugins plugin "Nonsense" is unknown/);
  await assert.rejects(open({ enable: ['PodSecurity'], disable: ['PodSecurity'] }), /overlapped/);
  await assert.rejects(open({ enable: ['EventRateLimit'] }), /configuration is required/);
  await using server = await open({
    disable: ['PodSecurity', 'DefaultTolerationSeconds'],
    enable: [
      'AlwaysPullImages',
      'LimitPodHardAntiAffinityTopology',
      'DenyServiceExternalIPs',
      'EventRateLimit',
      'PodNodeSelector',
      'PodTolerationRestriction',
      'ExtendedResourceToleration',
      'NamespaceExists',
    ],
    plugins: { eventLimits: [{ type: 'Namespace', qps: 1, burst: 2 }] },
  });
  await send(
    server,
    'PATCH',
    '/api/v1/namespaces/default',
    {
      metadata: {
        labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
        annotations: {
          'scheduler.alpha.kubernetes.io/node-selector': 'zone=a',
          'scheduler.alpha.kubernetes.io/defaultTolerations': '[{"key":"team","operator":"Equal","value":"x","effect":"NoSchedule"}]',
          'scheduler.alpha.kubernetes.io/tolerationsWhitelist':
            '[{"key":"team","operator":"Exists"},{"key":"example.com/gpu","operator":"Exists"},{"key":"node.kubernetes.io/memory-pressure","operator":"Exists"}]',
        },
      },
    },
    MERGE,
  );
  const gpu = {
    containers: [
      { name: 'c', image: 'i', imagePullPolicy: 'Never', resources: { requests: { 'example.com/gpu': '1' }, limits: { 'example.com/gpu': '1' } } },
    ],
  };
  const made = await send(server, 'POST', PODS, pod('p', gpu));
  assert.equal(made.code, 201, made.text);
  const { spec } = made.json<{ spec: { nodeSelector: object; tolerations: object[]; containers: { imagePullPolicy: string }[] } }>();
  assert.deepEqual(spec.nodeSelector, { zone: 'a' });
  assert.equal(spec.containers[0]!.imagePullPolicy, 'Always');
  assert.deepEqual(spec.tolerations, [
    { key: 'team', operator: 'Equal', value: 'x', effect: 'NoSchedule' },
    { key: 'example.com/gpu', operator: 'Exists' },
  ]);
  const refusals: readonly (readonly [object, RegExp])[] = [
    [{ nodeSelector: { zone: 'b' } }, /pod node label selector conflicts with its namespace node label selector/],
    [
      { tolerations: [{ key: 'other', operator: 'Exists' }] },
      /pod tolerations \(possibly merged with namespace default tolerations\) conflict with its namespace whitelist/,
    ],
    [
      { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', labelSelector: {} }] } } },
      /affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io\/hostname is allowed/,
    ],
  ];
  for (const [change, words] of refusals) {
    const reply = await send(server, 'POST', PODS, pod('q', change));
    assert.equal(reply.code, 403, reply.text);
    assert.match(message(reply), words);
  }
  const service = await send(server, 'POST', '/api/v1/namespaces/default/services', {
    metadata: { name: 's' },
    spec: { ports: [{ port: 80 }], externalIPs: ['1.2.3.4'] },
  });
  assert.equal(message(service), 'services "s" is forbidden: Use of external IPs is denied by admission control');
  const event = (name: string): Promise<TestReply> =>
    send(server, 'POST', '/api/v1/namespaces/default/events', {
      metadata: { name },
      involvedObject: { namespace: 'default', kind: 'Pod', name: 'p' },
      reason: 'R',
      message: 'm',
      type: 'Normal',
    });
  assert.deepEqual([(await event('e1')).code, (await event('e2')).code], [201, 201]);
  const limited = await event('e3');
  assert.equal(limited.code, 429);
  assert.equal(message(limited), 'limit reached on type Namespace for key default');
  assert.ok(limited.headers['retry-after']);
});

test('everything denied, masters too', async () => {
  const server = await openTestServer({ security: { staticTokens: USERS }, admission: { enable: ['AlwaysDeny'] } }).catch(
    (error: unknown) => error as Error,
  );
  // A server cannot make its own objects then, and says so.
  assert.ok(server instanceof Error);
  assert.match(server.message, /admission control is denying all modifications/);
});

test('owners are named by who may delete, and blocked by who may finalize', async () => {
  await using server = await open({ enable: ['OwnerReferencesPermissionEnforcement'] });
  const RBAC = '/apis/rbac.authorization.k8s.io/v1';
  await send(server, 'POST', `${RBAC}/clusterroles`, {
    metadata: { name: 'r' },
    rules: [{ verbs: ['create', 'get', 'update', 'patch'], apiGroups: [''], resources: ['configmaps'] }],
  });
  await send(server, 'POST', `${RBAC}/clusterrolebindings`, {
    metadata: { name: 'r' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'alice' }],
  });
  const maps = '/api/v1/namespaces/default/configmaps';
  const owner = (extra: object = {}) => [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid: 'u', ...extra }];
  const alice = { token: 'a' };
  assert.equal((await send(server, 'POST', maps, { metadata: { name: 'a', ownerReferences: owner() } }, alice)).code, 201);
  const blocking = await send(server, 'POST', maps, { metadata: { name: 'b', ownerReferences: owner({ blockOwnerDeletion: true }) } }, alice);
  assert.match(
    message(blocking),
    /^configmaps "b" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: /,
  );
  const unknown = await send(
    server,
    'POST',
    maps,
    { metadata: { name: 'b', ownerReferences: owner({ apiVersion: 'x/v1', blockOwnerDeletion: true }) } },
    alice,
  );
  assert.match(message(unknown), /cannot find RESTMapping for APIVersion x\/v1 Kind Deployment/);
  await send(server, 'POST', maps, { metadata: { name: 'c' } }, alice);
  const named = await send(server, 'PATCH', `${maps}/c`, { metadata: { ownerReferences: owner() } }, { ...MERGE, token: 'a' });
  assert.match(message(named), /cannot set an ownerRef on a resource you can't delete/);
  assert.equal((await send(server, 'PATCH', `${maps}/c`, { metadata: { ownerReferences: owner({ blockOwnerDeletion: true }) } }, MERGE)).code, 200);
});
