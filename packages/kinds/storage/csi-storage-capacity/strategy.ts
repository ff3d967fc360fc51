/**
 * The life of a report of storage capacity.
 *
 * Source: kubernetes `pkg/registry/storage/csistoragecapacity`, `pkg/apis/storage/validation`.
 */
import { child, type FieldError, invalid } from '#machinery/field-error.ts';
import type { Strategy } from '#machinery/kind.ts';
import { quantitySign } from '#machinery/quantity.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import { dnsSubdomain, immutable, NOT_NEGATIVE } from '../../rules.ts';
import type { CSIStorageCapacity } from './schema.ts';

/** Rules of its life: what it is about stays. */
export const csiStorageCapacityStrategy: Strategy<CSIStorageCapacity> = {
  validate,
  validateUpdate: (capacity, stored) => [
    ...validate(capacity),
    ...immutable('nodeTopology', capacity.nodeTopology, stored.nodeTopology),
    ...immutable('storageClassName', capacity.storageClassName, stored.storageClassName),
  ],
};

function validate(object: CSIStorageCapacity): FieldError[] {
  const errors = [...dnsSubdomain('storageClassName', object.storageClassName), ...validateLabelSelector(object.nodeTopology, 'nodeTopology')];
  for (const name of ['capacity', 'maximumVolumeSize'] as const) {
    const amount = object[name];
    if (amount !== undefined && quantitySign(amount) < 0) errors.push(invalid(child('', name), amount, NOT_NEGATIVE));
  }
  return errors;
}
