/**
 * Table cells of admission policies and webhook configurations.
 *
 * Source: kubernetes `pkg/printers/internalversion/printers.go`.
 */
import type { Column, KubeObject } from '#machinery/kind.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import { ageColumn, nameColumn } from '../cells.ts';
import type { ParamKind, ParamRef } from './rules.ts';

const UNSET = '<unset>';

/** What `kubectl get` shows of webhook configurations. */
export const webhookColumns: readonly Column<KubeObject & { readonly webhooks?: readonly unknown[] }>[] = [
  nameColumn,
  {
    name: 'Webhooks',
    type: 'integer',
    description: 'Webhooks indicates the number of webhooks registered in this configuration',
    cell: ({ webhooks }) => webhooks?.length ?? 0,
  },
  ageColumn,
];

/** The kind of a policy's parameters. */
export const paramKindColumn: Column<{ readonly spec: { readonly paramKind?: ParamKind } }> = {
  name: 'ParamKind',
  type: 'string',
  description: 'ParamKind specifies the kind of resources used to parameterize this policy',
  cell: ({ spec: { paramKind } }) => (paramKind ? `${paramKind.apiVersion ?? ''}/${paramKind.kind ?? ''}` : UNSET),
};

/** What `kubectl get` shows of bindings. */
export const bindingColumns: readonly Column<KubeObject & { readonly spec: { readonly policyName?: string; readonly paramRef?: ParamRef } }>[] = [
  nameColumn,
  {
    name: 'PolicyName',
    type: 'string',
    description: 'PolicyName indicates the policy definition which the policy binding binded to',
    cell: ({ spec }) => spec.policyName ?? '',
  },
  {
    name: 'ParamRef',
    type: 'string',
    description: 'ParamRef indicates the param resource which sets the configration param',
    cell: ({ spec }) => paramText(spec.paramRef),
  },
  ageColumn,
];

/** `namespace/name`; `*` for parameters of every namespace, as the binding does not tell whether they have one. */
function paramText(ref: ParamRef | undefined): string {
  if (ref?.name) return `${ref.namespace || '*'}/${ref.name}`;
  return ref?.selector ? selectorStruct(ref.selector) : UNSET;
}

/** A selector as Go prints the struct, which is what the original shows here. */
function selectorStruct({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.keys(matchLabels)
    .toSorted()
    .map((key) => `${key}: ${matchLabels[key]},`);
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`);
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
