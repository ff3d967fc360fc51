/**
 * Frames of HTTP/2: what a client that only makes calls needs.
 *
 * Source: RFC 9113.
 */

export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;
export const PADDED = 8;
export const PRIORITY = 0x20;

export const SETTING_ENABLE_PUSH = 2;
export const SETTING_MAX_CONCURRENT_STREAMS = 3;
export const SETTING_INITIAL_WINDOW_SIZE = 4;
export const SETTING_MAX_FRAME_SIZE = 5;

export const REFUSED_STREAM = 7;
export const CANCEL = 8;

/** What begins a connection. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const DEFAULT_WINDOW_BYTES = 65_535;
export const FRAME_HEAD_BYTES = 9;
/** The largest frame that either side takes unless it says otherwise. */
export const DEFAULT_FRAME_BYTES = 16_384;

/** A frame's kind, without its length. */
export interface FrameHead {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
}

/** Writes the nine bytes before a frame's payload. */
export function writeFrameHead(into: Buffer, at: number, length: number, { type, flags, stream }: FrameHead): void {
  into[at] = length >>> 16;
  into[at + 1] = (length >>> 8) & 0xff;
  into[at + 2] = length & 0xff;
  into[at + 3] = type;
  into[at + 4] = flags;
  into.writeUInt32BE(stream, at + 5);
}

/** A whole frame. */
export function frame(head: FrameHead, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEAD_BYTES + payload.length);
  writeFrameHead(bytes, 0, payload.length, head);
  bytes.set(payload, FRAME_HEAD_BYTES);
  return bytes;
}

/** A frame whose payload is one number of four bytes: WINDOW_UPDATE, RST_STREAM. */
export function numberFrame(type: number, stream: number, value: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(value, 0);
  return frame({ type, flags: 0, stream }, payload);
}

/** A SETTINGS frame. */
export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.allocUnsafe(settings.length * 6);
  settings.forEach(([id, value], i) => {
    payload.writeUInt16BE(id, i * 6);
    payload.writeUInt32BE(value, i * 6 + 2);
  });
  return frame({ type: SETTINGS, flags: 0, stream: 0 }, payload);
}
