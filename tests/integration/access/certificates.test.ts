/**
 * Certificate requests: who may approve, sign and ask for what.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeCertificateRequest } from '#apiserver/testing/certificate-request.ts';
import { openTestServer, type TestReply, type TestServer } from '#apiserver/testing/test-server.ts';

const USERS = [
  { token: 'root', user: { name: 'root', groups: ['system:masters'] } },
  { token: 'a', user: { name: 'alice', uid: '7', groups: ['dev'], extra: { scopes: ['x'] } } },
  { token: 'p', user: { name: 'approver', groups: [] } },
  { token: 's', user: { name: 'signer', groups: [] } },
];
const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const MERGE = 'application/merge-patch+json';
let server: TestServer;

const send = (method: string, path: string, body: object, token = 'root', type = 'application/json'): Promise<TestReply> =>
  server.ask(path, { token, method, body, headers: { 'content-type': type } });
const csr = (name: string, spec: object = {}, subject: Parameters<typeof makeCertificateRequest>[0] = { commonName: 'x' }) => ({
  metadata: { name },
  spec: {
    request: Buffer.from(makeCertificateRequest(subject)).toString('base64'),
    signerName: 'example.com/signer',
    usages: ['client auth'],
    ...spec,
  },
});
const approve = (name: string, token: string, type = 'Approved'): Promise<TestReply> =>
  send('PATCH', `${CSRS}/${name}/approval`, { status: { conditions: [{ type, status: 'True', reason: 'Test' }] } }, token, MERGE);

async function grant(user: string, verb: string, names: string[]): Promise<void> {
  const rules = [
    {
      verbs: ['*'],
      apiGroups: ['certificates.k8s.io'],
      resources: ['certificatesigningrequests', 'certificatesigningrequests/approval', 'certificatesigningrequests/status'],
    },
    ...(verb ? [{ verbs: [verb], apiGroups: ['certificates.k8s.io'], resources: ['signers'], resourceNames: names }] : []),
  ];
  await send('POST', `${RBAC}/clusterroles`, { metadata: { name: user }, rules });
  await send('POST', `${RBAC}/clusterrolebindings`, {
    metadata: { name: user },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }],
  });
}

before(async () => {
  server = await openTestServer({ security: { staticTokens: USERS } });
  await grant('alice', '', []);
  await grant('approver', 'approve', ['example.com/*']);
  await grant('signer', 'sign', ['example.com/signer']);
});
after(() => server[Symbol.asyncDispose]());

test('the requester is who asked', async () => {
  const made = await send('POST', CSRS, csr('mine', { username: 'root', groups: ['system:masters'] }), 'a');
  assert.equal(made.code, 201, made.text);
  const { spec } = made.json<{ spec: { username: string; uid: string; groups: string[]; extra: object } }>();
  assert.deepEqual([spec.username, spec.uid, spec.groups, spec.extra], ['alice', '7', ['dev', 'system:authenticated'], { scopes: ['x'] }]);
});

test('approving takes the verb approve on the signer, by name or by domain', async () => {
  await send('POST', CSRS, csr('asked'), 'a');
  const refused = await approve('asked', 'a');
  assert.equal(refused.code, 403);
  assert.equal(
    refused.json().message,
    'certificatesigningrequests.certificates.k8s.io "asked" is forbidden: user not permitted to approve requests with signerName "example.com/signer"',
  );
  assert.equal((await approve('asked', 's')).code, 403);
  const approved = await approve('asked', 'p');
  assert.equal(approved.code, 200, approved.text);
  const denied = await send(
    'PATCH',
    `${CSRS}/asked/approval`,
    {
      status: {
        conditions: [
          { type: 'Approved', status: 'True' },
          { type: 'Denied', status: 'True' },
        ],
      },
    },
    'p',
    MERGE,
  );
  assert.equal(denied.code, 422);
  assert.match(denied.json().message, /Approved and Denied conditions are mutually exclusive/);
});

test('signing takes the verb sign, and a certificate', async () => {
  await send('POST', CSRS, csr('sign-me'), 'a');
  await approve('sign-me', 'p');
  const { cert } = server.pki.issueClient({ name: 'x', groups: [] });
  const issue = (certificate: string, token: string): Promise<TestReply> =>
    send('PATCH', `${CSRS}/sign-me/status`, { status: { certificate: Buffer.from(certificate).toString('base64') } }, token, MERGE);
  const refused = await issue(cert, 'p');
  assert.equal(
    refused.json().message,
    'certificatesigningrequests.certificates.k8s.io "sign-me" is forbidden: user not permitted to sign requests with signerName "example.com/signer"',
  );
  const nonsense = await issue('nonsense', 's');
  assert.equal(nonsense.code, 422);
  assert.match(nonsense.json().message, /status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block/);
  const issued = await issue(cert, 's');
  assert.equal(issued.code, 200, issued.text);
  assert.equal((await issue(server.pki.issueClient({ name: 'y', groups: [] }).cert, 's')).code, 422, 'a certificate is issued once');
});

test('nobody asks to become a master', async () => {
  const client = { signerName: 'kubernetes.io/kube-apiserver-client' };
  const refused = await send('POST', CSRS, csr('master', client, { commonName: 'x', organizations: ['dev', 'system:masters'] }), 'a');
  assert.equal(refused.code, 403);
  assert.equal(
    refused.json().message,
    'certificatesigningrequests.certificates.k8s.io "master" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
  );
  assert.equal((await send('POST', CSRS, csr('client', client, { commonName: 'x', organizations: ['dev'] }), 'a')).code, 201);
  const broken = await send(
    'POST',
    CSRS,
    csr('broken', {
      ...client,
      request: Buffer.from('-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n').toString('base64'),
    }),
    'a',
  );
  assert.equal(broken.code, 422);
  assert.match(broken.json().message, /spec.request: Invalid value: "[^"]+": asn1: syntax error: sequence truncated$/);
});

interface CsrJson {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>>; readonly resourceVersion: string };
  readonly status: {
    readonly certificate?: string;
    readonly conditions?: readonly { readonly type: string; readonly lastTransitionTime?: string }[];
  };
}

test('conditions of any kind, annotations, and what subresources leave alone', async () => {
  await send('POST', CSRS, csr('any'));
  const types = ({ status }: CsrJson) => (status.conditions ?? []).map(({ type }) => type);
  const patched = await send(
    'PATCH',
    `${CSRS}/any/approval`,
    {
      metadata: { annotations: { a: 'b' } },
      status: { certificate: 'eA==', conditions: [{ type: 'ApprovalPatch', status: 'True', reason: 'e2e' }] },
    },
    'root',
    MERGE,
  );
  const first = patched.json<CsrJson>();
  assert.deepEqual([types(first), first.metadata.annotations, first.status.certificate], [['ApprovalPatch'], { a: 'b' }, undefined]);
  const put = (of: CsrJson, subresource: string, conditions: readonly object[]): Promise<TestReply> =>
    send('PUT', `${CSRS}/any/${subresource}`, { ...of, status: { ...of.status, conditions: [...(of.status.conditions ?? []), ...conditions] } });
  const second = (await put(first, 'approval', [{ type: 'ApprovalUpdate', status: 'True', reason: 'e2e' }])).json<CsrJson>();
  assert.deepEqual(types(second), ['ApprovalPatch', 'ApprovalUpdate']);
  const { cert } = server.pki.issueClient({ name: 'x', groups: [] });
  const issued = await send(
    'PATCH',
    `${CSRS}/any/status`,
    { metadata: { annotations: { c: 'd' } }, status: { certificate: Buffer.from(cert).toString('base64') } },
    'root',
    MERGE,
  );
  const third = issued.json<CsrJson>();
  assert.deepEqual([types(third), third.metadata.annotations], [['ApprovalPatch', 'ApprovalUpdate'], { a: 'b', c: 'd' }]);
  const fourth = (await put(third, 'status', [{ type: 'StatusUpdate', status: 'True' }])).json<CsrJson>();
  assert.deepEqual(types(fourth), ['ApprovalPatch', 'ApprovalUpdate', 'StatusUpdate']);
  const decided = await put(fourth, 'status', [{ type: 'Approved', status: 'True' }]);
  assert.match(decided.json().message, /status.conditions: Forbidden: updates may not add a condition of type "Approved"/);
  const other = await send(
    'PATCH',
    `${CSRS}/any/status`,
    { status: { certificate: Buffer.from(server.pki.caCert).toString('base64') } },
    'root',
    MERGE,
  );
  assert.match(other.json().message, /status.certificate: Forbidden: updates may not modify existing certificate content/);
});
