/**
 * The life of a range of service addresses.
 *
 * Source: kubernetes `pkg/registry/networking/servicecidr`, `pkg/apis/networking/validation`.
 */
import { at, type FieldError, invalid, required } from '#machinery/field-error.ts';
import { parseCidr } from '#machinery/ip.ts';
import type { Column, Strategy, Subresource } from '#machinery/kind.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { IMMUTABLE } from '../../rules.ts';
import { ALL_METADATA, specStrategy, statusSubresource } from '../../strategy.ts';
import { strictCidr } from '../canonical.ts';
import type { ServiceCIDR } from './schema.ts';

const FIELD = 'spec.cidrs';

/** Rules of a service CIDR's life. */
export const serviceCidrStrategy: Strategy<ServiceCIDR> = { ...specStrategy<ServiceCIDR>({}), validate, validateUpdate };

function validate({ spec: { cidrs = [] } }: ServiceCIDR): FieldError[] {
  if (!cidrs.length) return [required(FIELD, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalid(FIELD, { cidrs }, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((range, index) => strictCidr(at(FIELD, index), range));
  const families = cidrs.map((range) => parseCidr(range)?.address.family);
  if (cidrs.length === 2 && families[0] !== undefined && families[0] === families[1]) {
    errors.push(invalid(FIELD, cidrs, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'));
  }
  return errors;
}

function validateUpdate(next: ServiceCIDR, stored: ServiceCIDR): FieldError[] {
  const before = stored.spec.cidrs ?? [];
  const after = next.spec.cidrs ?? [];
  const changed = before.flatMap((range, index) => (range === after[index] ? [] : [invalid(at(FIELD, index), after[index], IMMUTABLE)]));
  if (before.length === after.length) return changed;
  return before.length === 1 && after.length === 2 ? [...changed, ...validate(next)] : [invalid(FIELD, after, IMMUTABLE)];
}

/** `status`. */
export const serviceCidrStatusSubresource: Subresource = statusSubresource<ServiceCIDR>({ keptMetadata: ALL_METADATA });

/** What `kubectl get servicecidrs` shows. */
export const serviceCidrColumns: readonly Column<ServiceCIDR>[] = [
  nameColumn,
  { name: 'CIDRs', type: 'string', description: 'The ranges.', cell: ({ spec }) => (spec.cidrs ?? []).join(',') },
  ageColumn,
];
