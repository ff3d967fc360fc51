/**
 * Images that every node has before its first pod.
 */
import type { Logger } from '#base/log.ts';
import { ensurePauseImage, whenContainerdReady } from '../host/containerd.ts';
import type { AgentConfiguration } from '../configuration.ts';

/** Makes sure that the node has the pause image. */
export async function ensureNodeImages(configuration: AgentConfiguration, log: Logger, signal: AbortSignal): Promise<void> {
  const home = { name: configuration.nodeName, containerdSocket: configuration.containerdSocket, runDirectory: configuration.runDirectory };
  await whenContainerdReady(home, signal);
  await ensurePauseImage(home, signal);
  log.debug('pause image is present');
}
