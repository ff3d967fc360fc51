/**
 * The life of a node's list of CSI drivers.
 *
 * Source: kubernetes `pkg/registry/storage/csinode`, `pkg/apis/storage/validation`.
 */
import { at, child, duplicate, type FieldError, invalid, required } from '#machinery/field-error.ts';
import type { Column, Strategy } from '#machinery/kind.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { csiDriverName } from '../../core/pod/validation/legacy-volumes.ts';
import { nonNegative, qualifiedName } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import type { CSINode, CSINodeDriver } from './schema.ts';

const MAX_NODE_ID = 256;

/** Rules of its life: what a driver registered stays until the driver goes. */
export const csiNodeStrategy: Strategy<CSINode> = {
  validate,
  validateUpdate: (node, stored) => [...validate(node), ...unchangedDrivers(node, stored)],
};

function validate({ spec }: CSINode): FieldError[] {
  const drivers = spec.drivers ?? [];
  return drivers.flatMap((driver, index) => {
    const here = at('spec.drivers', index);
    const errors = driverRules(here, driver);
    if (drivers.findIndex(({ name }) => name === driver.name) < index) errors.push(duplicate(child(here, 'name'), driver.name));
    return errors;
  });
}

function driverRules(field: string, { name, nodeID, topologyKeys, allocatable }: CSINodeDriver): FieldError[] {
  const errors = csiDriverName(child(field, 'name'), name);
  if (!nodeID) errors.push(required(child(field, 'nodeID')));
  else if (nodeID.length > MAX_NODE_ID) errors.push(invalid(child(field, 'nodeID'), nodeID, `must be ${MAX_NODE_ID} characters or less`));
  errors.push(...nonNegative(child(field, 'allocatable', 'count'), allocatable?.count));
  for (const [index, key] of (topologyKeys ?? []).entries()) {
    const here = child(field, 'topologyKeys');
    if (!key) errors.push(required(here));
    if ((topologyKeys ?? []).indexOf(key) < index) errors.push(duplicate(here, key));
    errors.push(...qualifiedName(here, key));
  }
  return errors;
}

function unchangedDrivers({ spec }: CSINode, stored: CSINode): FieldError[] {
  return (stored.spec.drivers ?? []).flatMap((old) => {
    const now = (spec.drivers ?? []).find(({ name }) => name === old.name);
    const same = !now || sameValue({ ...now, allocatable: undefined }, { ...old, allocatable: undefined });
    return same ? [] : [invalid('CSINodeDriver', now, 'field is immutable')];
  });
}

/** What `kubectl get csinodes` shows. */
export const csiNodeColumns: readonly Column<CSINode>[] = [
  nameColumn,
  { name: 'Drivers', type: 'integer', description: 'Number of drivers on the node.', cell: ({ spec }) => spec.drivers?.length ?? 0 },
  ageColumn,
];
