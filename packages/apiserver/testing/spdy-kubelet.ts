/** A streaming server that echoes: what comes on `stdin` goes to `stdout`, resizes to `stderr`, and the end of `stdin` ends the command. */
import type { Duplex } from 'node:stream';
import { dataHeader } from '../streaming/spdy-frames.ts';

const STATUS = '{"metadata":{},"status":"Success"}';

/** Serves one upgraded connection. */
export function serveSpdyEcho(socket: Duplex, head: Buffer): void {
  const ids = new Map<string, number>();
  const names = new Map<number, string>();
  const send = (name: string, text: string | Buffer, last = false): void => {
    const id = ids.get(name);
    if (id === undefined) return;
    const bytes = Buffer.from(text);
    socket.write(Buffer.concat([dataHeader(id, bytes.length, last), bytes]));
  };
  let kept = Buffer.alloc(0);
  const take = (bytes: Buffer): void => {
    kept = Buffer.concat([kept, bytes]);
    while (kept.length >= 8 && kept.length >= 8 + kept.readUIntBE(5, 3)) {
      const frame = kept.subarray(0, 8 + kept.readUIntBE(5, 3));
      kept = kept.subarray(frame.length);
      const id = frame.readUInt32BE(0);
      if (id >= 0x8000_0000) {
        // The headers are not compressed, only wrapped; the stream's type is the last text before an empty block.
        const type = /streamtype....([a-z]+)/s.exec(frame.toString('latin1'))?.[1];
        if (type === undefined) continue;
        ids.set(type, frame.readUInt32BE(8));
        names.set(frame.readUInt32BE(8), type);
        continue;
      }
      if (names.get(id) === 'stdin' && frame.length > 8) send('stdout', frame.subarray(8));
      if (names.get(id) === 'resize') send('stdout', `resized ${frame.subarray(8).toString()}`);
      if (names.get(id) === 'stdin' && frame[4] === 1) {
        send('error', STATUS, true);
        send('stdout', '', true);
        send('stderr', 'bye', true);
      }
    }
  };
  socket.on('data', take);
  take(head);
}
