/**
 * The life of an IP address.
 *
 * Source: kubernetes `pkg/registry/networking/ipaddress`, `pkg/apis/networking/validation`.
 */
import { child, type FieldError, required } from '#machinery/field-error.ts';
import type { Column, Strategy } from '#machinery/kind.ts';
import { validatePathSegmentName } from '#machinery/names.ts';
import { nameColumn, NONE } from '../../cells.ts';
import { dnsSubdomain, immutable, invalidEach } from '../../rules.ts';
import { strictIpTexts } from '../canonical.ts';
import type { IPAddress } from './schema.ts';

/** Rules of an IP address's life: its name is the address, its owner stays. */
export const ipAddressStrategy: Strategy<IPAddress> = {
  validateName: (name) => strictIpTexts(name),
  validate,
  validateUpdate: (address, stored) => immutable('spec.parentRef', address.spec.parentRef, stored.spec.parentRef),
};

function validate({ spec: { parentRef } }: IPAddress): FieldError[] {
  const field = 'spec.parentRef';
  if (!parentRef) return [required(field)];
  const { group, resource, name, namespace } = parentRef;
  const errors = group ? dnsSubdomain(child(field, 'group'), group) : [];
  for (const [member, value] of Object.entries({ resource, name })) {
    errors.push(...(value ? invalidEach(child(field, member), value, validatePathSegmentName(value)) : [required(child(field, member))]));
  }
  if (namespace) errors.push(...invalidEach(child(field, 'namespace'), namespace, validatePathSegmentName(namespace)));
  return errors;
}

function parentText({ spec: { parentRef } }: IPAddress): string {
  if (!parentRef) return NONE;
  const { group, resource, namespace, name } = parentRef;
  const what = group ? `${resource}.${group}` : (resource ?? '');
  return [what.toLowerCase(), ...(namespace ? [namespace] : []), name ?? ''].join('/');
}

/** What `kubectl get ipaddresses` shows. */
export const ipAddressColumns: readonly Column<IPAddress>[] = [
  nameColumn,
  { name: 'ParentRef', type: 'string', description: 'What the address belongs to.', cell: parentText },
];
