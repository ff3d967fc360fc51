/**
 * The life of a storage class.
 *
 * Source: kubernetes `pkg/apis/storage/validation` ValidateStorageClass, `pkg/registry/storage/storageclass`.
 */
import { at, child, duplicate, type FieldError, forbiddenField, invalid, notSupported, required, tooLong } from '#machinery/field-error.ts';
import type { Column, Strategy } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { immutable, qualifiedName } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import type { StorageClass } from './schema.ts';
import { namedLabelWarnings } from '../../warnings.ts';

const MAX_PARAMETERS = 512;
const MAX_PARAMETER_BYTES = 256 * 1024;

/** Fills a storage class. */
export function defaultStorageClass(draft: Draft<StorageClass>): void {
  draft.reclaimPolicy ??= 'Delete';
  draft.volumeBindingMode ??= 'Immediate';
}

/** Rules of a storage class's life. */
export const storageClassStrategy: Strategy<StorageClass> = { unconditionalUpdate: true, validate: validateStorageClass, validateUpdate, warnings: topologyWarnings };

function topologyWarnings({ allowedTopologies = [] }: StorageClass): string[] {
  return allowedTopologies.flatMap(({ matchLabelExpressions = [] }, term) =>
    matchLabelExpressions.flatMap(({ key }, index) => namedLabelWarnings(`allowedTopologies[${term}].matchLabelExpressions[${index}].key`, key)),
  );
}

function validateStorageClass({ provisioner, parameters, reclaimPolicy, volumeBindingMode, allowedTopologies = [] }: StorageClass): FieldError[] {
  const errors = provisioner
    ? qualifiedName('provisioner', provisioner.toLowerCase())
    : [required('provisioner', provisioner)];
  errors.push(...parameterRules('parameters', parameters ?? {}));
  if (reclaimPolicy && reclaimPolicy !== 'Delete' && reclaimPolicy !== 'Retain')
    errors.push(notSupported('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain']));
  if (volumeBindingMode === undefined) errors.push(required('volumeBindingMode'));
  else if (volumeBindingMode !== 'Immediate' && volumeBindingMode !== 'WaitForFirstConsumer')
    errors.push(notSupported('volumeBindingMode', volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']));
  const terms: TopologyTerm[] = [];
  for (const [index, term] of allowedTopologies.entries()) {
    const field = child(at('allowedTopologies', index), 'matchLabelExpressions');
    const keys = new Set<string>();
    for (const [position, { key, values }] of (term.matchLabelExpressions ?? []).entries()) {
      const here = at(field, position);
      if (!values?.length) errors.push(required(child(here, 'values')));
      for (const [i, value] of (values ?? []).entries()) if (values.indexOf(value) < i) errors.push(duplicate(at(child(here, 'values'), i), value));
      errors.push(...qualifiedName(child(here, 'key'), key));
      if (keys.has(key)) errors.push(duplicate(child(here, 'key'), key));
      keys.add(key);
    }
    const requirements = termOf(term.matchLabelExpressions ?? []);
    for (const other of terms) if (sameValue(other, requirements)) errors.push(duplicate(field, ''));
    terms.push(requirements);
  }
  return errors;
}

/** What a term asks of a node, whatever its order. */
type TopologyTerm = readonly (readonly [key: string, values: readonly string[]])[];

function termOf(expressions: readonly { readonly key: string; readonly values?: readonly string[] }[]): TopologyTerm {
  const byKey = new Map(expressions.map(({ key, values }) => [key, [...new Set(values ?? [])].toSorted()]));
  return [...byKey].toSorted(([one], [other]) => (one < other ? -1 : 1));
}

/** Parameters of a provisioner: bounded in number and size. */
export function parameterRules(field: string, parameters: Readonly<Record<string, string>>): FieldError[] {
  const errors: FieldError[] = [];
  const entries = Object.entries(parameters);
  if (entries.length > MAX_PARAMETERS) return [tooLong(field, MAX_PARAMETERS)];
  let bytes = 0;
  for (const [key, value] of entries) {
    if (!key) errors.push(invalid(field, key, 'field can not be empty.'));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > MAX_PARAMETER_BYTES) errors.push(tooLong(field, MAX_PARAMETER_BYTES));
  return errors;
}

function validateUpdate(next: StorageClass, stored: StorageClass): FieldError[] {
  const errors = validateStorageClass(next);
  const forbidden = (name: 'parameters' | 'provisioner' | 'reclaimPolicy'): void => {
    if (!sameValue(next[name], stored[name])) errors.push(forbiddenField(name, `updates to ${name} are forbidden.`));
  };
  forbidden('parameters');
  forbidden('provisioner');
  forbidden('reclaimPolicy');
  return [...errors, ...immutable('volumeBindingMode', next.volumeBindingMode, stored.volumeBindingMode)];
}

/** Annotations that make a class the one of claims that name none. */
const DEFAULT_ANNOTATIONS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

/** Whether claims that name no class get this one. */
export function isDefaultStorageClass({ metadata }: StorageClass): boolean {
  return DEFAULT_ANNOTATIONS.some((name) => metadata.annotations?.[name] === 'true');
}

/** What `kubectl get storageclasses` shows. */
export const storageClassColumns: readonly Column<StorageClass>[] = [
  { ...nameColumn, cell: (object) => `${object.metadata.name ?? ''}${isDefaultStorageClass(object) ? ' (default)' : ''}` },
  { name: 'Provisioner', type: 'string', description: 'Who makes volumes of the class.', cell: ({ provisioner }) => provisioner },
  {
    name: 'ReclaimPolicy',
    type: 'string',
    description: 'What happens to a volume when its claim is gone.',
    cell: ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete',
  },
  {
    name: 'VolumeBindingMode',
    type: 'string',
    description: 'When volumes are made and bound.',
    cell: ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate',
  },
  {
    name: 'AllowVolumeExpansion',
    type: 'string',
    description: 'Whether volumes can grow.',
    cell: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
  },
  ageColumn,
];
