/**
 * Rules for references to a pod's own fields and resources (the Downward API).
 *
 * Source: kubernetes `pkg/apis/core/validation` validateObjectFieldSelector, validateContainerResourceFieldSelector.
 */
import { child, type FieldError, invalid, notSupported, required } from '#machinery/field-error.ts';
import { validateQualifiedName } from '#machinery/names.ts';
import { canonicalQuantity, quantitySign } from '#machinery/quantity.ts';
import { invalidEach } from '../../../rules.ts';
import type { ObjectFieldSelector, ResourceFieldSelector } from '../volumes.ts';

/** Fields that environment variables can show. */
export const ENV_FIELD_PATHS: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

/** Fields that files can show. */
export const VOLUME_FIELD_PATHS: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** Field paths that exist; others cannot be converted. */
const KNOWN_PATHS: ReadonlySet<string> = new Set([...ENV_FIELD_PATHS, ...VOLUME_FIELD_PATHS, 'spec.restartPolicy', 'spec.schedulerName', 'status.phase']);

/** The name of `spec.nodeName` long ago. */
const OLD_NODE_NAME = 'spec.host';

const RESOURCES: readonly string[] = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const HUGE_PAGES = /^(limits|requests)\.hugepages-/;

const SUBSCRIPT = /^([^[]+)\['(.*)'\]$/;

/** A reference to a field of the pod; labels and annotations may be picked by key. */
export function objectFieldSelector(field: string, selector: ObjectFieldSelector, allowed: readonly string[]): FieldError[] {
  if (!selector.apiVersion) return [required(child(field, 'apiVersion'))];
  if (!selector.fieldPath) return [required(child(field, 'fieldPath'))];
  const here = child(field, 'fieldPath');
  const { fieldPath } = selector;
  if (selector.apiVersion !== 'v1') return [invalid(here, fieldPath, `error converting fieldPath: unsupported pod version: ${selector.apiVersion}`)];
  const subscripted = SUBSCRIPT.exec(fieldPath);
  if (subscripted) return subscriptRules(field, subscripted[1]!, subscripted[2]!, fieldPath);
  const path = fieldPath === OLD_NODE_NAME ? 'spec.nodeName' : fieldPath;
  if (!KNOWN_PATHS.has(path)) return [invalid(here, fieldPath, `error converting fieldPath: field label not supported: ${path}`)];
  return allowed.includes(path) ? [] : [notSupported(here, path, allowed)];
}

function subscriptRules(field: string, path: string, key: string, whole: string): FieldError[] {
  if (path === 'metadata.annotations') return invalidEach(field, key.toLowerCase(), validateQualifiedName(key.toLowerCase()));
  if (path === 'metadata.labels') return invalidEach(field, key, validateQualifiedName(key));
  return [invalid(child(field, 'fieldPath'), whole, `error converting fieldPath: field label does not support subscript: ${whole}`)];
}

/** A reference to a container's requests or limits; files must name the container. */
export function resourceFieldSelector(field: string, selector: ResourceFieldSelector, needsContainer: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (needsContainer && !selector.containerName) errors.push(required(child(field, 'containerName')));
  else if (!selector.resource) errors.push(required(child(field, 'resource')));
  else if (!RESOURCES.includes(selector.resource) && !HUGE_PAGES.test(selector.resource))
    errors.push(notSupported(child(field, 'resource'), selector.resource, RESOURCES));
  errors.push(...divisorRules(child(field, 'divisor'), selector));
  return errors;
}

const BYTE_DIVISORS: readonly string[] = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

const DIVISORS = [
  { resource: /^(limits|requests)\.cpu$/, values: ['1m', '1'], text: "only divisor's values 1m and 1 are supported with the cpu resource" },
  {
    resource: /^(limits|requests)\.memory$/,
    values: BYTE_DIVISORS,
    text: `only divisor's values ${BYTE_DIVISORS.join(', ')} are supported with the memory resource`,
  },
  {
    resource: /^(limits|requests)\.ephemeral-storage$/,
    values: BYTE_DIVISORS,
    text: `only divisor's values ${BYTE_DIVISORS.join(', ')} are supported with the local ephemeral storage resource`,
  },
  {
    resource: HUGE_PAGES,
    values: BYTE_DIVISORS,
    text: `only divisor's values ${BYTE_DIVISORS.join(', ')} are supported with the hugepages resource`,
  },
];

function divisorRules(field: string, { resource, divisor = '0' }: ResourceFieldSelector): FieldError[] {
  if (divisor === '0' || divisor === '' || quantitySign(divisor) === 0) return [];
  const rule = DIVISORS.find((one) => one.resource.test(resource));
  return rule && !rule.values.includes(canonicalQuantity(divisor)) ? [invalid(field, resource, rule.text)] : [];
}
