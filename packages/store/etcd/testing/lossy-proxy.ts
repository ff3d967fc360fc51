/**
 * A TCP relay that loses answers on demand: what a client sends still arrives.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A running relay. */
export interface LossyProxy extends AsyncDisposable {
  readonly endpoint: string;
  /** From now on drops what comes back; resolves when the next bytes of the client have been handed on and something was dropped. */
  swallowAnswers(): Promise<void>;
  /** Cuts every connection and relays again. */
  cut(): void;
}

/** Relays to `http://host:port`. */
export async function startLossyProxy(target: string): Promise<LossyProxy> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let swallowed: (() => void) | undefined;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const [one, other] of [[client, upstream], [upstream, client]] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
    client.on('data', (bytes) => upstream.write(bytes));
    upstream.on('data', (bytes) => {
      if (swallowed) swallowed();
      else client.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    swallowed = undefined;
    for (const socket of open) socket.destroy();
  };
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    swallowAnswers: () => new Promise((resolve) => (swallowed = resolve)),
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
