/**
 * Access to devices for administration, which only namespaces that are labelled for it may ask for.
 *
 * Source: kubernetes `pkg/registry/resource/utils.go`.
 */
import { at, child, type FieldError, forbiddenField } from '#machinery/field-error.ts';
import type { KindContext } from '#machinery/kind.ts';
import type { DeviceClaim } from './shared.ts';

const LABEL = 'resource.kubernetes.io/admin-access';

/** What the first of `items` that has it finds in `namespace`. */
function labelFindings(field: string, items: readonly (boolean | undefined)[], namespace: string | undefined, { namespaceLabels }: KindContext): FieldError[] {
  const index = items.indexOf(true);
  if (index < 0 || !namespaceLabels || namespaceLabels(namespace ?? '')?.[LABEL] === 'true') return [];
  return [forbiddenField(child(at(field, index), 'adminAccess'), `admin access to devices requires the \`${LABEL}: true\` label on the containing namespace`)];
}

/** Rules of what a claim, or a template for claims, asks for. */
export function adminRequestFindings({ requests }: DeviceClaim, namespace: string | undefined, context: KindContext): FieldError[] {
  return labelFindings(
    'spec.devices.requests',
    (requests ?? []).map(({ exactly }) => exactly?.adminAccess),
    namespace,
    context,
  );
}

interface Allocated {
  readonly allocation?: { readonly devices: { readonly results?: readonly { readonly adminAccess?: boolean }[] } };
}

/** Rules of what a claim got; what it had, it keeps. */
export function adminResultFindings(status: Allocated, stored: Allocated, namespace: string | undefined, context: KindContext): FieldError[] {
  const grants = ({ allocation }: Allocated): (boolean | undefined)[] => (allocation?.devices.results ?? []).map(({ adminAccess }) => adminAccess);
  return grants(stored).includes(true) ? [] : labelFindings('status.allocation.devices.results', grants(status), namespace, context);
}
