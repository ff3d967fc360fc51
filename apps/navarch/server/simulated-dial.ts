/**
 * How the server reaches simulated nodes: inside the process. Nothing else of their networks exists, and nothing is ever sent there.
 */
import type { Caches } from '#apiserver/call.ts';
import type { Pki } from '#apiserver/pki/pki.ts';
import type { Dial } from '#apiserver/streaming/dial.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { createSimulatedKubelets } from '#runtimes/simulated/kubelets.ts';

/** A dial that gets to know the pods once the server's caches exist. */
export interface SimulatedDial extends Disposable {
  readonly dial: Dial;
  useCaches(caches: Caches): void;
}

/** What the API server takes for the port of kubelets that name none. */
const KUBELET_PORT = 10250;

/** Opens the dial. */
export function openSimulatedDial(pki: Pki): SimulatedDial {
  let caches: Caches | undefined;
  const kubelets = createSimulatedKubelets({
    pod: (namespace, name) => caches?.get(pods, namespace, name),
    certificate: (node) => pki.issueNode(node, []).serving,
    clientAuthority: pki.caCert,
  });
  return {
    useCaches(given) {
      caches = given;
    },
    async dial({ node, host, port }) {
      if (node === undefined || port !== KUBELET_PORT) throw new Error(`dial tcp ${host}:${port}: connect: connection refused`);
      return kubelets.connect(node);
    },
    [Symbol.dispose]: () => kubelets[Symbol.dispose](),
  };
}
