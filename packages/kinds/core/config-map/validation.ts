/**
 * Rules for config maps.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateConfigMap.
 */
import { at, type FieldError, forbiddenField, invalid, tooLong } from '#machinery/field-error.ts';
import { validateConfigMapKey } from '#machinery/names.ts';
import { invalidEach } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import type { ConfigMap } from './schema.ts';

/** All values of a config map or secret together, bytes. */
export const MAX_DATA_BYTES = 1024 * 1024;

/** Bytes that base64 text stands for. */
export function base64Length(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}

/** A new or changed config map. */
export function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.push(...invalidEach(at('data', key), key, validateConfigMapKey(key)));
    if (binaryData[key] !== undefined) errors.push(invalid(at('data', key), key, 'duplicate of key present in binaryData'));
    bytes += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    errors.push(...invalidEach(at('binaryData', key), key, validateConfigMapKey(key)));
    bytes += base64Length(value);
  }
  if (bytes > MAX_DATA_BYTES) errors.push(tooLong('', MAX_DATA_BYTES));
  return errors;
}

/** A changed config map: an immutable one keeps its content. */
export function validateConfigMapUpdate(configMap: ConfigMap, stored: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  if (stored.immutable) {
    const text = 'field is immutable when `immutable` is set';
    if (!configMap.immutable) errors.push(forbiddenField('immutable', text));
    if (!sameValue(configMap.data ?? {}, stored.data ?? {})) errors.push(forbiddenField('data', text));
    if (!sameValue(configMap.binaryData ?? {}, stored.binaryData ?? {})) errors.push(forbiddenField('binaryData', text));
  }
  return [...errors, ...validateConfigMap(configMap)];
}
