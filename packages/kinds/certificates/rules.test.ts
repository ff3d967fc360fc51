import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import test from 'node:test';
import { created, updated } from '../testing/objects.ts';
import { CERTIFICATE_REQUEST, CERTIFICATES } from '../testing/certificates.ts';
import { createCases, statusCases, updateCases } from '../testing/tables.ts';
import { certificateSigningRequests } from './certificate-signing-request/kind.ts';
import { clusterTrustBundles } from './cluster-trust-bundle/kind.ts';
import { podCertificateRequests } from './pod-certificate-request/kind.ts';

const [first, second] = CERTIFICATES;
const request = Buffer.from(CERTIFICATE_REQUEST).toString('base64');
const csr = (spec: object): object => ({
  kind: 'CertificateSigningRequest',
  apiVersion: 'certificates.k8s.io/v1',
  metadata: { name: 'c' },
  spec: { request, signerName: 'example.com/signer', usages: ['client auth'], ...spec },
});
const LABEL = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`;
const SUBDOMAIN = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`;

createCases(certificateSigningRequests, {
  'every usage of a server': [csr({ usages: ['digital signature', 'key encipherment', 'server auth'], expirationSeconds: 600 }), []],
  'no signer': [csr({ signerName: '' }), ['spec.signerName: Required value']],
  'signer with a longer path': [
    csr({ signerName: 'example.com/a/b' }),
    ['spec.signerName: Invalid value: "example.com/a/b": must be a fully qualified domain and path of the form "example.com/signer-name"'],
  ],
  'signer with dots in its path': [csr({ signerName: 'example.com/a.b' }), []],
  'bad parts': [
    csr({ signerName: 'A.com/B' }),
    [`spec.signerName: Invalid value: "A.com": ${LABEL}`, `spec.signerName: Invalid value: "B": ${SUBDOMAIN}`],
  ],
  'no path': [csr({ signerName: 'example.com/' }), [`spec.signerName: Invalid value: "": ${SUBDOMAIN}`]],
  'a domain of a long label': [csr({ signerName: `${'a'.repeat(64)}.com/b` }), [`spec.signerName: Invalid value: "${'a'.repeat(64)}.com": must be no more than 63 characters`]],
});

const condition = (type: string, members: object = {}): object => ({ type, status: 'True', ...members });
statusCases(certificateSigningRequests, csr({}), {
  failed: [{}, { conditions: [condition('Failed')] }, []],
  'no longer failed': [{ conditions: [condition('Failed')] }, {}, ['status.conditions: Forbidden: updates may not remove a condition of type "Failed"']],
  'a decision through status': [{}, { conditions: [condition('Approved')] }, ['status.conditions: Forbidden: updates may not add a condition of type "Approved"']],
  'failed, or not': [{}, { conditions: [condition('Failed', { status: 'False' })] }, ['status.conditions[0].status: Unsupported value: "False": supported values: "True"']],
  'another condition': [
    {},
    { conditions: [condition('Late', { status: 'Maybe' }), condition('Late'), condition('', { status: '' })] },
    [
      'status.conditions[0].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown"',
      'status.conditions[1].type: Duplicate value: "Late"',
      'status.conditions[2].type: Required value',
      'status.conditions[2].status: Required value',
    ],
  ],
  'a certificate': [{}, { certificate: Buffer.from(first).toString('base64') }, []],
  'another certificate': [
    { certificate: Buffer.from(first).toString('base64') },
    { certificate: Buffer.from(second).toString('base64') },
    ['status.certificate: Forbidden: updates may not modify existing certificate content'],
  ],
});

const bundle = (trustBundle: string, name = 'roots', signerName?: string): object => ({
  kind: 'ClusterTrustBundle',
  apiVersion: 'certificates.k8s.io/v1beta1',
  metadata: { name },
  spec: { trustBundle, ...(signerName ? { signerName } : {}) },
});
const hidden = (detail: string): string[] => [`spec.trustBundle: Invalid value: "<value omitted>": ${detail}`];
createCases(clusterTrustBundles, {
  'two anchors': [bundle(`a comment\n${first}${second}`), []],
  'of a signer': [bundle(first, 'example.com:signer:roots', 'example.com/signer'), []],
  'no anchors': [bundle('nothing'), hidden('at least one trust anchor must be provided')],
  'an anchor twice': [bundle(first + first), hidden('duplicate trust anchor (indices 0 and 1)')],
  'a key': [bundle(`${first}-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n`), hidden('entry 1 has bad block type: PRIVATE KEY')],
  headers: [bundle('-----BEGIN CERTIFICATE-----\nA: b\n\nMAA=\n-----END CERTIFICATE-----\n'), hidden('entry 0 has PEM block headers')],
  'no certificate': [bundle('-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'), hidden('entry 0 does not parse as X.509: x509: malformed certificate')],
  'a name for a signer': [bundle(first, 'a:b'), ['metadata.name: Invalid value: "a:b": ClusterTrustBundle without signer name must not have ":" in its name']],
  'a name of another signer': [
    bundle(first, 'a:b', 'example.com/signer'),
    ['metadata.name: Invalid value: "a:b": ClusterTrustBundle for signerName example.com/signer must be named with prefix example.com:signer:'],
  ],
  'a signer that is none': [
    bundle(first, 'signer:roots', 'signer'),
    ['spec.signerName: Invalid value: "signer": must be a fully qualified domain and path of the form "example.com/signer-name"'],
  ],
});
updateCases(clusterTrustBundles, bundle(first), {
  anchors: [(draft) => void (draft.spec!.trustBundle = second), []],
  'no anchors': [(draft) => void (draft.spec!.trustBundle = ''), hidden('at least one trust anchor must be provided')],
  signer: [
    (draft) => void (draft.spec!.signerName = 'example.com/signer'),
    [
      'metadata.name: Invalid value: "roots": ClusterTrustBundle for signerName example.com/signer must be named with prefix example.com:signer:',
      'spec.signerName: Invalid value: "example.com/signer": field is immutable',
    ],
  ],
});
updateCases(clusterTrustBundles, bundle('nothing'), {
  'what was accepted before': [(draft) => void (draft.metadata!.labels = { a: 'b' }), []],
});

const podRequest = (spec: object): object => ({
  kind: 'PodCertificateRequest',
  apiVersion: 'certificates.k8s.io/v1beta1',
  metadata: { name: 'r', namespace: 'default' },
  spec: { signerName: 'example.com/s', podName: 'p', podUID: 'u', serviceAccountName: 'a', serviceAccountUID: 'u', nodeName: 'n', nodeUID: 'u', stubPKCS10Request: 'MAA=', ...spec },
});
createCases(podCertificateRequests, {
  request: [podRequest({}), []],
  'no identity': [
    podRequest({ podName: '', podUID: '', nodeName: 'A' }),
    ['spec.podName: Required value', `spec.nodeName: Invalid value: "A": ${SUBDOMAIN}`, 'spec.podUID: Required value'],
  ],
  'bad signer': [podRequest({ signerName: 's' }), ['spec.signerName: Invalid value: "s": must be a fully qualified domain and path of the form "example.com/signer-name"']],
  'short lifetime': [podRequest({ maxExpirationSeconds: 60 }), ['spec.maxExpirationSeconds: Invalid value: 60: must be in the range [3600, 7862400]']],
  'no request': [podRequest({ stubPKCS10Request: '' }), ['spec.stubPKCS10Request: Required value']],
});
test('what was asked for stays', () => {
  const stored = created(podCertificateRequests, podRequest({}));
  const next = updated(podCertificateRequests, stored, (draft) => void (draft.spec!.podName = 'q'));
  assert.equal(podCertificateRequests.strategy.validateUpdate!(next, stored, {} as never).length, 1);
  assert.equal(stored.spec.maxExpirationSeconds, 86_400);
});
const TIMED = { notBefore: '2026-01-02T03:04:05Z', notAfter: '2026-01-03T03:04:05Z', beginRefreshAt: '2026-01-02T15:04:05Z' };
const leafTime = new X509Certificate(first).validFromDate.toISOString().replace('.000', '');
const ended = (...types: readonly string[]): object => ({ conditions: types.map((type) => ({ type, status: 'True', reason: 'r', message: '', lastTransitionTime: '2026-01-02T03:04:05Z' })) });
statusCases(podCertificateRequests, podRequest({}), {
  denied: [{}, ended('Denied'), []],
  'denied and failed': [
    {},
    ended('Denied', 'Failed'),
    ['status.conditions.[1].type: Invalid value: "Failed": There may be at most one condition with type "Issued", "Denied", or "Failed"'],
  ],
  'after the end': [ended('Denied'), { ...ended('Denied'), certificateChain: first }, ['status: Invalid value: immutable after PodCertificateRequest is issued, denied, or failed']],
  'another condition': [
    {},
    ended('Pending'),
    ['status.conditions.[0].type: Unsupported value: "Pending": supported values: "Issued", "Denied", "Failed"'],
  ],
  'denied with a certificate': [
    {},
    { ...ended('Denied'), certificateChain: first },
    ['status: Invalid value: non-condition status fields must be empty when denying or failing the PodCertificateRequest'],
  ],
  'a certificate before the end': [{}, { certificateChain: first }, ['status: Invalid value: status is immutable unless transitioning to "Issued", "Denied", or "Failed"']],
  'issued without a certificate': [
    {},
    ended('Issued'),
    ['status.certificateChain: Invalid value: "": issued certificate chain must contain at least one certificate'],
  ],
  'issued without times': [
    {},
    { ...ended('Issued'), certificateChain: first },
    [
      'status.notBefore: Required value: must be present and consistent with the issued certificate',
      'status.notAfter: Required value: must be present and consistent with the issued certificate',
      'status.beginRefreshAt: Required value: must be present and in the range [notbefore+10min, notafter-10min]',
    ],
  ],
  'issued at another time': [
    {},
    { ...ended('Issued'), certificateChain: first, ...TIMED },
    ['status.notBefore: Invalid value: "2026-01-02T03:04:05Z": must be set to the NotBefore time encoded in the leaf certificate'],
  ],
  'issued long from now': [
    {},
    { ...ended('Issued'), certificateChain: first, ...TIMED, notBefore: leafTime },
    [`status.notBefore: Invalid value: "${leafTime}": must be set to within 5 minutes of kube-apiserver's current time`],
  ],
});
