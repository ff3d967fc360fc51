/**
 * Options of writes, from the query (and for deletions from the body), checked.
 *
 * Source: apimachinery `meta/v1/validation`.
 */
import type { FieldValidation } from '#machinery/decode.ts';
import { invalid, invalidObject, notSupported, type FieldError } from '#machinery/field-error.ts';
import { validateFieldManager } from '#machinery/meta-validation.ts';
import { booleanParameter } from './list-options.ts';

/** What a write asks for besides its object. */
export interface WriteOptions {
  readonly dryRun: boolean;
  /** Empty: derived from the user agent. */
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  /** Server-side apply takes fields from other managers. */
  readonly force: boolean;
}

const VALIDATION: Readonly<Record<string, FieldValidation>> = { Strict: 'strict', Warn: 'warn', Ignore: 'ignore' };

const PLAIN: WriteOptions = { dryRun: false, fieldManager: '', fieldValidation: 'warn', force: false };

/** Findings about a `dryRun` list. */
export function validateDryRun(values: readonly string[]): FieldError[] {
  return values.every((value) => value === 'All') ? [] : [notSupported('dryRun', values, ['All'])];
}

function checkFieldValidation(text: string): FieldError[] {
  return text === '' || Object.hasOwn(VALIDATION, text) ? [] : [notSupported('fieldValidation', text, ['Ignore', 'Strict', 'Warn'])];
}

/** @throws StatusError Invalid, naming the options' kind */
export function parseWriteOptions(query: URLSearchParams, kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions', apply = false): WriteOptions {
  if (query.size === 0 && !apply) return PLAIN;
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  const fieldManager = query.get('fieldManager') ?? '';
  const validation = query.get('fieldValidation') ?? '';
  const force = booleanParameter(query.get('force'));
  const errors = [...validateDryRun(dryRun), ...validateFieldManager(fieldManager, 'fieldManager'), ...checkFieldValidation(validation)];
  if (kind === 'PatchOptions' && !apply && force !== undefined)
    errors.push({ type: 'FieldValueForbidden', field: 'force', message: 'Forbidden: may not be specified for non-apply patch' });
  if (apply && fieldManager === '')
    errors.push({ type: 'FieldValueRequired', field: 'fieldManager', message: 'Required value: is required for apply patch' });
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind }, '', errors);
  return { dryRun: dryRun.length > 0, fieldManager, fieldValidation: VALIDATION[validation] ?? 'warn', force: force ?? false };
}

/** The name of the manager of a write without `fieldManager`: the program in the user agent. */
export function managerOf(options: WriteOptions, userAgent: string): string {
  if (options.fieldManager) return options.fieldManager;
  const program = userAgent.split('/', 1)[0]!;
  return program.slice(0, 128) || 'unknown';
}

/** Findings about a grace period. */
export function validateGracePeriod(seconds: number | undefined): FieldError[] {
  return seconds !== undefined && seconds < 0 ? [invalid('gracePeriodSeconds', seconds, 'must be greater than or equal to 0')] : [];
}
