/**
 * Documentation texts of types and fields, which the build puts beside the bundle.
 */
import { readFile } from 'node:fs/promises';
import { describeFrom, type Descriptions, undescribed } from '#machinery/openapi/descriptions.ts';
import type { Describe } from '#machinery/openapi/source.ts';
import { isMissing } from '../cluster/processes.ts';

/** Reads the texts when the first OpenAPI document is asked for; a server that runs from source has none. */
export async function readDescriptions(): Promise<Describe> {
  // Chunks of the bundle lie one folder below its entry.
  for (const place of ['./descriptions.json', '../descriptions.json']) {
    try {
      return describeFrom(JSON.parse(await readFile(new URL(place, import.meta.url), 'utf8')) as Descriptions);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return undescribed;
}
