import assert from 'node:assert/strict';
import { test } from 'node:test';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { FakeCaches } from '../testing/fake-caches.ts';
import { type Attributes, resourceAttributes } from './authorizer.ts';
import { NodeAuthorizer } from './node-authorizer.ts';

const user = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };

function setup() {
  const caches = new FakeCaches();
  const spec = {
    nodeName: 'n1',
    serviceAccountName: 'sa',
    imagePullSecrets: [{ name: 'pull' }],
    containers: [
      {
        name: 'c',
        envFrom: [{ configMapRef: { name: 'env-map' } }, { secretRef: { name: 'env-secret' } }],
        env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'key-secret', key: 'a' } } }],
      },
    ],
    volumes: [
      { name: 'a', secret: { secretName: 'vol-secret' } },
      { name: 'b', projected: { sources: [{ configMap: { name: 'projected-map' } }, { secret: { name: 'projected-secret' } }] } },
      { name: 'c', persistentVolumeClaim: { claimName: 'claim' } },
    ],
  };
  caches.put(pods, { metadata: { namespace: 'ns', name: 'p1' }, spec });
  caches.put(pods, { metadata: { namespace: 'ns', name: 'p2' }, spec: { nodeName: 'n2', containers: [], volumes: [{ name: 'a', secret: { secretName: 'foreign' } }] } });
  caches.put(pods, { metadata: { namespace: 'ns', name: 'mirror', annotations: { 'kubernetes.io/config.mirror': 'x' } }, spec: { nodeName: 'n1', containers: [], volumes: [{ name: 'a', secret: { secretName: 'wanted' } }] } });
  caches.put(persistentVolumeClaims, { metadata: { namespace: 'ns', name: 'claim' }, spec: { volumeName: 'pv1' } });
  caches.put(persistentVolumes, { metadata: { name: 'pv1' }, spec: { csi: { driver: 'd', nodePublishSecretRef: { namespace: 'ns', name: 'csi-secret' }, nodeStageSecretRef: { namespace: 'driver', name: 'stage-secret' } } } });
  return { caches, authorizer: new NodeAuthorizer(caches) };
}

type Ask = Partial<Attributes> & { readonly resource: string };

const secret = (name: string, verb = 'get'): Ask => ({ resource: 'secrets', namespace: 'ns', name, verb });

const ALLOWED: readonly Ask[] = [
  ...['pull', 'env-secret', 'key-secret', 'vol-secret', 'projected-secret', 'csi-secret'].map((name) => secret(name)),
  { ...secret('stage-secret'), namespace: 'driver' },
  secret('pull', 'watch'),
  { resource: 'configmaps', namespace: 'ns', name: 'env-map', verb: 'list' },
  { resource: 'configmaps', namespace: 'ns', name: 'projected-map', verb: 'get' },
  { resource: 'persistentvolumeclaims', namespace: 'ns', name: 'claim', verb: 'get' },
  { resource: 'persistentvolumes', name: 'pv1', verb: 'get' },
  { resource: 'serviceaccounts', subresource: 'token', namespace: 'ns', name: 'sa', verb: 'create' },
  { resource: 'nodes', name: 'n1', verb: 'get' },
  { resource: 'nodes', verb: 'create' },
  { resource: 'nodes', subresource: 'status', name: 'n1', verb: 'patch' },
  { resource: 'pods', namespace: 'ns', name: 'p1', verb: 'get' },
  { resource: 'pods', verb: 'watch', fieldSelector: 'spec.nodeName=n1' },
  { resource: 'pods', subresource: 'status', namespace: 'ns', name: 'p1', verb: 'patch' },
  { resource: 'leases', group: 'coordination.k8s.io', namespace: 'kube-node-lease', name: 'n1', verb: 'update' },
  { resource: 'services', verb: 'list' },
  { resource: 'events', namespace: 'ns', verb: 'create' },
  { resource: 'runtimeclasses', group: 'node.k8s.io', verb: 'watch' },
];

for (const ask of ALLOWED) {
  test(`a node may ${ask.verb} ${ask.resource}/${ask.subresource ?? ''} ${ask.name ?? ''}`, () => {
    const { authorizer } = setup();
    assert.equal(authorizer.authorize(user, resourceAttributes({ verb: 'get', ...ask })).verdict, 'allow');
  });
}

const REFUSED: readonly [Ask, RegExp][] = [
  [secret('foreign'), /^no relationship found between node 'n1' and this object$/],
  [secret('wanted'), /no relationship/],
  [{ ...secret('pull'), namespace: 'other' }, /no relationship/],
  [secret('pull', 'update'), /can only read resources of this type/],
  [secret('', 'list'), /No Object name found/],
  [{ resource: 'nodes', name: 'n2', verb: 'get' }, /node 'n1' cannot read 'n2', only its own Node object/],
  [{ resource: 'nodes', verb: 'list' }, /cannot read all nodes/],
  [{ resource: 'pods', verb: 'list' }, /can only list\/watch pods with spec\.nodeName field selector/],
  [{ resource: 'pods', verb: 'list', fieldSelector: 'spec.nodeName=n2' }, /can only list/],
  [{ resource: 'pods', namespace: 'ns', name: 'p2', verb: 'get' }, /no relationship/],
  [{ resource: 'leases', group: 'coordination.k8s.io', namespace: 'kube-node-lease', name: 'n2', verb: 'update' }, /same name as the requesting node/],
  [{ resource: 'serviceaccounts', subresource: 'token', namespace: 'ns', name: 'other', verb: 'create' }, /no relationship/],
  [{ resource: 'deployments', group: 'apps', verb: 'list' }, /^$/],
];

for (const [ask, reason] of REFUSED) {
  test(`a node may not ${ask.verb} ${ask.resource} ${ask.name ?? ''} ${ask.fieldSelector ?? ''}`, () => {
    const { authorizer } = setup();
    const decision = authorizer.authorize(user, resourceAttributes({ verb: 'get', ...ask }));
    assert.equal(decision.verdict, 'none');
    assert.match(decision.reason, reason);
  });
}

test('rights come and go with pods', () => {
  const { caches, authorizer } = setup();
  const may = (name: string): boolean => authorizer.authorize(user, resourceAttributes({ verb: 'get', ...secret(name) })).verdict === 'allow';
  assert.equal(may('foreign'), false);
  caches.put(pods, { metadata: { namespace: 'ns', name: 'p2' }, spec: { nodeName: 'n1', containers: [], volumes: [{ name: 'a', secret: { secretName: 'foreign' } }] } });
  assert.equal(may('foreign'), true);
  caches.remove(pods, 'ns', 'p2');
  assert.equal(may('foreign'), false);
  assert.equal(authorizer.authorize({ name: 'system:node:n1', groups: [] }, resourceAttributes({ verb: 'get', ...secret('pull') })).verdict, 'none', 'the group is needed too');
});
