import assert from 'node:assert/strict';
import test from 'node:test';
import { created, deepFreeze, lines, testContext, updated } from '../../testing/objects.ts';
import { CERTIFICATE_REQUEST } from '../../testing/certificates.ts';
import { createCases, row } from '../../testing/tables.ts';
import type { Draft } from '#machinery/schema.ts';
import { certificateSigningRequests } from './kind.ts';
import type { CertificateSigningRequest } from './schema.ts';

const request = Buffer.from(CERTIFICATE_REQUEST).toString('base64');
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const EMPTY = '-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n';
/** For CN=tesuer, with the signature of the request for CN=tester. */
const FORGED = CERTIFICATE_REQUEST.replace('wGdGVzdGVy', 'wGdGVzdWVy');
const csr = (spec: object): object => ({
  kind: 'CertificateSigningRequest',
  apiVersion: 'certificates.k8s.io/v1',
  metadata: { name: 'c' },
  spec: { request, signerName: 'example.com/signer', usages: ['client auth'], ...spec },
});

test('the server records who asks, and what was asked stays', () => {
  const stored = created(certificateSigningRequests, csr({ username: 'somebody else' }));
  assert.equal(stored.spec.username, 'tester');
  assert.deepEqual(stored.spec.groups, ['system:authenticated']);
  const next = updated(certificateSigningRequests, stored, (draft) => void (draft.spec!.signerName = 'example.com/other'));
  assert.deepEqual(next.spec, stored.spec);
});

createCases(certificateSigningRequests, {
  'no request': [
    csr({ request: Buffer.from('x').toString('base64') }),
    ['spec.request: Invalid value: "eA==": PEM block type must be CERTIFICATE REQUEST'],
  ],
  'the request of another form': [
    csr({ request: base64(CERTIFICATE_REQUEST.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE')) }),
    [`spec.request: Invalid value: "${base64(CERTIFICATE_REQUEST.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'))}": PEM block type must be CERTIFICATE REQUEST`],
  ],
  'a request of nothing': [csr({ request: base64(EMPTY) }), [`spec.request: Invalid value: "${base64(EMPTY)}": asn1: syntax error: sequence truncated`]],
  'a request that another key signed': [csr({ request: base64(FORGED) }), [`spec.request: Invalid value: "${base64(FORGED)}": x509: ECDSA verification failure`]],
  'no usages': [csr({ usages: [] }), ['spec.usages: Required value']],
  'bad usages': [
    csr({ usages: ['client auth', 'client auth', 'flying'] }),
    [
      'spec.usages[1]: Duplicate value: "client auth"',
      'spec.usages[2]: Unsupported value: "flying": supported values: "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping"',
    ],
  ],
  'signer without path': [
    csr({ signerName: 'signer' }),
    ['spec.signerName: Invalid value: "signer": must be a fully qualified domain and path of the form "example.com/signer-name"'],
  ],
  'signer without domain': [
    csr({ signerName: 'example/signer' }),
    ['spec.signerName: Invalid value: "example": should be a domain with at least two segments separated by dots'],
  ],
  'signer of long ago': [
    csr({ signerName: 'kubernetes.io/legacy-unknown' }),
    ['spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version'],
  ],
  'short lifetime': [
    csr({ expirationSeconds: 60 }),
    ['spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 600 seconds (10 minutes)'],
  ],
});

const change = (
  stored: CertificateSigningRequest,
  subresource: string,
  status: object,
): { readonly next: CertificateSigningRequest; readonly findings: string[] } => {
  const { apply, validate } = certificateSigningRequests.subresources[subresource]!.update!;
  const draft = { ...stored } as unknown as Draft<CertificateSigningRequest>;
  apply(draft, deepFreeze({ ...stored, status } as CertificateSigningRequest), stored, testContext);
  const next = draft as unknown as CertificateSigningRequest;
  return { next, findings: lines(validate!(next, stored, testContext)) };
};

test('approval, then the certificate', () => {
  const stored = created(certificateSigningRequests, csr({}));
  const approved = change(stored, 'approval', { conditions: [{ type: 'Approved', status: 'True', reason: 'ok' }] });
  assert.deepEqual(approved.findings, []);
  assert.equal(approved.next.status.conditions![0]!.lastTransitionTime, '2026-01-02T03:04:05Z');
  const both = change(approved.next, 'approval', {
    conditions: [
      { type: 'Approved', status: 'True' },
      { type: 'Denied', status: 'True' },
    ],
  });
  assert.deepEqual(both.findings, ['status.conditions[1].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive']);
  const withdrawn = change(approved.next, 'approval', { conditions: [] });
  assert.match(withdrawn.findings[0]!, /updates may not remove a condition of type "Approved"/);
  const certificate = Buffer.from('-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n').toString('base64');
  const issued = change(approved.next, 'status', { conditions: approved.next.status.conditions, certificate });
  assert.deepEqual(change(approved.next, 'status', { certificate: '' }).findings, [
    'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
  ]);
  assert.equal(issued.next.status.conditions![0]!.type, 'Approved');
  assert.equal(row(certificateSigningRequests, issued.next)['Condition'], 'Approved,Issued');
});

test('what no certificate is', () => {
  const stored = created(certificateSigningRequests, csr({}));
  const said = (text: string) => change(stored, 'status', { certificate: Buffer.from(text).toString('base64') }).findings;
  const invalid = (why: string) => [`status.certificate: Invalid value: "<certificate data>": ${why}`];
  assert.deepEqual(said('hello'), invalid('must contain at least one CERTIFICATE PEM block'));
  assert.deepEqual(
    said('-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n'),
    invalid('only CERTIFICATE PEM blocks are allowed, found "PRIVATE KEY"'),
  );
  assert.deepEqual(said('-----BEGIN CERTIFICATE-----\nA: b\n\nMAA=\n-----END CERTIFICATE-----\n'), invalid('no PEM block headers are permitted'));
  assert.deepEqual(said('-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'), invalid('x509: malformed certificate'));
});

test('the requester is who asks, whatever the request says', () => {
  const user = { name: 'alice', uid: '7', groups: ['g'], extra: { scopes: ['a', 'b'] } };
  const draft = {
    ...csr({ username: 'root', uid: '0', groups: ['system:masters'], extra: { x: ['y'] } }),
  } as unknown as Draft<CertificateSigningRequest>;
  certificateSigningRequests.strategy.prepareForCreate!(draft, { ...testContext, user });
  assert.deepEqual([draft.spec?.username, draft.spec?.uid, draft.spec?.groups, draft.spec?.extra], ['alice', '7', ['g'], { scopes: ['a', 'b'] }]);
});

test('columns', () => {
  assert.deepEqual(row(certificateSigningRequests, created(certificateSigningRequests, csr({ expirationSeconds: 3600 }))), {
    Name: 'c',
    Age: '<unknown>',
    SignerName: 'example.com/signer',
    Requestor: 'tester',
    RequestedDuration: '60m',
    Condition: 'Pending',
  });
});
