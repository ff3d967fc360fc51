/**
 * Unix sockets whose path is longer than an address takes: reached through an open directory.
 */
import { closeSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** What fits into a `sockaddr_un` on Linux, without the final zero. */
const MAX_PATH_BYTES = 107;

/** A name of the socket that is short enough. */
export interface SocketAddress extends Disposable {
  /** Valid until disposed; afterwards only connections that stand already go on. */
  readonly path: string;
}

/** Makes a short name where one is needed. @throws Error when the directory does not exist */
export function socketAddress(path: string): SocketAddress {
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return { path, [Symbol.dispose]: () => undefined };
  const directory = openSync(dirname(path), 'r');
  let open = true;
  return {
    path: `/proc/self/fd/${directory}/${basename(path)}`,
    [Symbol.dispose]() {
      if (open) closeSync(directory);
      open = false;
    },
  };
}
