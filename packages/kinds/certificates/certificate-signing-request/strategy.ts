/**
 * The life of a certificate signing request: the requester is recorded by the server, approval and certificate come through subresources.
 *
 * Source: kubernetes `pkg/registry/certificates/certificates`, `pkg/apis/certificates/validation`.
 */
import { X509Certificate } from 'node:crypto';
import { readCertificateRequest } from '#base/certificate-request.ts';
import { at, child, duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { Column, KindContext, Strategy, Subresource } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { formatTime, humanDuration } from '#machinery/time.ts';
import { ageColumn, nameColumn, NONE } from '../../cells.ts';
import { mergeMetadata, statusSubresource } from '../../strategy.ts';
import { signerNameRules } from '../signer-name.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition, CertificateSigningRequestStatus } from './schema.ts';
import { keyUsage } from './schema.ts';

type Csr = CertificateSigningRequest;
type Condition = CertificateSigningRequestCondition;

/** Shortest lifetime that may be asked for: ten minutes. */
const SHORTEST_SECONDS = 600;
/** Of the first versions of this API. */
const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';

/** Rules of a request's life: what was asked never changes. */
export const csrStrategy: Strategy<Csr> = {
  unconditionalUpdate: true,
  prepareForCreate(draft, { user }) {
    const { extra: _extra, uid: _uid, groups: _groups, username: _username, ...asked } = draft.spec ?? {};
    const extra = Object.entries(user.extra ?? {}).map(([key, values]): [string, string[]] => [key, [...values]]);
    draft.spec = {
      ...asked,
      username: user.name,
      ...(user.uid ? { uid: user.uid } : {}),
      ...(user.groups.length ? { groups: [...user.groups] } : {}),
      ...(extra.length ? { extra: Object.fromEntries(extra) } : {}),
    };
    draft.status = {};
  },
  prepareForUpdate(draft, stored) {
    draft.spec = stored.spec as Draft<Csr['spec']>;
    draft.status = stored.status as Draft<CertificateSigningRequestStatus>;
  },
  validate: validateCsr,
  validateUpdate: (csr) => validateCsr(csr),
};

function validateCsr({ spec, status }: Csr): FieldError[] {
  const { request, usages = [], signerName, expirationSeconds } = spec;
  const errors: FieldError[] = [];
  const problem = requestProblem(request ?? '');
  if (problem) errors.push(invalid('spec.request', request, problem));
  if (!usages.length) errors.push(required('spec.usages'));
  for (const [index, usage] of usages.entries()) {
    if (!keyUsage.values?.includes(usage)) errors.push(notSupported(at('spec.usages', index), usage, keyUsage.values?.toSorted() ?? []));
    if (usages.indexOf(usage) < index) errors.push(duplicate(at('spec.usages', index), usage));
  }
  errors.push(...signerNameRules('spec.signerName', signerName));
  if (signerName === LEGACY_SIGNER) errors.push(invalid('spec.signerName', signerName, 'the legacy signerName is not allowed via this API version'));
  if (expirationSeconds !== undefined && expirationSeconds < SHORTEST_SECONDS)
    errors.push(invalid('spec.expirationSeconds', expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'));
  return [...errors, ...conditionRules('status.conditions', status.conditions ?? [])];
}

/** What is wrong with a request as base64. */
function requestProblem(request: string): string | undefined {
  try {
    readCertificateRequest(Buffer.from(request, 'base64').toString('latin1'));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function conditionRules(field: string, conditions: readonly Condition[]): FieldError[] {
  const errors: FieldError[] = [];
  const types = conditions.map(({ type }) => type);
  for (const [index, { type, status }] of conditions.entries()) {
    const here = at(field, index);
    if (!type) errors.push(required(child(here, 'type')));
    if (!status) errors.push(required(child(here, 'status')));
    else if (type === 'Approved' || type === 'Denied' || type === 'Failed') {
      if (status !== 'True') errors.push(notSupported(child(here, 'status'), status, ['True']));
    } else if (status !== 'True' && status !== 'False' && status !== 'Unknown')
      errors.push(notSupported(child(here, 'status'), status, ['True', 'False', 'Unknown']));
    if (types.indexOf(type) < index) errors.push(duplicate(child(here, 'type'), type));
    const opposite = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
    if (opposite && types.indexOf(opposite) >= 0 && types.indexOf(opposite) < index) {
      errors.push(invalid(child(here, 'type'), type, `Approved and Denied conditions are mutually exclusive`));
    }
  }
  return errors;
}

/** Dates conditions that a client did not date, keeping the dates of those that did not change. */
function datedConditions(
  conditions: readonly Draft<Condition>[],
  stored: readonly Condition[],
  { nowMs }: Pick<KindContext, 'nowMs'>,
): Draft<Condition>[] {
  const now = formatTime(nowMs);
  return conditions.map((condition) => {
    const before = stored.find(({ type }) => type === condition.type);
    const moved = before?.status === condition.status ? before?.lastTransitionTime : undefined;
    return { ...condition, lastUpdateTime: condition.lastUpdateTime ?? now, lastTransitionTime: condition.lastTransitionTime ?? moved ?? now };
  });
}

const isApproval = ({ type }: { readonly type?: string }): boolean => type === 'Approved' || type === 'Denied';

const DECISIONS = ['Approved', 'Denied'] as const;

/** `approval`: takes the conditions and metadata; the certificate stays. */
export const csrApprovalSubresource: Subresource = {
  verbs: ['get', 'patch', 'update'],
  update: {
    apply(draft, sent, stored, context) {
      const before = (stored as Csr).status;
      const conditions = (sent as Draft<Csr>).status?.conditions ?? [];
      draft.metadata = mergeMetadata(sent.metadata, stored.metadata, []);
      (draft as Draft<Csr>).status = {
        ...(before.certificate ? { certificate: before.certificate } : {}),
        ...(conditions.length ? { conditions: datedConditions(conditions, before.conditions ?? [], context) } : {}),
      };
    },
    validate: (object, stored) => changedConditionRules(object as Csr, stored as Csr),
  },
};

const countOf = ({ status }: Csr, type: string): number => (status.conditions ?? []).filter((one) => one.type === type).length;

/** Decisions and failures stay. */
function changedConditionRules(csr: Csr, stored: Csr): FieldError[] {
  const field = 'status.conditions';
  const removed = [...DECISIONS, 'Failed'].filter((type) => countOf(csr, type) < countOf(stored, type));
  return [
    ...conditionRules(field, csr.status.conditions ?? []),
    ...removed.map((type) => forbiddenField(field, `updates may not remove a condition of type ${JSON.stringify(type)}`)),
  ];
}

/** `status`: takes the certificate, metadata and conditions, except that it decides nothing. */
export const csrStatusSubresource: Subresource = statusSubresource<Csr>({
  prepare(draft, stored, context) {
    const before = stored.status.conditions ?? [];
    const sent = (draft.status?.conditions ?? []) as readonly Draft<Condition>[];
    // A decision that was there stays as it was made.
    const conditions = sent.map((one) =>
      isApproval(one) ? ((before.find(({ type }) => type === one.type) as Draft<Condition> | undefined) ?? one) : one,
    );
    if (conditions.length) draft.status = { ...draft.status, conditions: datedConditions(conditions, before, context) };
  },
  validate(csr, stored) {
    const errors = changedConditionRules(csr, stored);
    const added = DECISIONS.filter((type) => countOf(csr, type) > countOf(stored, type));
    errors.push(...added.map((type) => forbiddenField('status.conditions', `updates may not add a condition of type ${JSON.stringify(type)}`)));
    const { certificate } = csr.status;
    if (stored.status.certificate && certificate !== stored.status.certificate)
      errors.push(forbiddenField('status.certificate', 'updates may not modify existing certificate content'));
    const problem = certificate ? certificateProblem(Buffer.from(certificate, 'base64').toString('latin1')) : undefined;
    if (problem) errors.push(invalid('status.certificate', '<certificate data>', problem));
    return errors;
  },
});

const PEM_BLOCK = /-----BEGIN ([^-]+)-----\r?\n([\s\S]*?)-----END \1-----/g;

/** What is wrong with the text of an issued certificate. */
function certificateProblem(text: string): string | undefined {
  const blocks = [...text.matchAll(PEM_BLOCK)];
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  for (const [, type = '', body = ''] of blocks) {
    if (body.includes(':')) return 'no PEM block headers are permitted';
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    try {
      new X509Certificate(Buffer.from(body, 'base64'));
    } catch {
      return 'x509: malformed certificate';
    }
  }
  return undefined;
}

function conditionText({ status }: Csr): string {
  const has = (type: string): boolean => status.conditions?.some((one) => one.type === type) ?? false;
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${decision}${has('Failed') ? ',Failed' : ''}${status.certificate ? ',Issued' : ''}`;
}

/** What `kubectl get certificatesigningrequests` shows. */
export const csrColumns: readonly Column<Csr>[] = [
  nameColumn,
  ageColumn,
  { name: 'SignerName', type: 'string', description: 'Who is asked to sign.', cell: ({ spec }) => spec.signerName || NONE },
  { name: 'Requestor', type: 'string', description: 'Who asks.', cell: ({ spec }) => spec.username ?? '' },
  {
    name: 'RequestedDuration',
    type: 'string',
    description: 'The lifetime that is asked for.',
    cell: ({ spec }) => (spec.expirationSeconds === undefined ? NONE : humanDuration(spec.expirationSeconds * 1000)),
  },
  { name: 'Condition', type: 'string', description: 'What came of it.', cell: conditionText },
];
