/**
 * Runs one probe of a container.
 */
import type { Clock } from '#base/clock.ts';
import type { ContainerRuntime } from '#cri/runtime.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import type { Probe } from '#kinds/core/pod/probes.ts';
import { isReason } from '#machinery/status.ts';
import { type ProbeResult, probeGrpc, probeHttp, probeTcp } from './network.ts';

/** Which container, where. */
export interface ProbeSubject {
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
}

/** What probes use. */
export interface ProbeTools {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  /** `kube-probe/1.36`. */
  readonly userAgent: string;
}

const MAX_OUTPUT_BYTES = 10 * 1024;

/** The number of a port given by number or by the name of a container port. @throws Error. */
export function resolvePort(container: Container, port: number | string): number {
  const number = typeof port === 'number' ? port : Number.isInteger(Number(port)) ? Number(port) : container.ports?.find(({ name }) => name === port)?.containerPort;
  if (number === undefined) throw new Error(`couldn't find port: "${port}" in container "${container.name}"`);
  if (number < 1 || number > 65_535) throw new Error(`invalid port number: ${number}`);
  return number;
}

/** Runs a command in the container. */
async function probeExec(subject: ProbeSubject, command: readonly string[], timeoutMs: number, { runtime }: ProbeTools, signal: AbortSignal): Promise<ProbeResult> {
  try {
    const { stdout, stderr, exitCode } = await runtime.execSync(subject.containerId, command, timeoutMs, signal);
    const output = Buffer.concat([stdout, stderr]).subarray(0, MAX_OUTPUT_BYTES).toString();
    return { outcome: exitCode === 0 ? 'success' : 'failure', output };
  } catch (error) {
    if (isReason(error, 'Timeout')) return { outcome: 'failure', output: `command timed out: ${JSON.stringify(command.join(' '))} timed out after ${timeoutMs / 1000}s` };
    return { outcome: 'unknown', output: (error as Error).message };
  }
}

/** Runs the probe within its time limit. */
export async function runProbe(subject: ProbeSubject, probe: Probe, tools: ProbeTools, signal: AbortSignal): Promise<ProbeResult> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  const { exec, httpGet, tcpSocket, grpc } = probe;
  if (exec) return probeExec(subject, exec.command ?? [], timeoutMs, tools, signal);
  const limit = new AbortController();
  using _timer = tools.clock.after(timeoutMs, () => limit.abort());
  const either = AbortSignal.any([signal, limit.signal]);
  const { container, podIp } = subject;
  try {
    if (httpGet) return await probeHttp({ host: httpGet.host || podIp, port: resolvePort(container, httpGet.port) }, httpGet, tools.userAgent, either);
    if (tcpSocket) return await probeTcp({ host: tcpSocket.host || podIp, port: resolvePort(container, tcpSocket.port) }, either);
    if (grpc) return await probeGrpc({ host: podIp, port: grpc.port }, grpc.service ?? '', tools, either);
    return { outcome: 'unknown', output: 'missing probe handler' };
  } catch (error) {
    return { outcome: 'unknown', output: (error as Error).message };
  }
}
