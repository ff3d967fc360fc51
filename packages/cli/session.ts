/**
 * A connection to one API server for one command: requests as JSON, streams, and upgrades, with the credentials of a kubeconfig context.
 */
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { selectContext, transportOptions } from '#client/connect.ts';
import type { HttpTransportOptions } from '#client/http-transport.ts';
import { EMPTY_KUBECONFIG, type Kubeconfig, mergeKubeconfigs, parseKubeconfig } from '#client/kubeconfig.ts';
import { type Status, StatusError } from '#machinery/status.ts';
import { CliError, type Io } from './io.ts';

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly server?: string;
  readonly token?: string;
  readonly as?: string;
  readonly asGroup?: readonly string[];
  readonly requestTimeout?: string;
}

/** A request as a command makes it. */
export interface SessionRequest {
  readonly method?: string;
  /** Path with query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
}

/** Table rows for people, objects for everything else. */
export const TABLE_ACCEPT = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

/** An open connection. */
export class Session implements AsyncDisposable {
  readonly io: Io;
  readonly namespace: string;
  /** Whether `-n` was given. */
  readonly namespaceGiven: boolean;
  readonly server: URL;
  readonly #options: HttpTransportOptions;
  readonly #agent: Agent;

  constructor(io: Io, options: HttpTransportOptions, namespace: string, namespaceGiven: boolean) {
    this.io = io;
    this.namespace = namespace;
    this.namespaceGiven = namespaceGiven;
    this.server = options.server;
    this.#options = options;
    const { ca, cert, key, insecureSkipVerify } = options;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 16, ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}), ...(insecureSkipVerify ? { rejectUnauthorized: false } : {}) });
  }

  /** TLS material and headers for connections that are not plain requests (WebSocket). */
  async upgradeOptions(): Promise<{ readonly headers: Record<string, string>; readonly ca?: string; readonly cert?: string; readonly key?: string; readonly rejectUnauthorized: boolean }> {
    const { ca, cert, key, insecureSkipVerify } = this.#options;
    return { headers: await this.#credentials(), ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}), rejectUnauthorized: !insecureSkipVerify };
  }

  /** Sends a request; the answer's body is left to read. @throws CliError when the server cannot be reached. */
  async open(request: SessionRequest): Promise<IncomingMessage> {
    const url = new URL(request.path, this.server);
    const body = request.body === undefined ? undefined : typeof request.body === 'string' ? request.body : JSON.stringify(request.body);
    const headers = {
      accept: 'application/json',
      'user-agent': this.#options.userAgent,
      ...(await this.#credentials()),
      ...(body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
      ...request.headers,
    };
    const options: RequestOptions = { method: request.method ?? 'GET', headers, signal: this.io.signal };
    return new Promise((resolve, reject) => {
      const sent = url.protocol === 'http:' ? httpRequest(url, options, resolve) : httpsRequest(url, { ...options, agent: this.#agent }, resolve);
      sent.on('error', (error: NodeJS.ErrnoException) => reject(this.#explain(error)));
      sent.end(body);
    });
  }

  /** Sends a request and parses its JSON answer; warnings of the server go to standard error. @throws StatusError for failures. */
  async json<T = Record<string, unknown>>(request: SessionRequest): Promise<T> {
    const { status, text } = await this.text(request);
    if (status >= 400) throw failure(status, text);
    return JSON.parse(text) as T;
  }

  /** Sends a request and reads its answer as text, whatever its status. */
  async text(request: SessionRequest): Promise<{ readonly status: number; readonly text: string }> {
    const response = await this.open(request);
    this.#printWarnings(response);
    return { status: response.statusCode!, text: await readText(response) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    return Promise.resolve();
  }

  async #credentials(): Promise<Record<string, string>> {
    const { token, impersonate } = this.#options;
    const headers: Record<string, string> = {};
    if (token) headers['authorization'] = `Bearer ${await token()}`;
    if (impersonate) {
      headers['impersonate-user'] = impersonate.user;
      if (impersonate.groups?.length) headers['impersonate-group'] = impersonate.groups.join(',');
    }
    return headers;
  }

  #printWarnings(response: IncomingMessage): void {
    for (const line of response.headersDistinct['warning'] ?? []) {
      for (const match of line.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)) this.io.stderr.write(`Warning: ${match[1]!.replaceAll(/\\(.)/g, '$1')}\n`);
    }
  }

  #explain(error: NodeJS.ErrnoException): Error {
    if (this.io.signal.aborted) return new CliError('', 130);
    if (error.code === 'ECONNREFUSED') {
      return new CliError(`The connection to the server ${this.server.host} was refused - did you specify the right host or port?`);
    }
    return new CliError(`Unable to connect to the server: ${error.message}`);
  }
}

/** The error a failed answer means. */
export function failure(httpCode: number, text: string): Error {
  try {
    const status = JSON.parse(text) as Partial<Status>;
    if (status.kind === 'Status') return StatusError.fromStatus(status, httpCode);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return new CliError(`Error from server: ${text.trim() || `HTTP status ${httpCode}`}`);
}

/** Reads a whole answer. */
export async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads the kubeconfig as kubectl does: the flag, or the files of `$KUBECONFIG`, or `~/.kube/config`. */
export async function loadKubeconfig(io: Io, flags: GlobalFlags): Promise<Kubeconfig> {
  const home = io.env['HOME'] ?? '/root';
  const paths = flags.kubeconfig ? [flags.kubeconfig] : (io.env['KUBECONFIG'] ?? join(home, '.kube', 'config')).split(':').filter(Boolean);
  const configs: Kubeconfig[] = [];
  for (const path of paths) {
    try {
      configs.push(parseKubeconfig(await readFile(path, 'utf8'), join(path, '..')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      if (flags.kubeconfig) throw new CliError(`error: stat ${path}: no such file or directory`);
    }
  }
  return configs.length === 0 ? EMPTY_KUBECONFIG : mergeKubeconfigs(configs);
}

/** Opens a session for the chosen context. @throws CliError when there is none. */
export async function openSession(io: Io, flags: GlobalFlags): Promise<Session> {
  const config = await loadKubeconfig(io, flags);
  const name = flags.context ?? config.currentContext;
  if (!name && !flags.server) throw new CliError('The connection to the server localhost:8080 was refused - did you specify the right host or port?');
  if (name && !config.contexts[name]) throw new CliError(`error: context "${name}" does not exist`);
  const options = await transportOptions(config, { userAgent: 'kubectl/v1.36.0 (navarch)', clock: io.clock }, name);
  const adjusted: HttpTransportOptions = {
    ...options,
    ...(flags.server ? { server: new URL(flags.server) } : {}),
    ...(flags.token ? { token: () => Promise.resolve(flags.token!) } : {}),
    ...(flags.as ? { impersonate: { user: flags.as, groups: flags.asGroup ?? [] } } : {}),
  };
  return new Session(io, adjusted, flags.namespace ?? selectContext(config, name).namespace, flags.namespace !== undefined);
}
