import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CertificateSigningRequest } from '#kinds/certificates/certificate-signing-request/schema.ts';
import { recognize } from '../csr-approving/controller.ts';
import { removalMs } from '../csr-cleaner/controller.ts';
import { lifeMs } from './controller.ts';
import { API_CLIENT_SIGNER, judgeRequest, KUBELET_CLIENT_SIGNER, KUBELET_SERVING_SIGNER, LEGACY_SIGNER } from './request.ts';

const node = { commonName: 'system:node:a', organizations: ['system:nodes'], alternativeNames: [], emailAddresses: [], uris: [] };
const client = ['digital signature', 'key encipherment', 'client auth'];
const server = ['digital signature', 'server auth'];

test('each signer wants requests of its form', () => {
  for (const [signer, facts, usages, expected] of [
    [KUBELET_CLIENT_SIGNER, node, client, 'sign'],
    [KUBELET_CLIENT_SIGNER, node, ['client auth', 'digital signature'], 'sign'],
    [KUBELET_CLIENT_SIGNER, node, server, 'usages did not match [client auth digital signature key encipherment]'],
    [KUBELET_CLIENT_SIGNER, { ...node, organizations: ['system:masters'] }, client, 'subject organization is not system:nodes'],
    [KUBELET_CLIENT_SIGNER, { ...node, commonName: 'admin' }, client, 'subject common name does not begin with system:node:'],
    [KUBELET_CLIENT_SIGNER, { ...node, alternativeNames: ['a.example'] }, client, 'DNS subjectAltNames are not allowed'],
    [KUBELET_CLIENT_SIGNER, { ...node, alternativeNames: ['10.0.0.1'] }, client, 'IP subjectAltNames are not allowed'],
    [KUBELET_CLIENT_SIGNER, { ...node, emailAddresses: ['a@b.example'] }, client, 'Email subjectAltNames are not allowed'],
    [KUBELET_CLIENT_SIGNER, { ...node, uris: ['spiffe://a/b'] }, client, 'URI subjectAltNames are not allowed'],
    [KUBELET_SERVING_SIGNER, { ...node, alternativeNames: ['a'], emailAddresses: ['a@b.example'] }, server, 'Email subjectAltNames are not allowed'],
    [KUBELET_SERVING_SIGNER, { ...node, alternativeNames: ['a'], uris: ['spiffe://a/b'] }, server, 'URI subjectAltNames are not allowed'],
    [KUBELET_SERVING_SIGNER, { ...node, alternativeNames: ['10.0.0.1'] }, server, 'sign'],
    [KUBELET_SERVING_SIGNER, node, server, 'DNS or IP subjectAltName is required'],
    [KUBELET_SERVING_SIGNER, { ...node, alternativeNames: ['a'] }, client, 'usages did not match [digital signature key encipherment server auth]'],
    [API_CLIENT_SIGNER, { ...node, commonName: 'jane' }, ['client auth'], 'sign'],
    [API_CLIENT_SIGNER, node, ['client auth', 'server auth'], 'invalid usage for client certificate: server auth'],
    [API_CLIENT_SIGNER, node, ['digital signature'], 'missing required usage for client certificate: client auth'],
    [LEGACY_SIGNER, node, server, 'sign'],
    ['example.com/mine', node, server, 'foreign'],
  ] as const) {
    const verdict = judgeRequest(signer, facts, usages);
    assert.equal(verdict.type === 'refuse' ? verdict.why : verdict.type, expected, JSON.stringify([signer, facts, usages]));
  }
});

test('kubelets are recognised, for themselves and for nodes', () => {
  const csr = (username: string, signerName: string = KUBELET_CLIENT_SIGNER) =>
    ({ spec: { username, signerName, usages: client } }) as unknown as CertificateSigningRequest;
  const ways = (...args: Parameters<typeof recognize>) => recognize(...args).map((one) => one.subresource);
  assert.deepEqual(ways(csr('system:node:a'), node), ['selfnodeclient', 'nodeclient']);
  assert.deepEqual(ways(csr('system:bootstrap:abcdef'), node), ['nodeclient']);
  assert.deepEqual(ways(csr('system:node:a', API_CLIENT_SIGNER), node), []);
  assert.deepEqual(ways(csr('system:node:a'), { ...node, organizations: [] }), []);
});

test('lives are between ten minutes and the longest', () => {
  assert.deepEqual([lifeMs(undefined, 1e9), lifeMs(1, 1e9), lifeMs(3_600, 1e9), lifeMs(9e9, 1e9)], [1e9, 600_000, 3_600_000, 1e9]);
});

test('requests go an hour after they are settled, a day after nobody cared', () => {
  const created = '2026-01-01T00:00:00Z';
  const csr = (conditions: readonly object[], certificate?: string) =>
    ({ metadata: { creationTimestamp: created }, status: { conditions, certificate } }) as unknown as CertificateSigningRequest;
  const hours = (request: CertificateSigningRequest) => ((removalMs(request) ?? Number.NaN) - Date.parse(created)) / 3_600_000;
  assert.equal(hours(csr([])), 24);
  for (const type of ['Approved', 'Denied', 'Failed'])
    assert.equal(hours(csr([{ type, status: 'True', lastUpdateTime: '2026-01-01T02:00:00Z' }])), 3);
  assert.equal(removalMs(csr([{ type: 'Mine', status: 'True', lastUpdateTime: created }])), undefined);
});
