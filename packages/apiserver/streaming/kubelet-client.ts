/** Reaching kubelets: where they listen, and TLS with the server's own client certificate. */
import { connect, type TLSSocket } from 'node:tls';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { notFound } from '#machinery/status.ts';
import type { Caches } from '../call.ts';
import type { KeyPair } from '../pki/certificate.ts';
import type { Dial, DialTarget } from './dial.ts';

/** What is needed to reach kubelets. */
export interface KubeletClientOptions {
  readonly caches: Caches;
  readonly dial: Dial;
  /** The server's client certificate; asked for at every connection, so that a renewed one is used. */
  readonly certificate: () => KeyPair;
  /** PEM of the authority of kubelet serving certificates. */
  readonly ca: string;
}

const DEFAULT_PORT = 10250;
/** Kinds of addresses, best first. */
const ADDRESS_TYPES = ['InternalIP', 'ExternalIP', 'Hostname'];

/** A client of all kubelets. */
export class KubeletClient {
  readonly #options: KubeletClientOptions;

  constructor(options: KubeletClientOptions) {
    this.#options = options;
  }

  /** Where the node's kubelet listens. @throws StatusError NotFound, Error when the node has no address */
  target(nodeName: string): DialTarget {
    const node = this.#options.caches.get(nodes, '', nodeName);
    if (!node) throw notFound({ group: '', resource: 'nodes' }, nodeName);
    return { node: nodeName, host: addressOf(node), port: node.status?.daemonEndpoints?.kubeletEndpoint?.Port || DEFAULT_PORT };
  }

  /** A TLS connection to the node's kubelet. */
  async connect(nodeName: string, signal: AbortSignal): Promise<TLSSocket> {
    const { dial, certificate, ca } = this.#options;
    const target = this.target(nodeName);
    const stream = await dial(target, signal);
    const { cert, key } = certificate();
    return new Promise((resolve, reject) => {
      // The dialled address may be a tunnel's: what must match is the certificate authority and the node's name or address.
      const socket = connect({ socket: stream, cert, key, ca, ALPNProtocols: ['http/1.1'], checkServerIdentity: () => undefined });
      const failed = (error: Error): void => {
        stream.destroy();
        reject(error);
      };
      socket.once('error', failed);
      socket.once('secureConnect', () => {
        socket.off('error', failed);
        const peer = socket.getPeerX509Certificate();
        if (peer && (peer.checkHost(nodeName) !== undefined || peer.checkIP(target.host) !== undefined)) resolve(socket);
        else failed(new Error(`tls: the certificate of node ${nodeName} is valid for neither its name nor ${target.host}`));
      });
    });
  }

  /** Sends a GET request and returns the response, whose body must be consumed or destroyed. */
  async get(nodeName: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const socket = await this.connect(nodeName, signal);
    return new Promise((resolve, reject) => {
      const request = httpRequest({ createConnection: () => socket, method: 'GET', path, headers: { Host: nodeName }, signal });
      request.once('response', resolve);
      request.once('error', reject);
      request.end();
    });
  }
}

function addressOf(node: Node): string {
  const addresses = node.status?.addresses ?? [];
  for (const type of ADDRESS_TYPES) {
    const found = addresses.find((one) => one.type === type && one.address !== '');
    if (found) return found.address;
  }
  throw new Error(`no preferred addresses found; known addresses: [${addresses.map((one) => one.address).join(' ')}]`);
}
