/**
 * A command that was run in a simulated container: prints what the pod's annotation says and ends well.
 *
 * Speaks SPDY/3.1 as the API server does towards kubelets: header blocks in stored deflate blocks, so that the type of a stream can be read without a decompressor.
 */
import type { Duplex } from 'node:stream';

const HEADER_BYTES = 8;
const CONTROL_BIT = 0x8000_0000;
const FIN = 0x100_0000;
const SUCCESS = '{"metadata":{},"status":"Success"}';
/** Frames of clients that open streams and type: longer ones are none of theirs. */
const MAX_FRAME_BYTES = 1024 * 1024;

/** What the session prints, and into which of its streams. */
export interface ExecSession {
  readonly output: string;
  /** The streams that the client opens before anything is sent: `error`, and those it asked for. */
  readonly streams: readonly string[];
}

/** Serves one upgraded connection until the client closes it. */
export function serveExec(socket: Duplex, head: Buffer, { output, streams }: ExecSession): void {
  const ids = new Map<string, number>();
  let kept = Buffer.alloc(0);
  const send = (name: string, text: string): void => {
    const id = ids.get(name);
    if (id === undefined) return;
    const body = Buffer.from(text);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(id, 0);
    header.writeUInt32BE(FIN + body.length, 4);
    socket.write(Buffer.concat([header, body]));
  };
  const open = (frame: Buffer): void => {
    const name = /streamtype....([a-z]+)/s.exec(frame.toString('latin1'))?.[1];
    if (name === undefined || ids.has(name)) return;
    ids.set(name, frame.readUInt32BE(HEADER_BYTES));
    if (!streams.every((one) => ids.has(one))) return;
    send('stdout', output);
    send('stderr', '');
    send('error', SUCCESS);
  };
  const take = (bytes: Buffer): void => {
    kept = Buffer.concat([kept, bytes]);
    while (kept.length >= HEADER_BYTES) {
      const length = HEADER_BYTES + kept.readUIntBE(5, 3);
      if (length > MAX_FRAME_BYTES) {
        socket.destroy();
        return;
      }
      if (kept.length < length) return;
      const frame = kept.subarray(0, length);
      kept = kept.subarray(length);
      if (frame.readUInt32BE(0) >= CONTROL_BIT) open(frame);
    }
  };
  socket.on('data', take);
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  if (head.length > 0) take(head);
}
