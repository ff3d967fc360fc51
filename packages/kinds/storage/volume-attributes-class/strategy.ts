/**
 * The life of a volume attributes class.
 *
 * Source: kubernetes `pkg/registry/storage/volumeattributesclass`, `pkg/apis/storage/validation`.
 */
import { type FieldError, forbiddenField, required } from '#machinery/field-error.ts';
import type { Column, Strategy } from '#machinery/kind.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { qualifiedName } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { parameterRules } from '../storage-class/strategy.ts';
import type { VolumeAttributesClass } from './schema.ts';

/** Rules of its life: driver and parameters stay. */
export const volumeAttributesClassStrategy: Strategy<VolumeAttributesClass> = {
  unconditionalUpdate: true,
  validate,
  validateUpdate: (next, stored) => {
    const errors = next.driverName === stored.driverName ? [] : [forbiddenField('driverName', 'updates to driverName are forbidden.')];
    if (!sameValue(next.parameters ?? {}, stored.parameters ?? {})) errors.push(forbiddenField('parameters', 'updates to parameters are forbidden.'));
    return errors;
  },
};

function validate({ driverName, parameters = {} }: VolumeAttributesClass): FieldError[] {
  const errors = driverName
    ? qualifiedName('driverName', driverName.toLowerCase())
    : [required('driverName', driverName)];
  if (!Object.keys(parameters).length) return [...errors, required('parameters', 'must contain at least one key/value pair')];
  return [...errors, ...parameterRules('parameters', parameters)];
}

const DEFAULT_ANNOTATION = 'volumeattributesclass.alpha.kubernetes.io/is-default-class';

/** What `kubectl get volumeattributesclasses` shows. */
export const volumeAttributesClassColumns: readonly Column<VolumeAttributesClass>[] = [
  { ...nameColumn, cell: ({ metadata }) => `${metadata.name ?? ''}${metadata.annotations?.[DEFAULT_ANNOTATION] === 'true' ? ' (default)' : ''}` },
  { name: 'DriverName', type: 'string', description: 'The driver.', cell: ({ driverName }) => driverName },
  ageColumn,
];
