/**
 * The life of a service. Allocation of cluster IPs and node ports is the registry's; here is what an update keeps of them and what a change
 * of type gives back.
 *
 * Source: kubernetes `pkg/registry/core/service/strategy.go`, `storage/storage.go` (patchAllocatedValues, normalizeClusterIPs).
 */
import type { FieldError } from '#machinery/field-error.ts';
import type { Strategy, Subresource } from '#machinery/kind.ts';
import { nameIsDns1035Label, nameIsDnsLabel } from '#machinery/names.ts';
import type { Draft } from '#machinery/schema.ts';
import { invalidEach } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { statusSubresource } from '../../strategy.ts';
import { defaultIngress } from './defaults.ts';
import type { Service, ServicePort, ServiceSpec } from './schema.ts';
import { isExternallyAccessible, needsClusterIP, needsHealthCheckNodePort, needsNodePort } from './traits.ts';
import { validateService, validateServiceStatus, validateServiceUpdate } from './validation.ts';
import { serviceWarnings } from './warnings.ts';

/** Rules of a service's life. */
export const serviceStrategy: Strategy<Service> = {
  createOnUpdate: true,
  unconditionalUpdate: true,
  validateName: nameIsDnsLabel,
  validate: (service, { gate }) => [...(gate('RelaxedServiceNameValidation') ? [] : oldNameRules(service)), ...validateService(service)],
  validateUpdate: validateServiceUpdate,
  warnings: serviceWarnings,
  prepareForCreate(draft) {
    draft.status = { loadBalancer: {} };
    const spec = draft.spec ?? {};
    if (spec.clusterIP && !spec.clusterIPs?.length) draft.spec = { ...spec, clusterIPs: [spec.clusterIP] };
  },
  prepareForUpdate(draft, stored) {
    draft.status = stored.status as NonNullable<typeof draft.status>;
    const spec: Draft<ServiceSpec> = { ...draft.spec };
    keepAllocated(spec, stored.spec);
    normalizeClusterIPs(spec, stored.spec);
    dropWhatTypeLost(spec, stored.spec);
    draft.spec = spec;
    if (spec.type !== 'LoadBalancer') draft.status = { ...draft.status, loadBalancer: {} };
  },
};

/** Names as they were when environment variables and DNS asked for a letter at the start. */
function oldNameRules({ metadata }: Service): FieldError[] {
  return invalidEach('metadata.name', metadata.name, nameIsDns1035Label(metadata.name ?? '', false));
}

/** Puts back what was allocated for the client that did not send it, so that applying the same manifest again changes nothing. */
function keepAllocated(spec: Draft<ServiceSpec>, stored: ServiceSpec): void {
  if (needsClusterIP(stored) && needsClusterIP(spec)) {
    if (!spec.clusterIP && stored.clusterIP) spec.clusterIP = stored.clusterIP;
    if (!spec.clusterIPs?.length && stored.clusterIPs && spec.clusterIP === stored.clusterIP) spec.clusterIPs = [...stored.clusterIPs];
  }
  if (needsNodePort(stored) && needsNodePort(spec)) spec.ports = keepNodePorts(spec.ports ?? [], stored.ports ?? []);
  if (needsHealthCheckNodePort(stored) && needsHealthCheckNodePort(spec) && !spec.healthCheckNodePort && stored.healthCheckNodePort) {
    spec.healthCheckNodePort = stored.healthCheckNodePort;
  }
}

/** Node ports by port name, unless another port took the number. */
function keepNodePorts(ports: Draft<ServicePort>[], stored: readonly ServicePort[]): Draft<ServicePort>[] {
  const before = new Set(stored.map((port) => port.nodePort ?? 0));
  const used = new Set(ports.map((port) => port.nodePort ?? 0).filter((nodePort) => nodePort && before.has(nodePort)));
  const byName = new Map(stored.map((port) => [port.name ?? '', port.nodePort ?? 0]));
  return ports.map((port) => {
    if (port.nodePort) return port;
    const nodePort = byName.get(port.name ?? '');
    if (!nodePort || used.has(nodePort)) return port;
    used.add(nodePort);
    return { ...port, nodePort };
  });
}

/** Keeps the single and the plural field together for clients that know only one of them. */
function normalizeClusterIPs(spec: Draft<ServiceSpec>, stored: ServiceSpec): void {
  const current = spec.clusterIP ?? '';
  const before = stored.clusterIP ?? '';
  if (current === before) {
    if (stored.clusterIPs?.length && !spec.clusterIPs?.length) spec.clusterIPs = [...stored.clusterIPs];
    return;
  }
  if (!sameValue(spec.clusterIPs, stored.clusterIPs)) return;
  if (current) spec.clusterIPs = [current];
  else delete spec.clusterIPs;
}

type Member = keyof Draft<ServiceSpec>;

/** Drops values that the new type has no use for and that the client did not change as well. */
function dropWhatTypeLost(spec: Draft<ServiceSpec>, stored: ServiceSpec): void {
  const drop = (lost: boolean, ...names: readonly Member[]): void => {
    for (const name of names) if (lost && sameValue(spec[name], stored[name])) delete spec[name];
  };
  if (needsClusterIP(stored) && !needsClusterIP(spec)) {
    if (sameValue(spec.clusterIP, stored.clusterIP) && sameValue(spec.clusterIPs, stored.clusterIPs)) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    drop(true, 'ipFamilies', 'ipFamilyPolicy');
  }
  if (needsNodePort(stored) && !needsNodePort(spec) && sameNodePorts(spec, stored)) {
    spec.ports = (spec.ports ?? []).map(({ nodePort: _dropped, ...port }) => port);
  }
  const wasBalanced = stored.type === 'LoadBalancer' && spec.type !== 'LoadBalancer';
  drop(needsHealthCheckNodePort(stored) && !needsHealthCheckNodePort(spec), 'healthCheckNodePort');
  drop(wasBalanced, 'allocateLoadBalancerNodePorts', 'loadBalancerClass');
  drop(isExternallyAccessible(stored) && !isExternallyAccessible(spec), 'externalTrafficPolicy');
}

function sameNodePorts(spec: Draft<ServiceSpec>, stored: ServiceSpec): boolean {
  const before = new Set((stored.ports ?? []).map((port) => port.nodePort ?? 0));
  return (spec.ports ?? []).every((port) => !port.nodePort || before.has(port.nodePort));
}

/** `status`. */
export const serviceStatusSubresource: Subresource = statusSubresource<Service>({
  prepare(draft) {
    if (draft.spec?.type !== 'LoadBalancer' || !draft.status) return;
    const status = { ...draft.status };
    defaultIngress(status);
    draft.status = status;
  },
  validate: validateServiceStatus,
});
