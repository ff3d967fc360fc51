/**
 * Clusters without a control plane for the network tests: real nodes with real agents' network parts, and pods that are only network
 * namespaces with a program in them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '#machinery/kind.ts';
import { createFabric, type Fabric, forgetFabric, removeFabric } from '#navarch/host/fabric.ts';
import { createNode, inNode, type NodeHome } from '#navarch/host/node.ts';
import type { writeCniConfig } from '#network/cni.ts';
import { runCommand } from '#network/command.ts';

/** Why the network tests cannot run here; undefined when they can. */
export function whyNoNetwork(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const missing = ['ip', 'nft', 'nsenter', 'busybox'].filter(
    (tool) => !['/usr/sbin', '/sbin', '/usr/bin', '/bin'].some((directory) => existsSync(join(directory, tool))),
  );
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined;
}

const { signal } = new AbortController();

/** A pod: its address and how to run something in it. */
export interface LabPod {
  readonly name: string;
  readonly address: string;
  readonly node: string;
  /** Runs JavaScript (an async function body) in the pod's network and answers what it returns. */
  evaluate<T>(body: string): Promise<T>;
  kill(): Promise<void>;
}

/** A node with its agent. */
export interface LabNode {
  readonly home: NodeHome;
  readonly podCidr: string;
  /** Runs JavaScript in the node's network. */
  evaluate<T>(body: string): Promise<T>;
  /** Starts a pod that answers every HTTP request and UDP packet on 8080 with `NAME CLIENT-ADDRESS`, and is a client. */
  pod(name: string): Promise<LabPod>;
}

/** A fabric with nodes. */
export interface Lab extends AsyncDisposable {
  readonly fabric: Fabric;
  readonly nodes: readonly LabNode[];
  /** Writes objects on every node and waits until the packet filters have them. */
  put(...objects: KubeObject[]): Promise<void>;
  delete(...objects: KubeObject[]): Promise<void>;
  /** A machine on the nodes' network that obeys nobody: its packets go to the host with whatever destination. */
  intruder(): Promise<Pick<LabPod, 'evaluate'>>;
  /** Resolves when the pod's own node says that it may end. */
  drained(pod: LabPod): Promise<void>;
}

/** Answers on TCP and UDP port 8080; on SIGTERM it is gone at once, as an ill-mannered program would be. */
const SERVER = `
const name = process.argv[1];
const server = require('node:http').createServer((request, response) => response.end(name + ' ' + request.socket.remoteAddress));
server.keepAliveTimeout = 60000;
server.listen(8080, '0.0.0.0', () => {
  const socket = require('node:dgram').createSocket('udp4');
  socket.on('message', (message, from) => socket.send(name + ' ' + from.address, from.port, from.address));
  socket.bind(8080, '0.0.0.0', () => console.log('ready'));
});
`;

/** Helpers that evaluated code may use. */
const PRELUDE = `
const get = (url, options = {}) => new Promise((resolve, reject) => {
  const request = require('node:http').get(url, { agent: false, timeout: 3000, ...options }, (response) => {
    let text = ''; response.on('data', (chunk) => text += chunk).on('end', () => resolve(text));
  });
  request.on('timeout', () => request.destroy(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })));
  request.on('error', reject);
});
const code = (promise) => promise.then(() => 'ok', (error) => error.code);
const udp = (address, port, socket = require('node:dgram').createSocket('udp4')) => new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })), 1000);
  socket.once('message', (message) => { clearTimeout(timer); resolve(String(message)); });
  socket.send('x', port, address);
});
const resolver = (server) => { const one = new (require('node:dns').promises.Resolver)({ timeout: 2000, tries: 1 }); one.setServers([server]); return one; };
`;

/** Makes a cluster of `count` nodes with egress off. */
export async function createLab(name: string, count: number): Promise<Lab> {
  const directory = await mkdtemp(join(tmpdir(), 'navarch-lab-'));
  await removeFabric(name, signal);
  const spec = {
    name,
    directory,
    egress: 'off',
    podCidr: '10.244.0.0/16',
    serviceCidr: '10.96.0.0/16',
    dnsIp: '10.96.0.10',
    loopbackPorts: [],
  } as const;
  const fabric = await createFabric(spec, signal);
  const processes: ChildProcess[] = [];
  const agents: Agent[] = [];
  const nodes: LabNode[] = [];
  for (let index = 0; index < count; index++) {
    const home = await createNode(fabric, { name: `node-${index + 1}`, index, dataDirectory: join(directory, `node-${index + 1}`) }, signal);
    const agent = startAgent(home, fabric.dnsIp);
    processes.push(agent.process);
    agents.push(agent);
    const podCidr = `10.244.${index}.0/24`;
    await writeCniIn(home, podCidr);
    nodes.push(labNode(home, podCidr, processes));
  }
  await Promise.all(agents.map((agent) => agent.ready));
  const everywhere = async (request: object): Promise<void> => {
    await Promise.all(agents.map((agent) => agent.ask(request)));
  };
  await everywhere({ do: 'put', objects: nodes.map((node) => nodeObject(node)) });
  return {
    fabric,
    nodes,
    put: (...objects) => everywhere({ do: 'put', objects }),
    delete: (...objects) => everywhere({ do: 'delete', objects }),
    async intruder() {
      const child = spawn('nsenter', [`--net=${fabric.netnsPath}`, 'unshare', '--net', 'sh', '-c', 'echo made; exec sleep 60'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      processes.push(child);
      await once(child.stdout!, 'data');
      const script = `ip link add intruder type veth peer name eth0 netns ${child.pid}; ip link set intruder master br0 up
nsenter --target ${child.pid} --net sh -c 'ip link set lo up; ip addr add ${fabric.hostAddress.replace(/1$/, '200')}/24 dev eth0; ip link set eth0 up; ip route add default via ${fabric.hostAddress}'`;
      await runCommand({ file: 'nsenter', args: [`--net=${fabric.netnsPath}`, 'sh', '-e', '-c', script] }, {}, signal);
      return { evaluate: (body) => evaluate(['--target', String(child.pid), '--net'], body) };
    },
    async drained({ node, address }) {
      await agents[nodes.findIndex(({ home }) => home.name === node)]!.ask({ do: 'drain', addresses: [address] });
    },
    async [Symbol.asyncDispose]() {
      for (const child of processes) child.kill('SIGKILL');
      await removeFabric(name, signal);
      await forgetFabric(name, signal);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The bridge that containerd's CNI plugin would use; `writeCniConfig` works in the current network namespace, so it runs in the node. */
async function writeCniIn(home: NodeHome, podCidr: string): Promise<void> {
  await mkdir(home.cniDirectory, { recursive: true });
  const options = JSON.stringify({
    directory: home.cniDirectory,
    ipamDirectory: home.ipamDirectory,
    podCidrs: [podCidr],
    portMappings: false,
  } satisfies Parameters<typeof writeCniConfig>[0]);
  const module = new URL('../../../packages/network/cni.ts', import.meta.url).href;
  const script = `import('${module}').then(({ writeCniConfig }) => writeCniConfig(${options}, new AbortController().signal))`;
  await runCommand(inNode(home, { file: process.execPath, args: ['-e', script] }), {}, signal);
}

interface Agent {
  readonly process: ChildProcess;
  readonly ready: Promise<void>;
  ask(request: object): Promise<void>;
}

function startAgent(home: NodeHome, dnsIp: string): Agent {
  const script = new URL('agent.ts', import.meta.url).pathname;
  const command = inNode(home, {
    file: process.execPath,
    args: [...process.execArgv.filter((arg) => !arg.startsWith('--test')), script, home.name, home.address, dnsIp],
  });
  const child = spawn(command.file, command.args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map<number, PromiseWithResolvers<void>>();
  const expect = (id: number): Promise<void> => {
    const pending = Promise.withResolvers<void>();
    waiting.set(id, pending);
    return pending.promise;
  };
  child.on('message', ({ id, error }: { id: number; error?: unknown }) => {
    if (error) waiting.get(id)?.reject(new Error(JSON.stringify(error)));
    else waiting.get(id)?.resolve();
    waiting.delete(id);
  });
  child.on('exit', (status) => {
    for (const pending of waiting.values()) pending.reject(new Error(`the agent of ${home.name} ended with ${status}`));
  });
  let lastId = 0;
  const ready = expect(0);
  return {
    process: child,
    ready,
    ask(request) {
      const id = ++lastId;
      const done = expect(id);
      child.send({ id, ...request });
      return done;
    },
  };
}

function labNode(home: NodeHome, podCidr: string, processes: ChildProcess[]): LabNode {
  let last = 1;
  return {
    home,
    podCidr,
    evaluate: (body) => evaluate(['--net=' + home.netnsPath], body),
    async pod(name) {
      const index = ++last;
      const address = podCidr.replace('0/24', String(index));
      const child = spawn(
        'nsenter',
        [`--net=${home.netnsPath}`, 'unshare', '--net', 'sh', '-c', `echo made; read go; exec ${process.execPath} -e "$0" ${name}`, SERVER],
        {
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      );
      processes.push(child);
      await once(child.stdout!, 'data');
      const port = `p${index}`;
      const script = `ip link add ${port} type veth peer name eth0 netns ${child.pid}; ip link set ${port} master cni0 up; bridge link set dev ${port} hairpin on
nsenter --target ${child.pid} --net sh -c 'ip link set lo up; ip addr add ${address}/24 dev eth0; ip link set eth0 up; ip route add default via ${podCidr.replace('0/24', '1')}'`;
      await runCommand({ file: 'nsenter', args: [`--net=${home.netnsPath}`, 'sh', '-e', '-c', script] }, {}, signal);
      child.stdin!.write('\n');
      await once(child.stdout!, 'data');
      return {
        name,
        address,
        node: home.name,
        evaluate: (body) => evaluate(['--target', String(child.pid), '--net'], body),
        async kill() {
          child.kill('SIGKILL');
          if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        },
      };
    },
  };
}

async function evaluate<T>(where: readonly string[], body: string): Promise<T> {
  const script = `${PRELUDE}; (async () => { ${body} })().then((value) => process.stdout.write(JSON.stringify(value ?? null), () => process.exit(0)))`;
  const text = await runCommand({ file: 'nsenter', args: [...where, '--', process.execPath, '-e', script] }, {}, signal);
  return JSON.parse(text) as T;
}

function nodeObject({ home, podCidr }: LabNode): KubeObject {
  const node = {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name: home.name },
    spec: { podCIDR: podCidr, podCIDRs: [podCidr] },
    status: { addresses: [{ type: 'InternalIP', address: home.address }] },
  };
  return node as KubeObject;
}

/** A service with one port 80 to 8080. */
export function labService(name: string, clusterIP: string, spec: object = {}, status: object = { loadBalancer: {} }): KubeObject {
  const object = {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name, namespace: 'default' },
    spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }], ...spec },
    status,
  };
  return object as KubeObject;
}

/** The slice of a service, with these pods as endpoints. */
export function labSlice(
  name: string,
  pods: readonly (LabPod & { readonly state?: 'notReady' | 'terminating' })[],
  protocol: 'TCP' | 'UDP' = 'TCP',
): KubeObject {
  const object = {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: { name: `${name}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: pods.map(({ address, node, state }) => ({
      addresses: [address],
      nodeName: node,
      conditions: { ready: state === undefined, serving: state !== 'notReady', terminating: state === 'terminating' },
    })),
    ports: [{ name: '', port: 8080, protocol }],
  };
  return object as KubeObject;
}
