/**
 * Rules for the ports of containers.
 *
 * Source: kubernetes `pkg/apis/core/validation` validateContainerPorts, checkHostPortConflicts, validatePodHostNetworkDeps.
 */
import { at, child, duplicate, type FieldError, invalid, required } from '#machinery/field-error.ts';
import { validatePortName } from '#machinery/names.ts';
import { invalidEach, portNumber, requiredOneOf } from '../../../rules.ts';
import type { Container, ContainerPort } from '../container.ts';
import type { PodSpec } from '../schema.ts';

const PROTOCOLS: readonly string[] = ['SCTP', 'TCP', 'UDP'];

/** The ports of one container. */
export function validatePorts(field: string, ports: readonly ContainerPort[]): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const here = at(field, index);
    if (port.name) {
      const texts = validatePortName(port.name);
      if (texts.length) errors.push(...invalidEach(child(here, 'name'), port.name, texts));
      else if (names.has(port.name)) errors.push(duplicate(child(here, 'name'), port.name));
      else names.add(port.name);
    }
    if (!port.containerPort) errors.push(required(child(here, 'containerPort')));
    else errors.push(...portNumber(child(here, 'containerPort'), port.containerPort));
    if (port.hostPort) errors.push(...portNumber(child(here, 'hostPort'), port.hostPort));
    errors.push(...requiredOneOf(child(here, 'protocol'), port.protocol, PROTOCOLS));
  }
  return errors;
}

/** Ports of the node that containers of one list both want. */
export function hostPortConflicts(field: string, containers: readonly Container[]): FieldError[] {
  const errors: FieldError[] = [];
  const used = new Set<string>();
  for (const [index, { ports }] of containers.entries()) {
    for (const [portIndex, { protocol, hostIP = '', hostPort }] of (ports ?? []).entries()) {
      if (!hostPort) continue;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (used.has(key)) errors.push(duplicate(child(at(child(at(field, index), 'ports'), portIndex), 'hostPort'), key));
      used.add(key);
    }
  }
  return errors;
}

/** On the node's network a port is the node's. Templates may leave it to the pod's defaults. */
export function hostNetworkPorts(field: string, spec: PodSpec, isPod: boolean): FieldError[] {
  if (!spec.hostNetwork) return [];
  return (spec.containers ?? []).flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ hostPort = 0, containerPort }, portIndex) => {
      if ((!isPod && hostPort === 0) || hostPort === containerPort) return [];
      const here = at(child(at(child(field, 'containers'), index), 'ports'), portIndex);
      return [invalid(child(here, 'hostPort'), hostPort, 'must match `containerPort` when `hostNetwork` is true')];
    }),
  );
}
