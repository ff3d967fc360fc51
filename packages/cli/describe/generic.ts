/**
 * Any kind without a describer of its own: every field, by its name in words.
 */
import type { AnyObject } from '../objects.ts';
import { asText } from '../objects.ts';
import type { Describer } from './context.ts';
import { type DescribeWriter, sorted } from './writer.ts';

const HIDDEN_METADATA = new Set(['name', 'namespace', 'labels', 'annotations', 'managedFields']);
const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value);

/** Writes the object whole. */
export const describeGeneric: Describer = (writer, object) => {
  writer.field('Name', object.metadata.name);
  writer.field('Namespace', object.metadata.namespace ?? '');
  writer.labels('Labels', object.metadata.labels);
  writer.annotations('Annotations', object.metadata.annotations);
  const { metadata, ...rest } = object;
  const shown = Object.fromEntries(Object.entries(metadata).filter(([key]) => !HIDDEN_METADATA.has(key)));
  fields(writer, { ...rest, metadata: shown } as unknown as AnyObject);
};

function fields(writer: DescribeWriter, object: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of sorted(object)) {
    const title = words(key);
    if (isObject(value)) writer.section(title, () => fields(writer, value));
    else if (!Array.isArray(value)) writer.field(title, value === null ? '<nil>' : asText(value));
    else {
      writer.section(title, () => {
        for (const item of value) {
          if (isObject(item)) fields(writer, item);
          else writer.line(asText(item));
        }
      });
    }
  }
}

/** `nonResourceURLs` as `Non Resource URLs`. */
function words(key: string): string {
  const split = key.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2');
  const text = split.charAt(0).toUpperCase() + split.slice(1);
  return text.replaceAll(/\b(Api|Uid|Ip|Id|Url|Ttl)\b/g, (word) => word.toUpperCase()).replaceAll(/UR Ls\b/g, 'URLs');
}
