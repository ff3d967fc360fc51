/**
 * `kubectl port-forward`.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { CliError } from '../io.ts';
import { type AnyObject, listAt, textAt, valueAt } from '../objects.ts';
import { objectPath, type ResourceMap } from '../resources.ts';
import { selectOne } from '../selection.ts';
import type { Session } from '../session.ts';
import { openChannels } from '../stream/channels.ts';
import { podsOf } from './pods-of.ts';

/** A pair of ports; local 0 chooses a free one. */
interface PortPair {
  readonly local: number;
  readonly remote: number;
}

const DATA = 0;
const ERROR = 1;
/** Each channel begins with the port number in two bytes. */
const PORT_HEADER = 2;

/** Forwards local ports to a pod until Ctrl-C. */
export async function portForward(session: Session, map: ResourceMap, target: string, ports: readonly string[], addresses: readonly string[]): Promise<void> {
  const podResource = map.resolve('pods');
  const chosen = await selectOne(session, map, [target], 'pod');
  const object = await session.json<AnyObject>({ path: objectPath(chosen.resource, chosen.namespace, chosen.name) });
  const pod = chosen.resource.kind === 'Pod' ? object : (await podsOf(session, podResource, object))[0];
  if (!pod) throw new CliError(`error: timed out waiting for the condition`);
  if (textAt(pod, 'status', 'phase') !== 'Running') throw new CliError(`error: unable to forward port because pod is not running. Current status=${textAt(pod, 'status', 'phase')}`);
  const pairs = ports.map((text) => parsePort(text, chosen.resource.kind === 'Service' ? object : undefined, pod));
  const path = objectPath(podResource, pod.metadata.namespace, pod.metadata.name, 'portforward');
  const servers = await Promise.all(pairs.flatMap((pair) => addresses.map(async (address) => listen(session, path, pair, address))));
  await new Promise<void>((resolve) => session.io.signal.addEventListener('abort', () => resolve(), { once: true }));
  for (const server of servers) server.close();
}

/** Parses `8080`, `8080:80`, `:80`, `:http`; ports of a service are translated to its pod's. @throws CliError */
function parsePort(text: string, service: AnyObject | undefined, pod: AnyObject): PortPair {
  const [first = '', second] = text.split(':');
  const remoteText = second ?? first;
  const remote = service ? targetPort(service, remoteText, pod) : containerPort(remoteText, pod);
  const local = second === undefined ? (/^\d+$/.test(first) ? Number(first) : remote) : first === '' ? 0 : Number(first);
  if (!Number.isInteger(local) || !Number.isInteger(remote) || remote <= 0 || remote > 65_535) throw new CliError(`error: error parsing remote port ${text}`);
  return { local, remote };
}

function containerPort(text: string, pod: AnyObject): number {
  if (/^\d+$/.test(text)) return Number(text);
  for (const container of listAt(pod, 'spec', 'containers')) {
    const port = listAt(container, 'ports').find((one) => textAt(one, 'name') === text);
    if (port) return Number(port['containerPort']);
  }
  throw new CliError(`error: Pod '${pod.metadata.name}' does not have a named port '${text}'`);
}

function targetPort(service: AnyObject, text: string, pod: AnyObject): number {
  const port = listAt(service, 'spec', 'ports').find((one) => String(one['port']) === text || one['name'] === text);
  if (!port) throw new CliError(`error: Service ${service.metadata.name} does not have a service port ${text}`);
  if (valueAt(service, 'spec', 'clusterIP') === 'None') return Number(port['port']);
  return containerPort(String(port['targetPort'] ?? port['port']), pod);
}

async function listen(session: Session, path: string, pair: PortPair, address: string): Promise<Server> {
  const { stdout, stderr } = session.io;
  const host = address === 'localhost' ? '127.0.0.1' : address;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    stdout.write(`Handling connection for ${(server.address() as { port: number }).port}\n`);
    forward(session, path, pair.remote, socket).catch((error: unknown) => {
      stderr.write(`error forwarding port ${pair.remote}: ${(error as Error).message}\n`);
      socket.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new CliError(`error: unable to listen on any of the requested ports: [{${pair.local} ${pair.remote}}]: ${error.message}`)));
    server.listen(pair.local, host, resolve);
  });
  stdout.write(`Forwarding from ${host}:${(server.address() as { port: number }).port} -> ${pair.remote}\n`);
  return server;
}

/** Carries one connection over a WebSocket of its own. */
async function forward(session: Session, path: string, port: number, socket: Socket): Promise<void> {
  const seen = new Set<number>();
  let complaint = '';
  const channels = await openChannels(session, `${path}?ports=${port}`, (channel, data) => {
    const payload = seen.has(channel) ? data : data.subarray(PORT_HEADER);
    seen.add(channel);
    if (channel === DATA && payload.length > 0) socket.write(payload);
    else if (channel === ERROR) complaint += payload.toString('utf8');
  });
  socket.on('data', (chunk: Buffer) => channels.send(DATA, chunk));
  socket.on('end', () => channels.close(DATA));
  socket.on('close', () => channels.end());
  socket.on('error', () => channels.end());
  await channels.ended;
  socket.end();
  if (complaint) throw new Error(complaint);
}
