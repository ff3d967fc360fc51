/**
 * The protobuf framing of watch events: a length, then a `meta/v1.WatchEvent` around the object in its envelope.
 *
 * Source: apimachinery's length-delimited framer and `runtime.Unknown`.
 */

const ENVELOPE_MAGIC = Buffer.from('k8s\0');
const LENGTH_BYTES = 4;

const TAG_1 = (1 << 3) | 2;
const TAG_2 = (2 << 3) | 2;
const TAG_3 = (3 << 3) | 2;
const TAG_4 = (4 << 3) | 2;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** The parts of a length-delimited member. */
function member(tag: number, parts: readonly Buffer[]): Buffer[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [Buffer.of(tag), varint(length), ...parts];
}

const EMPTY = Buffer.alloc(0);

/** `k8s\0` and `runtime.Unknown` around a message, as parts. */
function envelope(type: { readonly kind: string; readonly apiVersion: string }, message: Buffer): Buffer[] {
  const typeMeta = [...member(TAG_1, [Buffer.from(type.apiVersion)]), ...member(TAG_2, [Buffer.from(type.kind)])];
  return [ENVELOPE_MAGIC, ...member(TAG_1, typeMeta), ...member(TAG_2, [message]), ...member(TAG_3, [EMPTY]), ...member(TAG_4, [EMPTY])];
}

/** One frame of a protobuf watch. */
export function watchFrame(type: string, object: { readonly kind: string; readonly apiVersion: string }, message: Buffer): Buffer {
  const raw = member(TAG_1, envelope(object, message));
  const event = [...member(TAG_1, [Buffer.from(type)]), ...member(TAG_2, raw)];
  const length = event.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.allocUnsafe(LENGTH_BYTES);
  head.writeUInt32BE(length);
  return Buffer.concat([head, ...event], LENGTH_BYTES + length);
}
