import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdmissionRequest } from './admission.ts';
import { nodeRestriction } from './node-restriction.ts';
import { type Authorizer, NO_OPINION } from '../authorization/authorizer.ts';
import { FakeCaches } from '../testing/fake-caches.ts';
import { makeCertificateRequest } from '../testing/certificate-request.ts';
import { certificateSigningRequests } from '#kinds/certificates/certificate-signing-request/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { resourceSlices } from '#kinds/resource/resource-slice/kind.ts';
import { csiDrivers } from '#kinds/storage/csi-driver/kind.ts';
import type { Kind } from '#machinery/kind.ts';

const user = { name: 'system:node:n1', groups: ['system:nodes'] };

interface Ask {
  readonly kind: Kind;
  readonly operation?: AdmissionRequest['operation'];
  readonly subresource?: string;
  readonly object?: object;
  readonly old?: object;
}

function setup(grants: Authorizer = { authorize: () => NO_OPINION }) {
  const caches = new FakeCaches();
  caches.put(nodes, { metadata: { name: 'n1', uid: 'node-uid' } });
  const plugin = nodeRestriction({ caches, authorizer: grants });
  const ask = async ({ kind, operation = 'CREATE', subresource = '', object, old }: Ask): Promise<string> => {
    const request = {
      operation,
      kind,
      subresource,
      namespace: 'ns',
      name: 'x',
      object,
      old,
      options: { dryRun: false },
      user,
      nowMs: 0,
      warn: () => {},
    } as unknown as AdmissionRequest;
    try {
      await plugin.admit!(request);
      return 'ok';
    } catch (error) {
      return (error as Error).message.replace(/^.* is forbidden: /, '');
    }
  };
  return { caches, ask };
}

const OWNER = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'node-uid', controller: true };
const mirror = (spec: object = {}, owners: readonly object[] = [OWNER]) => ({
  metadata: { name: 'x', namespace: 'ns', annotations: { 'kubernetes.io/config.mirror': 'm' }, ownerReferences: owners },
  spec: { nodeName: 'n1', containers: [{ name: 'c' }], ...spec },
});

test('mirror pods belong to their node and refer to nothing', async () => {
  const { ask } = setup();
  const cases: readonly (readonly [object, string])[] = [
    [mirror(), 'ok'],
    [mirror({}, []), 'node "n1" can only create pods with an owner reference set to itself'],
    [mirror({}, [OWNER, OWNER]), 'node "n1" can only create pods with a single owner reference set to itself'],
    [mirror({}, [{ ...OWNER, name: 'n2' }]), 'node "n1" can only create pods with an owner reference set to itself'],
    [mirror({}, [{ ...OWNER, controller: false }]), 'node "n1" can only create pods with a controller owner reference set to itself'],
    [mirror({}, [{ ...OWNER, blockOwnerDeletion: true }]), 'node "n1" must not set blockOwnerDeletion on an owner reference'],
    [mirror({}, [{ ...OWNER, uid: 'other' }]), 'node n1 UID mismatch: expected other got node-uid'],
    [mirror({ nodeName: 'n2' }), 'node "n1" can only create pods with spec.nodeName set to itself'],
    [mirror({ serviceAccountName: 's' }), 'node "n1" can not create pods that reference a service account'],
    [
      mirror({ containers: [{ name: 'c', env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }] }),
      'node "n1" can not create pods that reference secrets',
    ],
    [mirror({ containers: [{ name: 'c', envFrom: [{ configMapRef: { name: 'm' } }] }] }), 'node "n1" can not create pods that reference configmaps'],
    [
      mirror({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }),
      'node "n1" can not create pods that reference persistentvolumeclaims',
    ],
    [mirror({ resourceClaims: [{ name: 'r', resourceClaimName: 'c' }] }), 'node "n1" can not create pods that reference resourceclaims'],
  ];
  for (const [object, words] of cases) assert.equal(await ask({ kind: pods, object }), words);
});

test('tokens for own pods and for audiences that they ask for', async () => {
  const { caches, ask } = setup({
    authorize: (_user, { verb, resource }) =>
      verb === 'request-serviceaccounts-token-audience' && resource === 'granted' ? { verdict: 'allow', reason: '' } : NO_OPINION,
  });
  const volumes = [
    { name: 't', projected: { sources: [{ serviceAccountToken: { path: 't' } }, { serviceAccountToken: { path: 'v', audience: 'vault' } }] } },
    { name: 'd', csi: { driver: 'd.example' } },
  ];
  caches.put(pods, { metadata: { namespace: 'ns', name: 'own', uid: 'u' }, spec: { nodeName: 'n1', volumes } });
  caches.put(pods, { metadata: { namespace: 'ns', name: 'plain', uid: 'p' }, spec: { nodeName: 'n1' } });
  caches.put(pods, { metadata: { namespace: 'ns', name: 'foreign', uid: 'f' }, spec: { nodeName: 'n2', volumes } });
  caches.put(csiDrivers, { metadata: { name: 'd.example' }, spec: { tokenRequests: [{ audience: 'storage' }] } });
  const token = (name: string, uid: string, audiences?: string[]) =>
    ask({
      kind: serviceAccounts,
      subresource: 'token',
      object: { spec: { boundObjectRef: { kind: 'Pod', name, uid }, ...(audiences ? { audiences } : {}) } },
    });
  assert.equal(await token('own', 'u'), 'ok');
  for (const audience of ['vault', 'storage', 'granted']) assert.equal(await token('own', 'u', [audience]), 'ok', audience);
  assert.equal(await token('own', 'u', ['other']), 'audience "other" not found in pod spec volume');
  assert.equal(await token('own', 'u', ['a', 'b']), 'node may only request 0 or 1 audiences');
  assert.equal(await token('plain', 'p'), 'audience "" not found in pod spec volume');
  assert.equal(await token('foreign', 'f'), 'node requested token bound to a pod scheduled on a different node');
  assert.match(await token('own', 'old'), /does not match the UID in record/);
  assert.equal(await token('own', ''), 'node requested token with a pod binding without a uid');
  assert.equal(await ask({ kind: serviceAccounts, subresource: 'token', object: { spec: {} } }), 'node requested token not bound to a pod');
});

test('slices, claims and certificates of its own', async () => {
  const { ask } = setup();
  const slice = (nodeName: string) => ({ metadata: { name: 'x' }, spec: { nodeName } });
  assert.equal(await ask({ kind: resourceSlices, object: slice('n1') }), 'ok');
  assert.equal(
    await ask({ kind: resourceSlices, object: slice('n2') }),
    'can only create ResourceSlice with the same NodeName as the requesting node',
  );
  assert.equal(
    await ask({ kind: resourceSlices, operation: 'DELETE', old: slice('n2') }),
    'can only delete ResourceSlice with the same NodeName as the requesting node',
  );
  const claim = (status: object, spec: object = {}) => ({ metadata: { name: 'x' }, spec, status });
  const update = (object: object, subresource = 'status') =>
    ask({ kind: persistentVolumeClaims, operation: 'UPDATE', subresource, object, old: claim({ phase: 'Bound' }) });
  assert.equal(await update(claim({ phase: 'Bound', capacity: { storage: '2Gi' } })), 'ok');
  assert.equal(await update(claim({ phase: 'Lost' })), 'node "n1" is not allowed to update fields other than status.quantity and status.conditions');
  assert.equal(await update(claim({ phase: 'Bound' }), ''), 'may only update PVC status');
  const csr = (commonName: string, signerName = 'kubernetes.io/kubelet-serving') => ({
    spec: { signerName, request: Buffer.from(makeCertificateRequest({ commonName })).toString('base64') },
  });
  assert.equal(await ask({ kind: certificateSigningRequests, object: csr('system:node:n1') }), 'ok');
  assert.equal(await ask({ kind: certificateSigningRequests, object: csr('system:node:n2') }), 'can only create a node CSR with CN=system:node:n1');
  assert.equal(await ask({ kind: certificateSigningRequests, object: csr('anything', 'example.com/other') }), 'ok');
});
