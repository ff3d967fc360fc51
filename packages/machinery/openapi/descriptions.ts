/**
 * Documentation texts as a build step extracts them.
 */
import type { Describe } from './source.ts';

/** Texts by type name; the text of the type itself stands under the empty name. */
export type Descriptions = { readonly [typeName: string]: { readonly [field: string]: string } };

/** A provider from extracted texts. */
export function describeFrom(texts: Descriptions): Describe {
  return (typeName, field = '') => {
    const type = Object.hasOwn(texts, typeName) ? texts[typeName] : undefined;
    return type && Object.hasOwn(type, field) ? type[field] : undefined;
  };
}

/** A provider without texts. */
export const undescribed: Describe = () => undefined;
