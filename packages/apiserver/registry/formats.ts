/** Formats besides JSON. */
import { parse } from 'yaml';
import type { Message } from '#machinery/schema.ts';
import { notAcceptable, unsupportedMediaType } from '#machinery/status.ts';

export function encodeMessage(_schema: Message, _object: unknown): Buffer {
  throw notAcceptable(['application/json', 'application/yaml']);
}

export function decodeEnvelope(_bytes: Buffer, _schema: Message): unknown {
  throw unsupportedMediaType(['application/json', 'application/yaml']);
}

export function parseYaml(text: string): unknown {
  return parse(text) as unknown;
}
