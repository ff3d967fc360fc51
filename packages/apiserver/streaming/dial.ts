/** How the server reaches nodes, pods and services. */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** Where to connect to. */
export interface DialTarget {
  /** The node from which the address can be reached, when the server itself may not reach it. */
  readonly node?: string;
  readonly host: string;
  readonly port: number;
}

/** Opens a byte stream. Rejects with an Error that says why it could not. */
export type Dial = (target: DialTarget, signal: AbortSignal) => Promise<Duplex>;

const CONNECT_TIMEOUT_MS = 30_000;

/** Connects directly, for servers that reach the cluster's networks themselves. */
export const directDial: Dial = ({ host, port }, signal) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    const failed = (why: string): void => {
      socket.destroy();
      reject(new Error(`dial tcp ${host}:${port}: ${why}`));
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => failed('i/o timeout'));
    socket.once('error', (error: NodeJS.ErrnoException) => failed(error.code === 'ECONNREFUSED' ? 'connect: connection refused' : error.message));
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('error');
      socket.removeAllListeners('timeout');
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
