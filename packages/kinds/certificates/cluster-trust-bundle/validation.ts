/**
 * Rules for bundles of certificates that a cluster trusts.
 *
 * Source: kubernetes `pkg/apis/certificates/validation` ValidateClusterTrustBundle.
 */
import { X509Certificate } from 'node:crypto';
import { type FieldError, invalid } from '#machinery/field-error.ts';
import { nameIsDnsSubdomain } from '#machinery/names.ts';
import { immutable, invalidEach } from '../../rules.ts';
import { signerNameRules } from '../signer-name.ts';
import type { ClusterTrustBundle } from './schema.ts';

const BLOCK = /-----BEGIN ([^-]+)-----\r?\n([\s\S]*?)-----END \1-----/g;
const HIDDEN = '<value omitted>';

/** A new bundle. */
export function validateTrustBundle(bundle: ClusterTrustBundle): FieldError[] {
  return [...commonRules(bundle), ...certificateRules('spec.trustBundle', bundle.spec.trustBundle)];
}

/** A changed bundle: its signer stays, and certificates that were accepted before are not looked at again. */
export function validateTrustBundleUpdate(bundle: ClusterTrustBundle, stored: ClusterTrustBundle): FieldError[] {
  const errors = bundle.spec.trustBundle === stored.spec.trustBundle ? commonRules(bundle) : validateTrustBundle(bundle);
  return [...errors, ...immutable('spec.signerName', bundle.spec.signerName ?? '', stored.spec.signerName ?? '')];
}

function commonRules({ metadata: { name = '' }, spec: { signerName = '' } }: ClusterTrustBundle): FieldError[] {
  const errors = invalidEach('metadata.name', name, nameTexts(name, signerName));
  return signerName ? [...errors, ...signerNameRules('spec.signerName', signerName)] : errors;
}

/** Bundles of a signer are named after it. */
function nameTexts(name: string, signerName: string): string[] {
  if (!signerName) return name.includes(':') ? ['ClusterTrustBundle without signer name must not have ":" in its name'] : nameIsDnsSubdomain(name, false);
  const prefix = `${signerName.replaceAll('/', ':')}:`;
  if (!name.startsWith(prefix)) return [`ClusterTrustBundle for signerName ${signerName} must be named with prefix ${prefix}`];
  return nameIsDnsSubdomain(name.slice(prefix.length), false);
}

/** Certificates in PEM, at least one, none twice, without headers. */
function certificateRules(field: string, text: string): FieldError[] {
  const problems: FieldError[] = [];
  const seen: string[] = [];
  for (const [, type, body = ''] of text.matchAll(BLOCK)) {
    const index = seen.length;
    const der = body.replaceAll(/\s/g, '');
    if (type !== 'CERTIFICATE') problems.push(invalid(field, HIDDEN, `entry ${index} has bad block type: ${type}`));
    else if (body.includes(':')) problems.push(invalid(field, HIDDEN, `entry ${index} has PEM block headers`));
    else if (seen.includes(der)) problems.push(invalid(field, HIDDEN, `duplicate trust anchor (indices ${seen.indexOf(der)} and ${index})`));
    else if (!isCertificate(der)) problems.push(invalid(field, HIDDEN, `entry ${index} does not parse as X.509: x509: malformed certificate`));
    seen.push(der);
  }
  return seen.length === 0 ? [invalid(field, HIDDEN, 'at least one trust anchor must be provided')] : problems;
}

function isCertificate(der: string): boolean {
  try {
    return new X509Certificate(Buffer.from(der, 'base64')).raw.length > 0;
  } catch {
    return false;
  }
}
