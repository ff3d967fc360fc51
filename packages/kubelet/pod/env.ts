/**
 * The environment of a container: service links, then `envFrom`, then `env`, with `$(NAME)` expanded.
 *
 * Source: kubernetes `pkg/kubelet/kubelet_pods.go` makeEnvironmentVariables.
 */
import type { Container, EnvVar } from '#kinds/core/pod/container.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { expand } from './expand.ts';
import { type DownwardContext, fieldValue, resourceValue } from './downward.ts';

/** Keys and values of a ConfigMap or Secret, decoded; undefined when it does not exist. */
export type ReadConfig = (kind: 'configmap' | 'secret', name: string) => Promise<Readonly<Record<string, string>> | undefined>;

/** What an environment is made from, beside the pod. */
export interface EnvContext extends DownwardContext {
  readonly services: ReadonlyMap<string, string>;
  readonly read: ReadConfig;
}

/** The configuration of a container cannot be made from what exists now; the message is what the user sees. */
export class ContainerConfigError extends Error {}

/** The variables in order. @throws ContainerConfigError when a reference that is not optional leads nowhere. */
export async function makeEnv(pod: Pod, container: Container, context: EnvContext): Promise<{ key: string; value: string }[]> {
  const values = new Map<string, string>(context.services);
  const order: string[] = [];
  const set = (name: string, value: string): void => {
    if (!order.includes(name)) order.push(name);
    values.set(name, value);
  };
  for (const source of container.envFrom ?? []) {
    const [kind, ref] = source.configMapRef ? (['configmap', source.configMapRef] as const) : (['secret', source.secretRef] as const);
    if (!ref) continue;
    const data = await context.read(kind, ref.name ?? '');
    if (!data && !ref.optional) throw new ContainerConfigError(`${kind} "${ref.name}" not found`);
    for (const key of Object.keys(data ?? {}).sort()) set(`${source.prefix ?? ''}${key}`, data![key]!);
  }
  const own = new Map<string, string>(values);
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom ? await referenced(pod, container, variable, context) : expand(variable.value ?? '', (name) => own.get(name));
    if (value === undefined) continue;
    own.set(variable.name, value);
    set(variable.name, value);
  }
  const all = order.map((key) => ({ key, value: values.get(key)! }));
  for (const [key, value] of context.services) if (!order.includes(key)) all.push({ key, value });
  return all;
}

/** Undefined: an optional reference that leads nowhere leaves the variable out. */
async function referenced(pod: Pod, container: Container, variable: EnvVar, context: EnvContext): Promise<string | undefined> {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {};
  if (fieldRef) {
    const value = fieldValue(pod, fieldRef.fieldPath, context);
    if (value === undefined) throw new ContainerConfigError(`unsupported fieldPath: ${fieldRef.fieldPath}`);
    return value;
  }
  if (resourceFieldRef) {
    try {
      return resourceValue(pod, resourceFieldRef, container.name, context);
    } catch (error) {
      throw new ContainerConfigError((error as Error).message);
    }
  }
  const [kind, word, ref] = configMapKeyRef ? (['configmap', 'ConfigMap', configMapKeyRef] as const) : (['secret', 'Secret', secretKeyRef] as const);
  if (!ref) return '';
  const data = await context.read(kind, ref.name ?? '');
  const value = data?.[ref.key];
  if (value !== undefined || ref.optional) return value;
  throw new ContainerConfigError(data ? `couldn't find key ${ref.key} in ${word} ${pod.metadata.namespace}/${ref.name}` : `${kind} "${ref.name}" not found`);
}
