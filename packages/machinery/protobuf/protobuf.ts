/**
 * Kubernetes protobuf for any declared type: messages, enveloped objects.
 */
import { decodeObject } from '../decode.ts';
import type { Message } from '../schema.ts';
import { ProtobufDecoder } from './decode.ts';
import { ProtobufEncoder } from './encode.ts';
import { type TypeMeta, unwrapEnvelope, wrapEnvelope } from './envelope.ts';

// What a schema compiles to depends on the schema alone and encoding is synchronous, so sharing these cannot be observed.
const encoder = new ProtobufEncoder();
const decoder = new ProtobufDecoder();

/** The message alone, without envelope; `kind` and `apiVersion` are not part of it. */
export function encodeProtobuf(schema: Message, object: unknown): Buffer {
  return encoder.encode(schema, object);
}

/**
 * The canonical object of a message; `type` supplies what only the envelope knows.
 * @throws StatusError BadRequest for malformed bytes.
 */
export function decodeProtobuf<T = unknown>(schema: Message, bytes: Buffer, type?: TypeMeta): T {
  const json = decoder.decode(schema, bytes);
  if (type) {
    json['kind'] = type.kind;
    json['apiVersion'] = type.apiVersion;
  }
  return decodeObject<T>(schema, json, { mode: 'ignore' }).object;
}

/** An object in its envelope, as `application/vnd.kubernetes.protobuf`. */
export function encodeEnvelope(schema: Message, object: TypeMeta): Buffer {
  return wrapEnvelope(object, encoder.encode(schema, object));
}

/**
 * The canonical object in an envelope.
 * @throws StatusError BadRequest for malformed bytes.
 */
export function decodeEnvelope<T = unknown>(schema: Message, bytes: Buffer): T {
  const envelope = unwrapEnvelope(bytes);
  return decodeProtobuf<T>(schema, envelope.raw, envelope);
}
