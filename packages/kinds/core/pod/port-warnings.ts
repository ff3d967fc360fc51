/** Warnings about the ports of a pod's containers. Source: kubernetes `pkg/api/pod/warnings.go`. */
import { at, child } from '#machinery/field-error.ts';
import type { ContainerPort } from './container.ts';
import type { PodSpec } from './schema.ts';

/** A port and where it stands. */
interface Placed {
  readonly field: string;
  readonly port: ContainerPort;
}

/** What is wrong with two definitions of the same port and protocol; undefined when they can stand side by side. */
function clash(port: ContainerPort, other: ContainerPort): string | undefined {
  const [ip = '', otherIp = ''] = [port.hostIP, other.hostIP];
  const [hostPort = 0, otherHostPort = 0] = [port.hostPort, other.hostPort];
  if (ip === otherIp && hostPort === otherHostPort) return 'duplicate';
  if (hostPort === 0 || otherHostPort === 0) return 'overlapping';
  return hostPort === otherHostPort && (ip === '') !== (otherIp === '') ? 'dangerously ambiguous' : undefined;
}

/** Go's `%+v` of a port. */
function goPort({ name = '', hostPort = 0, containerPort, protocol, hostIP = '' }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol ?? ''} HostIP:${hostIP}}`;
}

/** Ports that are defined twice, or whose host address means nothing. */
export function portWarnings(field: string, spec: PodSpec): string[] {
  const known = new Map<string, Placed[]>();
  const warnings: string[] = [];
  const look = (here: string, port: ContainerPort): void => {
    if (port.hostIP && !port.hostPort) warnings.push(`${here}: hostIP set without hostPort: ${goPort(port)}`);
    const key = `${port.containerPort}/${port.protocol}`;
    const others = known.get(key) ?? [];
    for (const other of others) {
      const problem = clash(port, other.port);
      if (problem) warnings.push(`${here}: ${problem} port definition with ${other.field}`);
    }
    known.set(key, [...others, { field: here, port }]);
  };
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    for (const [index, container] of (spec[list] ?? []).entries()) {
      for (const [portIndex, port] of (container.ports ?? []).entries()) look(at(child(at(child(field, list), index), 'ports'), portIndex), port);
    }
  }
  return warnings;
}
