/**
 * Rules for requests of certificates for pods, and for what comes of them.
 *
 * Source: kubernetes `pkg/apis/certificates/validation` ValidatePodCertificateRequestCreate and …StatusUpdate. Whether the certificate is
 * for the key of the request is for the signer to see to: the request is not taken apart here.
 */
import { X509Certificate } from 'node:crypto';
import { child, type FieldError, invalid, invalidOmitted, notSupported, required, tooLong } from '#machinery/field-error.ts';
import { formatTime, timeToMs } from '#machinery/time.ts';
import { commonConditions } from '../../conditions.ts';
import { dnsSubdomain, present } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { signerNameRules } from '../signer-name.ts';
import type { PodCertificateRequest, PodCertificateRequestStatus } from './schema.ts';

/** How long certificates last when nothing else is asked for: a day. */
export const DEFAULT_EXPIRATION_SECONDS = 86_400;
const MIN_EXPIRATION_SECONDS = 3_600;
const MAX_EXPIRATION_SECONDS = 91 * 86_400;
/** The same for certificates of Kubernetes' own signers. */
const MAX_OWN_EXPIRATION_SECONDS = 86_400;
const MAX_KEY_BYTES = 10 * 1024;
const MAX_CHAIN_BYTES = 100 * 1024;
const CLOCK_SKEW_MS = 5 * 60_000;
const REFRESH_MARGIN_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;

/** Conditions that end a request; at most one of them. */
const FINAL: readonly string[] = ['Issued', 'Denied', 'Failed'];
const NAMES = ['podName', 'serviceAccountName', 'nodeName'] as const;
const UIDS = ['podUID', 'serviceAccountUID', 'nodeUID'] as const;
const CHAIN = 'status.certificateChain';
const BLOCK = /-----BEGIN ([^-]+)-----\r?\n([\s\S]*?)-----END \1-----/g;

/** A new request. */
export function validatePodCertificateRequest({ spec }: PodCertificateRequest): FieldError[] {
  const seconds = spec.maxExpirationSeconds ?? DEFAULT_EXPIRATION_SECONDS;
  const most = spec.signerName.startsWith('kubernetes.io/') ? MAX_OWN_EXPIRATION_SECONDS : MAX_EXPIRATION_SECONDS;
  const errors = signerNameRules('spec.signerName', spec.signerName);
  for (const name of NAMES) errors.push(...(spec[name] === '' ? present(child('spec', name), '') : dnsSubdomain(child('spec', name), spec[name])));
  for (const uid of UIDS) errors.push(...present(child('spec', uid), spec[uid]));
  if (seconds < MIN_EXPIRATION_SECONDS || seconds > most)
    errors.push(invalid('spec.maxExpirationSeconds', seconds, `must be in the range [${MIN_EXPIRATION_SECONDS}, ${most}]`));
  for (const name of ['pkixPublicKey', 'proofOfPossession', 'stubPKCS10Request'] as const)
    if (Buffer.byteLength(spec[name] ?? '', 'base64') > MAX_KEY_BYTES) errors.push(tooLong(child('spec', name), MAX_KEY_BYTES));
  return [...errors, ...present('spec.stubPKCS10Request', spec.stubPKCS10Request)];
}

/** The condition that ended a request. */
export function outcomeOf({ status }: PodCertificateRequest): string | undefined {
  return (status.conditions ?? []).find(({ type, status: value }) => FINAL.includes(type) && value === 'True')?.type;
}

/** A new status: a request ends once, and then stays as it is. */
export function validatePodCertificateRequestStatus(request: PodCertificateRequest, stored: PodCertificateRequest, { nowMs }: { readonly nowMs: number }): FieldError[] {
  const { status } = request;
  const errors = [...finalConditions(status), ...commonConditions('status.conditions', status.conditions)];
  if (errors.length) return errors;
  const unlike = (other: PodCertificateRequestStatus, text: string): FieldError[] => (sameValue(status, other) ? [] : [invalidOmitted('status', text)]);
  if (outcomeOf(stored)) return unlike(stored.status, 'immutable after PodCertificateRequest is issued, denied, or failed');
  const outcome = outcomeOf(request);
  if (outcome === undefined) return unlike(stored.status, 'status is immutable unless transitioning to "Issued", "Denied", or "Failed"');
  if (outcome !== 'Issued')
    return unlike({ conditions: status.conditions ?? [] }, 'non-condition status fields must be empty when denying or failing the PodCertificateRequest');
  return issuedRules(request, nowMs);
}

/** Upstream puts a dot before the index. */
function finalConditions({ conditions = [] }: PodCertificateRequestStatus): FieldError[] {
  let known = 0;
  return conditions.flatMap(({ type, status }, index) => {
    const here = `status.conditions.[${index}]`;
    if (!FINAL.includes(type)) return [notSupported(child(here, 'type'), type, FINAL)];
    known += 1;
    const errors = known > 1 ? [invalid(child(here, 'type'), type, 'There may be at most one condition with type "Issued", "Denied", or "Failed"')] : [];
    return status === 'True' ? errors : [...errors, notSupported(child(here, 'status'), status, ['True'])];
  });
}

function issuedRules({ spec, status }: PodCertificateRequest, nowMs: number): FieldError[] {
  const { certificateChain: chain = '', notBefore, notAfter, beginRefreshAt } = status;
  if (Buffer.byteLength(chain) > MAX_CHAIN_BYTES) return [tooLong(CHAIN, MAX_CHAIN_BYTES)];
  const leaf = chainOf(chain);
  if (typeof leaf === 'string') return [invalid(CHAIN, chain, leaf)];
  const missing: FieldError[] = [];
  if (notBefore === undefined) missing.push(required('status.notBefore', 'must be present and consistent with the issued certificate'));
  if (notAfter === undefined) missing.push(required('status.notAfter', 'must be present and consistent with the issued certificate'));
  if (beginRefreshAt === undefined) missing.push(required('status.beginRefreshAt', 'must be present and in the range [notbefore+10min, notafter-10min]'));
  if (notBefore === undefined || notAfter === undefined || beginRefreshAt === undefined) return missing;
  return timeRules({ leaf, notBefore, notAfter, beginRefreshAt, nowMs, maxSeconds: spec.maxExpirationSeconds ?? DEFAULT_EXPIRATION_SECONDS });
}

/** The leaf of a chain, or what is wrong with the chain. */
function chainOf(text: string): X509Certificate | string {
  const blocks = [...text.matchAll(BLOCK)];
  let leaf: X509Certificate | undefined;
  for (const [, type = '', body = ''] of blocks) {
    if (type !== 'CERTIFICATE') return 'issued certificate chain must consist entirely of CERTIFICATE PEM blocks';
    try {
      const certificate = new X509Certificate(Buffer.from(body, 'base64'));
      leaf ??= certificate;
    } catch {
      return `${leaf ? 'intermediate' : 'leaf'} certificate does not parse as valid X.509`;
    }
  }
  return leaf ?? 'issued certificate chain must contain at least one certificate';
}

interface IssuedTimes {
  readonly leaf: X509Certificate;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly beginRefreshAt: string;
  readonly nowMs: number;
  readonly maxSeconds: number;
}

/** What the status says of times is what the certificate says; the first thing that is wrong. */
function timeRules({ leaf, notBefore, notAfter, beginRefreshAt, nowMs, maxSeconds }: IssuedTimes): FieldError[] {
  const begin = timeToMs(notBefore);
  const end = timeToMs(notAfter);
  const refresh = timeToMs(beginRefreshAt);
  const [leafBegin, leafEnd] = [leaf.validFromDate.getTime(), leaf.validToDate.getTime()];
  const lifetimeMs = leafEnd - leafBegin;
  const wrong = (name: string, time: string, text: string): FieldError[] => [invalid(child('status', name), formatTime(timeToMs(time)), text)];
  if (begin !== leafBegin) return wrong('notBefore', notBefore, 'must be set to the NotBefore time encoded in the leaf certificate');
  if (Math.abs(begin - nowMs) >= CLOCK_SKEW_MS) return wrong('notBefore', notBefore, "must be set to within 5 minutes of kube-apiserver's current time");
  if (end !== leafEnd) return wrong('notAfter', notAfter, 'must be set to the NotAfter time encoded in the leaf certificate');
  if (lifetimeMs < HOUR_MS) return [invalid(CHAIN, `${lifetimeMs / 1000}s`, 'leaf certificate lifetime must be >= 1 hour')];
  if (lifetimeMs > maxSeconds * 1000)
    return [invalid(CHAIN, `${lifetimeMs / 1000}s`, `leaf certificate lifetime must be <= spec.maxExpirationSeconds (${maxSeconds})`)];
  if (refresh < begin + REFRESH_MARGIN_MS) return wrong('beginRefreshAt', beginRefreshAt, 'must be at least 10 minutes after status.notBefore');
  if (refresh > end - REFRESH_MARGIN_MS) return wrong('beginRefreshAt', beginRefreshAt, 'must be at least 10 minutes before status.notAfter');
  return [];
}
