/**
 * Rules for secrets.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateSecret.
 */
import { at, type FieldError, forbiddenField, invalid, required, tooLong } from '#machinery/field-error.ts';
import { validateConfigMapKey } from '#machinery/names.ts';
import { immutable, invalidEach } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { base64Length, MAX_DATA_BYTES } from '../config-map/validation.ts';
import type { Secret } from './schema.ts';

const ACCOUNT_NAME_ANNOTATION = 'kubernetes.io/service-account.name';

/** A new or changed secret: its type says which keys it needs. */
export function validateSecret(secret: Secret): FieldError[] {
  const data = secret.data ?? {};
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.push(...invalidEach(at('data', key), key, validateConfigMapKey(key)));
    bytes += base64Length(value);
  }
  if (bytes > MAX_DATA_BYTES) errors.push(tooLong('data', MAX_DATA_BYTES));
  return [...errors, ...typeRules(secret, data)];
}

function typeRules({ type, metadata }: Secret, data: Readonly<Record<string, string>>): FieldError[] {
  const missing = (key: string): FieldError => required(at('data', key));
  switch (type) {
    case 'kubernetes.io/service-account-token':
      return metadata.annotations?.[ACCOUNT_NAME_ANNOTATION] ? [] : [required(at('metadata.annotations', ACCOUNT_NAME_ANNOTATION))];
    case 'kubernetes.io/dockercfg':
      return jsonRules('.dockercfg', data);
    case 'kubernetes.io/dockerconfigjson':
      return jsonRules('.dockerconfigjson', data);
    case 'kubernetes.io/basic-auth':
      return data['username'] === undefined && data['password'] === undefined ? [missing('username'), missing('password')] : [];
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? [] : [missing('ssh-privatekey')];
    case 'kubernetes.io/tls':
      return ['tls.crt', 'tls.key'].filter((key) => data[key] === undefined).map(missing);
    default:
      return [];
  }
}

function jsonRules(key: string, data: Readonly<Record<string, string>>): FieldError[] {
  const text = data[key];
  const here = at('data', key);
  if (text === undefined) return [required(here)];
  const problem = jsonObjectProblem(Buffer.from(text, 'base64').toString('utf8'));
  return problem === undefined ? [] : [invalid(here, '<secret contents redacted>', problem)];
}

function jsonObjectProblem(text: string): string | undefined {
  if (!text.trim()) return 'unexpected end of JSON input';
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return undefined;
    const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
  } catch {
    const character = text.trim()[0]!;
    return character === '{' ? 'unexpected end of JSON input' : `invalid character '${character}' looking for beginning of value`;
  }
}

/** A changed secret: the type stays; an immutable one keeps its content. */
export function validateSecretUpdate(secret: Secret, stored: Secret): FieldError[] {
  const errors = immutable('type', secret.type, stored.type);
  if (stored.immutable) {
    const text = 'field is immutable when `immutable` is set';
    if (!secret.immutable) errors.push(forbiddenField('immutable', text));
    if (!sameValue(secret.data ?? {}, stored.data ?? {})) errors.push(forbiddenField('data', text));
  }
  return [...errors, ...validateSecret(secret)];
}
