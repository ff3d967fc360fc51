/**
 * The kubelet's HTTPS server: logs, exec, attach, port forwarding, usage, and a tunnel into the node's network; for the API server only.
 *
 * Source: kubernetes `pkg/kubelet/server`. The tunnel (`CONNECT host:port`) is ours: the API server reaches pods and services through it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { errorFields } from '#base/log.ts';
import { StatusError } from '#machinery/status.ts';
import type { KubeletServerOptions } from '../options.ts';
import type { NodeServices } from '../pod/node-services.ts';
import type { Pods } from '../pod/pods.ts';
import type { PodWorker } from '../pod/worker.ts';
import { attemptsOf, type PodContainer, readySandbox } from '../pod/snapshot.ts';
import { type LogOptions, readLog } from './log-file.ts';
import { dial, join, refuse, relayUpgrade } from './relay.ts';
import { type ContainerPath, flag, parseAuthority, parseContainerPath, wholeNumber } from './routes.ts';
import { createStats } from './stats.ts';

/** What is served, to whom. */
export interface ServerContext {
  readonly options: KubeletServerOptions;
  readonly node: NodeServices;
  readonly pods: Pods;
  readonly rootDirectory: string;
}

/** Connections at the same time; a `kubectl logs -f` holds one. */
const MAX_CONNECTIONS = 2_000;

/** WebSocket protocols that the runtimes' streaming servers speak. Asked only for others, we refuse, and clients fall back. */
const STREAM_PROTOCOLS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io', 'v4.base64.channel.k8s.io', 'base64.channel.k8s.io', 'portforward.k8s.io'];

/** Starts serving; answers the port. */
export async function startServer(context: ServerContext): Promise<{ readonly port: number } & AsyncDisposable> {
  const { options, node } = context;
  const routes = new Routes(context);
  const server = createServer({
    cert: options.certificate,
    key: options.key,
    ca: options.clientAuthority,
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.requestTimeout = 0;
  server.on('request', (request, response) => void routes.request(request, response));
  server.on('upgrade', (request, socket, head) => void routes.upgrade(request, socket, head));
  server.on('connect', (request, socket, head) => void routes.connect(request, socket, head));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  server.on('error', (error) => node.log.error('the kubelet server failed', errorFields(error)));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Routes {
  readonly #context: ServerContext;
  readonly #stats: ReturnType<typeof createStats>;

  constructor(context: ServerContext) {
    this.#context = context;
    const { nodeName, runtime, clock } = context.node;
    this.#stats = createStats({ nodeName, runtime, clock, rootDirectory: context.rootDirectory, startedAtMs: clock.now(), containerStartedAtMs: (id) => this.#containerStart(id) });
  }

  async request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://node');
    const problem = this.#refusal(request);
    if (problem) {
      response.writeHead(problem, { 'Content-Type': 'text/plain; charset=utf-8' }).end(problem === 401 ? 'Unauthorized' : 'Forbidden');
      return;
    }
    const stop = new AbortController();
    response.on('close', () => stop.abort());
    try {
      await this.#serve(url, response, AbortSignal.any([stop.signal, this.#context.node.signal]));
    } catch (error) {
      if (stop.signal.aborted) return;
      this.#fail(response, error);
    }
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const problem = this.#refusal(request);
    if (problem) return refuse(socket, problem, problem === 401 ? 'Unauthorized' : 'Forbidden', '');
    const asked = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim()).filter(Boolean);
    if (asked.length > 0 && !asked.some((one) => STREAM_PROTOCOLS.includes(one))) return refuse(socket, 400, 'Bad Request', `none of the requested protocols is supported: ${asked.join(', ')}`);
    socket.on('error', () => socket.destroy());
    try {
      const url = new URL(request.url ?? '/', 'https://node');
      const path = parseContainerPath(url.pathname);
      if (!path) return refuse(socket, 404, 'Not Found', '404 page not found\n');
      const target = new URL(await this.#sessionUrl(path, url.searchParams, this.#context.node.signal));
      // WebSocket port forwarding names its ports in the query.
      for (const port of url.searchParams.getAll('port')) target.searchParams.append('port', port);
      await relayUpgrade(request, socket, head, target);
    } catch (error) {
      const code = error instanceof StatusError ? error.code : 500;
      refuse(socket, code, code === 404 ? 'Not Found' : 'Internal Server Error', (error as Error).message);
    }
  }

  async connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const problem = this.#refusal(request);
    if (problem) return refuse(socket, problem, problem === 401 ? 'Unauthorized' : 'Forbidden', '');
    const target = parseAuthority(request.url ?? '');
    if (!target) return refuse(socket, 400, 'Bad Request', 'the target must be host:port');
    socket.on('error', () => socket.destroy());
    try {
      const upstream = await dial(target.host, target.port);
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) upstream.write(head);
      join(socket, upstream);
    } catch (error) {
      refuse(socket, 502, 'Bad Gateway', (error as Error).message);
    }
  }

  /** 401 without a certificate of the right authority, 403 for one of somebody else; undefined when the client may go on. */
  #refusal(request: IncomingMessage): number | undefined {
    const socket = request.socket as TLSSocket;
    if (!socket.authorized) return 401;
    const name = socket.getPeerCertificate().subject?.CN;
    return typeof name === 'string' && this.#context.options.allowedClients.includes(name) ? undefined : 403;
  }

  #fail(response: ServerResponse, error: unknown): void {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const code = error instanceof StatusError ? error.code : error instanceof RangeError ? 400 : 500;
    if (code === 500) this.#context.node.log.warn('a request to the kubelet failed', errorFields(error));
    response.writeHead(code, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${(error as Error).message}`);
  }

  async #serve(url: URL, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const path = parseContainerPath(url.pathname);
    if (path?.action === 'containerLogs') return this.#logs(path, url.searchParams, response, signal);
    switch (url.pathname) {
      case '/healthz':
      case '/healthz/ping':
        return send(response, 'text/plain; charset=utf-8', 'ok');
      case '/pods':
      case '/pods/':
        return send(response, 'application/json', JSON.stringify(podList([...this.#context.pods.all()].filter(({ life }) => !life.gone))));
      case '/runningpods':
      case '/runningpods/':
        return send(response, 'application/json', JSON.stringify(podList(this.#running())));
      case '/stats/summary':
        return send(response, 'application/json', JSON.stringify(await this.#stats.summary(signal)));
      case '/metrics':
        return send(response, 'text/plain; version=0.0.4; charset=utf-8', this.#metrics());
      case '/metrics/resource':
        return send(response, 'text/plain; version=0.0.4; charset=utf-8', await this.#stats.resource(signal));
      case '/metrics/cadvisor':
        return send(response, 'text/plain; version=0.0.4; charset=utf-8', await this.#stats.prometheus(signal));
      default:
        response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
        return undefined;
    }
  }

  #running(): PodWorker[] {
    return [...this.#context.pods.all()].filter(({ state }) => state.snapshot.containers.some((container) => container.state === 'running'));
  }

  #containerStart(id: string): number | undefined {
    for (const { state } of this.#context.pods.all()) {
      const found = state.snapshot.containers.find((container) => container.id === id);
      if (found) return found.startedAtMs;
    }
    return undefined;
  }

  #metrics(): string {
    const { nodeName } = this.#context.node;
    const containers = [...this.#context.pods.all()].flatMap(({ state }) => state.snapshot.containers);
    return [
      '# TYPE kubelet_node_name gauge',
      `kubelet_node_name{node="${nodeName}"} 1`,
      '# TYPE kubelet_running_pods gauge',
      `kubelet_running_pods ${this.#running().length}`,
      '# TYPE kubelet_running_containers gauge',
      ...['running', 'exited', 'created'].map((state) => `kubelet_running_containers{container_state="${state}"} ${containers.filter((one) => one.state === state).length}`),
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      '',
    ].join('\n');
  }

  /** @throws StatusError when there is no such pod here. */
  #worker({ namespace, pod, uid }: ContainerPath): PodWorker {
    const worker = uid === undefined ? this.#context.pods.byName(namespace, pod) : this.#context.pods.byUid(uid);
    if (!worker) throw new StatusError({ code: 404, reason: 'NotFound', message: `pod "${pod}" not found in namespace "${namespace}"` });
    return worker;
  }

  /** @throws StatusError in the words that `kubectl logs` and `kubectl exec` show. */
  #container(path: ContainerPath, previous: boolean): PodContainer {
    const { state } = this.#worker(path);
    const { initContainerStatuses = [], containerStatuses = [] } = this.#context.node.statuses.current(state.pod);
    const [latest, before] = attemptsOf(state.snapshot, path.container ?? '');
    const found = previous ? (latest?.state === 'exited' && state.waiting.has(latest.name) ? latest : before) : latest;
    if (found) return found;
    const name = path.container ?? '';
    if (previous) throw new StatusError({ code: 400, reason: 'BadRequest', message: `previous terminated container "${name}" in pod "${path.pod}" not found` });
    const reported = [...initContainerStatuses, ...containerStatuses].find((status) => status.name === name)?.state.waiting?.reason;
    const reason = state.waiting.get(name)?.reason ?? reported ?? 'ContainerCreating';
    throw new StatusError({ code: 400, reason: 'BadRequest', message: `container "${name}" in pod "${path.pod}" is waiting to start: ${reason}` });
  }

  async #logs(path: ContainerPath, query: URLSearchParams, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const container = this.#container(path, flag(query, 'previous'));
    const { runtime, clock } = this.#context.node;
    const sinceTime = query.get('sinceTime');
    const stream = query.get('stream');
    const options: LogOptions = {
      follow: flag(query, 'follow'),
      timestamps: flag(query, 'timestamps'),
      ...optional('tailLines', wholeNumber(query, 'tailLines')),
      ...optional('sinceSeconds', wholeNumber(query, 'sinceSeconds')),
      ...optional('limitBytes', wholeNumber(query, 'limitBytes')),
      ...(sinceTime ? { sinceTime } : {}),
      ...(stream ? { stream } : {}),
    };
    response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Transfer-Encoding': 'chunked' });
    response.flushHeaders();
    const running = async (): Promise<boolean> => {
      try {
        return (await runtime.containerStatus(container.id, signal)).state === 'running';
      } catch (error) {
        if (error instanceof StatusError) return false;
        throw error;
      }
    };
    for await (const chunk of readLog(container.logPath, options, { clock, running }, signal)) {
      if (!response.write(chunk)) await new Promise<void>((resolve) => void response.once('drain', resolve).once('close', resolve));
    }
    response.end();
  }

  /** Asks the runtime for a session. */
  async #sessionUrl(path: ContainerPath, query: URLSearchParams, signal: AbortSignal): Promise<string> {
    const { runtime } = this.#context.node;
    if (path.action === 'portForward') {
      const sandbox = readySandbox(this.#worker(path).state.snapshot);
      if (!sandbox) throw new StatusError({ code: 400, reason: 'BadRequest', message: `pod "${path.pod}" is not running` });
      return runtime.portForward(sandbox.id, query.getAll('port').map(Number), signal);
    }
    const container = this.#container(path, false);
    const tty = flag(query, 'tty');
    const streams = {
      tty,
      stdin: flag(query, 'input', 'stdin'),
      stdout: flag(query, 'output', 'stdout'),
      stderr: flag(query, 'error', 'stderr') && !tty,
    };
    if (path.action === 'attach') return runtime.attach({ containerId: container.id, ...streams }, signal);
    return runtime.exec({ containerId: container.id, command: query.getAll('command'), ...streams }, signal);
  }
}

const optional = <K extends string>(name: K, value: number | undefined): { [N in K]?: number } => (value === undefined ? {} : ({ [name]: value } as { [N in K]?: number }));

function send(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }).end(text);
}

const podList = (workers: readonly PodWorker[]): unknown => ({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: workers.map(({ state }) => state.pod) });
