/**
 * Defaults of containers, probes and environment variables.
 *
 * Source: kubernetes `pkg/apis/core/v1/defaults.go`, `+default` markers of `k8s.io/api/core/v1`.
 */
import type { Draft } from '#machinery/schema.ts';
import type { Container, EnvVar, EphemeralContainer } from './container.ts';
import { imageTag } from './image-reference.ts';
import type { HTTPGetAction, Lifecycle, Probe } from './probes.ts';
import { defaultRequirements } from './resource-list.ts';
import type { ObjectFieldSelector, ResourceFieldSelector } from './volumes.ts';

/** `Always` for images without a fixed version, else `IfNotPresent`. */
export function defaultPullPolicy(image: string | undefined): 'Always' | 'IfNotPresent' {
  return imageTag(image ?? '') === 'latest' ? 'Always' : 'IfNotPresent';
}

/** Fills a container, an init container or an ephemeral container. */
export function defaultContainer(container: Draft<Container> | Draft<EphemeralContainer>): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image);
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const variable of container.env ?? []) defaultVariable(variable);
  if (container.resources) defaultRequirements(container.resources);
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) defaultProbe(probe);
  defaultLifecycle(container.lifecycle);
}

/** Fills a field reference. */
export function defaultFieldRef(reference: Draft<ObjectFieldSelector> | undefined): void {
  if (reference) reference.apiVersion ||= 'v1';
}

/** Fills a resource reference: the divisor of a JSON object is always shown. */
export function defaultResourceRef(reference: Draft<ResourceFieldSelector> | undefined): void {
  if (reference) reference.divisor ||= '0';
}

function defaultVariable(variable: Draft<EnvVar>): void {
  const source = variable.valueFrom;
  if (!source) return;
  defaultFieldRef(source.fieldRef);
  defaultResourceRef(source.resourceFieldRef);
  if (source.fileKeyRef) source.fileKeyRef.optional ??= false;
}

function defaultProbe(probe: Draft<Probe> | undefined): void {
  if (!probe) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  defaultHttpGet(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= '';
}

function defaultLifecycle(lifecycle: Draft<Lifecycle> | undefined): void {
  defaultHttpGet(lifecycle?.postStart?.httpGet);
  defaultHttpGet(lifecycle?.preStop?.httpGet);
}

function defaultHttpGet(action: Draft<HTTPGetAction> | undefined): void {
  if (!action) return;
  action.path ||= '/';
  action.scheme ||= 'HTTP';
}
