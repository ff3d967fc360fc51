/**
 * What the network transport needs of a connection: send a request, get status, headers and a body that streams. HTTP/1.1 and HTTP/2 provide it.
 */

/** One HTTP request. Header names are lower case. */
export interface WireRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: Buffer;
}

/** One HTTP response. */
export interface WireResponse {
  readonly code: number;
  readonly header: (name: string) => string | undefined;
  /** Ends the exchange when iteration stops early. */
  readonly body: AsyncIterable<Buffer>;
}

/** Sends requests to one server, connecting and reconnecting as needed. */
export interface Wire extends AsyncDisposable {
  /** Resolves with the response's head. @throws Error for network failures. */
  send(request: WireRequest, signal: AbortSignal): Promise<WireResponse>;
}

/** How to reach and trust a server, and who to be for it. PEM texts. */
export interface WireOptions {
  readonly server: URL;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Name to verify in the server's certificate instead of the URL's host. */
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
}
