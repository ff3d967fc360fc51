/** The handlers of streaming subresources. */
import type { Random } from '#base/random.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { Caches, Handler } from '../call.ts';
import type { KeyPair } from '../pki/certificate.ts';
import type { Dial } from './dial.ts';
import { KubeletClient } from './kubelet-client.ts';
import { podLogHandler } from './pod-log.ts';
import { podStreamHandler } from './pod-streams.ts';
import { proxyHandler } from './proxy.ts';

/** What streaming needs. */
export interface StreamingOptions {
  readonly caches: Caches;
  readonly authorizer: Authorizer;
  readonly dial: Dial;
  readonly random: Random;
  readonly kubeletCertificate: () => KeyPair;
  readonly kubeletCa: string;
}

/** Handlers by `GROUP/PLURAL/SUBRESOURCE`. */
export function streamingHandlers(options: StreamingOptions): [string, Handler][] {
  const { caches, authorizer, dial, random } = options;
  const kubelets = new KubeletClient({ caches, dial, certificate: options.kubeletCertificate, ca: options.kubeletCa });
  const streams = { caches, kubelets, authorizer };
  const proxy = proxyHandler({ caches, kubelets, dial, random });
  return [
    ['/pods/log', podLogHandler(caches, kubelets)],
    ['/pods/exec', podStreamHandler('exec', streams)],
    ['/pods/attach', podStreamHandler('attach', streams)],
    ['/pods/portforward', podStreamHandler('portforward', streams)],
    ['/pods/proxy', proxy],
    ['/services/proxy', proxy],
    ['/nodes/proxy', proxy],
  ];
}
