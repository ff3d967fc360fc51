/**
 * What OpenAPI documents are made from.
 */
import type { GroupVersionKind, Kind } from '../kind.ts';
import { groupVersionText } from '../kind.ts';
import type { Message } from '../schema.ts';

/** The documentation of a type or of one of its fields; absent texts are left out. Types are named as in schemas: `core/v1.PodSpec`. */
export type Describe = (typeName: string, field?: string) => string | undefined;

/** A type that clients send or receive without being a resource: Eviction, Scale, TokenRequest. */
export interface ServedType extends GroupVersionKind {
  readonly schema: Message;
}

/** Everything the documents depend on. */
export interface OpenApiSource {
  readonly kinds: readonly Kind[];
  /** Types of subresources, which the kinds name but do not hold. */
  readonly types: readonly ServedType[];
  readonly title: string;
  /** `v1.36.0`. */
  readonly version: string;
  readonly describe: Describe;
}

/** `apps/v1`, `v1`: each group version that has kinds, in their order. */
export function groupVersions(source: OpenApiSource): { readonly group: string; readonly version: string }[] {
  const seen = new Map<string, { readonly group: string; readonly version: string }>();
  for (const { group, version } of source.kinds)
    if (!seen.has(groupVersionText({ group, version }))) seen.set(groupVersionText({ group, version }), { group, version });
  return [...seen.values()];
}

/** Any JSON object under construction. */
export type Json = { [key: string]: unknown };
