/**
 * How the server reaches nodes, pods and services: nodes directly, everything behind them through the node agents (`CONNECT` on the kubelet's port), so that the
 * machine the server runs on needs no route into the cluster's networks.
 */
import { request } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Caches } from '#apiserver/call.ts';
import type { Pki } from '#apiserver/pki/pki.ts';
import { type Dial, directDial } from '#apiserver/streaming/dial.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';

/** A dial that gets to know the nodes once the server's caches exist. */
export interface NodeDial {
  readonly dial: Dial;
  useCaches(caches: Caches): void;
}

const CONNECT_TIMEOUT_MS = 30_000;
const KUBELET_PORT = 10250;

const addressOf = (node: Node): string | undefined => node.status.addresses?.find(({ type }) => type === 'InternalIP')?.address;
const isReady = (node: Node): boolean => node.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

/** Opens the dial; the API server's kubelet client certificate opens the tunnels. */
export function openNodeDial(pki: Pki): NodeDial {
  let caches: Caches | undefined;
  return {
    useCaches(given) {
      caches = given;
    },
    async dial(target, signal) {
      const all = caches?.list(nodes) ?? [];
      if (all.some((node) => addressOf(node) === target.host)) return directDial(target, signal);
      const via = all.find((node) => node.metadata.name === target.node) ?? all.find(isReady);
      const address = via && addressOf(via);
      if (!address) throw new Error(`dial tcp ${target.host}:${target.port}: no node is ready to reach it from`);
      return tunnel({ address, port: via.status.daemonEndpoints.kubeletEndpoint.Port || KUBELET_PORT }, target, pki, signal);
    },
  };
}

/** Asks the agent at `agent` to connect to `target`; resolves with the byte stream. */
function tunnel(agent: { readonly address: string; readonly port: number }, target: { readonly host: string; readonly port: number }, pki: Pki, signal: AbortSignal): Promise<Duplex> {
  const text = `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
  const { cert, key } = pki.client('apiserver-kubelet-client');
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`dial tcp ${text}: ${why}`));
    const asked = request({ host: agent.address, port: agent.port, method: 'CONNECT', path: text, headers: { host: text }, agent: false, ca: pki.caCert, cert, key, signal, timeout: CONNECT_TIMEOUT_MS });
    asked.on('connect', (response, socket, head) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        fail(response.headers['x-navarch-error']?.toString() ?? `the node answered ${response.statusCode}`);
        return;
      }
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asked.on('response', (response) => {
      response.resume();
      fail(`the node answered ${response.statusCode}`);
    });
    asked.on('timeout', () => asked.destroy(new Error('i/o timeout')));
    asked.on('error', (error) => fail(error.message));
    asked.end();
  });
}
