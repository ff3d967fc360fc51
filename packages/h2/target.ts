/**
 * Where a server is, and how a socket to it is opened.
 */
import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { socketAddress } from '#base/socket-path.ts';

/** PEM text for connections with TLS. */
export interface ClientTls {
  /** Who may sign the server's certificate; the system's authorities when absent. */
  readonly ca?: string;
  /** The client's certificate and key. */
  readonly cert?: string;
  readonly key?: string;
}

/** A server. */
export interface Target {
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  /** On this machine: when it ends, the socket says so, so that silence means nothing. */
  readonly isLocal: boolean;
  /** Calls `ready` when the socket is, with what is wrong with it if anything. */
  open(ready: (problem: string | undefined) => void): Duplex;
}

const UNIX = 'unix:';

/** Reads `http://host:port`, `https://host:port` or `unix:/path`. @throws TypeError for anything else */
export function targetOf(endpoint: string, tls: ClientTls = {}): Target {
  if (endpoint.startsWith(UNIX)) return unixTarget(endpoint.slice(UNIX.length));
  const { protocol, hostname, port, host: authority } = new URL(endpoint);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'http:')
    return { scheme: 'http', authority, isLocal: false, open: (ready) => connectTcp({ host, port: Number(port || 80), noDelay: true }, () => ready(undefined)) };
  if (protocol !== 'https:') throw new TypeError(`not an endpoint: ${endpoint}`);
  const { ca, cert, key } = tls;
  const options = { host, port: Number(port || 443), ALPNProtocols: ['h2'], ...(isIP(host) ? {} : { servername: host }), ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return {
    scheme: 'https',
    authority,
    isLocal: false,
    open(ready) {
      const socket = connectTls(options, () => ready(socket.alpnProtocol === 'h2' ? undefined : 'the server does not speak HTTP/2'));
      return socket.setNoDelay(true);
    },
  };
}

function unixTarget(path: string): Target {
  return {
    scheme: 'http',
    authority: 'localhost',
    isLocal: true,
    open(ready) {
      const address = socketAddress(path);
      const release = (): void => address[Symbol.dispose]();
      return connectTcp(address.path, () => ready(undefined)).once('connect', release).once('close', release);
    },
  };
}
