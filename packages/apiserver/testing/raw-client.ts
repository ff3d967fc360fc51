/** A TLS client that sends whatever bytes a test wants. */
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

/** A raw connection; everything received is collected. */
export interface RawClient extends Disposable {
  readonly socket: TLSSocket;
  send(text: string | Buffer): void;
  /** Everything received so far. */
  received(): string;
  /** Resolves when what was received satisfies `condition`, or the connection ended. */
  until(condition: (text: string) => boolean): Promise<string>;
  /** Resolves when the server has closed. */
  closed(): Promise<string>;
}

/** Connects to a port on loopback. */
export async function rawClient(port: number, options: ConnectionOptions = {}): Promise<RawClient> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'], allowHalfOpen: true, ...options } as ConnectionOptions);
  let text = '';
  let ended = false;
  let wake: (() => void)[] = [];
  const changed = (): void => {
    for (const one of wake) one();
    wake = [];
  };
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    changed();
  });
  for (const event of ['end', 'close', 'error'] as const) {
    socket.on(event, () => {
      ended = true;
      changed();
    });
  }
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  const until = async (condition: (received: string) => boolean): Promise<string> => {
    while (!condition(text) && !ended) await new Promise<void>((resolve) => wake.push(resolve));
    return text;
  };
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    received: () => text,
    until,
    async closed() {
      while (!ended) await new Promise<void>((resolve) => wake.push(resolve));
      return text;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}
