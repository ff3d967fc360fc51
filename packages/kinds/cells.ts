/**
 * Table cells that many kinds show, with the words of `kubectl get`.
 *
 * Source: kubernetes `pkg/printers/internalversion/printers.go`.
 */
import type { Column, KubeObject } from '#machinery/kind.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import { ageText } from '#machinery/time.ts';

/** What a wanted but absent value shows. */
export const NONE = '<none>';

const NAME_DESCRIPTION =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically.';

/** The first column of every table. */
export const nameColumn: Column<KubeObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: NAME_DESCRIPTION,
  cell: (object) => object.metadata.name ?? '',
};

/** How long ago the object was created, as `5d`. */
export const ageColumn: Column<KubeObject> = {
  name: 'Age',
  type: 'string',
  description: 'The creation time of the object.',
  cell: (object, nowMs) => ageText(object.metadata.creationTimestamp, nowMs),
};

/** The creation time, as a date that the client turns into an age. */
export const createdAtColumn: Column<KubeObject> = {
  name: 'Created At',
  type: 'date',
  description: 'The creation time of the object.',
  cell: (object) => object.metadata.creationTimestamp ?? '',
};

/** The columns of kinds that have nothing of their own to show. */
export const nameAndAge: readonly Column<KubeObject>[] = [nameColumn, ageColumn];

/** The columns of kinds without a printer: the client prints the age from a date. */
export const nameAndCreatedAt: readonly Column<KubeObject>[] = [nameColumn, createdAtColumn];

/** `a=b,c=d`, `<none>` when empty. The order is that of the texts, not of the keys: `a.b=1` comes before `a=1`, as `labels.Set` has it. */
export function labelsCell(labels: Readonly<Record<string, string>> | undefined): string {
  if (!labels) return NONE;
  const parts = Object.keys(labels).map((key) => `${key}=${labels[key]}`);
  return parts.toSorted().join(',') || NONE;
}

/** A label selector as `kubectl` prints it: requirements in key order, `<none>` when it has none. */
export function selectorCell(selector: LabelSelector | null | undefined): string {
  return selectorText(selector) || NONE;
}

/** A label selector as the text that a `labelSelector` query takes; empty when it has no requirements. */
export function selectorText(selector: LabelSelector | null | undefined): string {
  const parts: { readonly key: string; readonly text: string }[] = [];
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) parts.push({ key, text: `${key}=${value}` });
  for (const { key, operator, values = [] } of selector?.matchExpressions ?? []) {
    const list = values.toSorted().join(',');
    if (operator === 'In') parts.push({ key, text: `${key} in (${list})` });
    else if (operator === 'NotIn') parts.push({ key, text: `${key} notin (${list})` });
    else if (operator === 'DoesNotExist') parts.push({ key, text: `!${key}` });
    else parts.push({ key, text: key });
  }
  return parts
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map((part) => part.text)
    .join(',');
}

interface Templated {
  readonly spec: { readonly template?: { readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image?: string }[] } } };
}

/** Names and images of a pod template's containers, for `-o wide`. */
export const containerColumns: readonly Column<KubeObject & Templated>[] = [
  {
    name: 'Containers',
    type: 'string',
    description: 'Names of each container in the template.',
    priority: 1,
    cell: (object) => (object.spec.template?.spec?.containers ?? []).map((one) => one.name).join(','),
  },
  {
    name: 'Images',
    type: 'string',
    description: 'Images referenced by each container in the template.',
    priority: 1,
    cell: (object) => (object.spec.template?.spec?.containers ?? []).map((one) => one.image ?? '').join(','),
  },
];

/** The selector of a workload, for `-o wide`. */
export function selectorColumn<T>(text: (object: T) => string): Column<T> {
  return { name: 'Selector', type: 'string', description: 'Label selector for pods.', priority: 1, cell: text };
}

/** Up to `max` items joined by commas, and how many more there are. */
export function listWithMore(items: readonly string[], max: number, empty: string): string {
  if (items.length === 0) return empty;
  const shown = items.slice(0, max).join(',');
  return items.length > max ? `${shown} + ${items.length - max} more...` : shown || empty;
}
