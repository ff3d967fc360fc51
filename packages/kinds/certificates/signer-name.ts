/**
 * Rules for the names of signers.
 *
 * Source: kubernetes `pkg/apis/certificates/validation` ValidateSignerName.
 */
import { type FieldError, invalid, required, tooLong } from '#machinery/field-error.ts';
import { dnsLabel, dnsSubdomain } from '../rules.ts';

const MAX_DOMAIN = 253;
/** A domain, a slash, and a path of a subdomain and one more label. */
const MAX_SIGNER_NAME = MAX_DOMAIN + 1 + (253 + 63 + 1);

/** The name of a signer: a domain and a path. */
export function signerNameRules(field: string, name: string): FieldError[] {
  if (!name) return [required(field)];
  const [domain = '', path = '', ...more] = name.split('/');
  if (more.length || !name.includes('/')) return [invalid(field, name, 'must be a fully qualified domain and path of the form "example.com/signer-name"')];
  const errors = domain.length > MAX_DOMAIN ? [tooLong(field, MAX_DOMAIN)] : [];
  const labels = domain.split('.');
  if (labels.length < 2) errors.push(invalid(field, domain, 'should be a domain with at least two segments separated by dots'));
  else errors.push(...labels.flatMap((label) => shownAs(domain, label, dnsLabel(field, label))));
  errors.push(...path.split('.').flatMap((part) => shownAs(path, part, dnsSubdomain(field, part))));
  if (name.length > MAX_SIGNER_NAME) errors.push(tooLong(field, MAX_SIGNER_NAME));
  return errors;
}

/** Findings about a part show the whole. */
function shownAs(whole: string, part: string, errors: readonly FieldError[]): FieldError[] {
  return errors.map((error) => ({ ...error, message: error.message.replace(JSON.stringify(part), () => JSON.stringify(whole)) }));
}
