/**
 * `postStart` and `preStop` handlers.
 *
 * Source: kubernetes `pkg/kubelet/lifecycle/handlers.go`.
 */
import type { Clock } from '#base/clock.ts';
import type { ContainerRuntime } from '#cri/runtime.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import type { LifecycleHandler } from '#kinds/core/pod/probes.ts';
import { probeHttp } from '../probes/network.ts';
import { resolvePort } from '../probes/run-probe.ts';

/** Which container the handler belongs to. */
export interface HookSubject {
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
}

/** Runs a handler to its end. @throws Error when it fails. */
export async function runHook(handler: LifecycleHandler, subject: HookSubject, tools: { readonly runtime: ContainerRuntime; readonly clock: Clock }, signal: AbortSignal): Promise<void> {
  const { exec, httpGet, sleep } = handler;
  if (exec) {
    const { exitCode, stderr, stdout } = await tools.runtime.execSync(subject.containerId, exec.command ?? [], 0, signal);
    if (exitCode !== 0) throw new Error(`command '${(exec.command ?? []).join(' ')}' exited with ${exitCode}: ${Buffer.concat([stdout, stderr]).toString()}`);
  } else if (httpGet) {
    const target = { host: httpGet.host || subject.podIp, port: resolvePort(subject.container, httpGet.port) };
    const { outcome, output } = await probeHttp(target, httpGet, 'kube-lifecycle/1.36', signal);
    if (outcome !== 'success') throw new Error(output);
  } else if (sleep) {
    await tools.clock.sleep(sleep.seconds * 1000, signal);
  }
}
