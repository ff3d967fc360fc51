/** Which container of a pod a request is about. Source: kubernetes `registry/core/pod` strategy. */
import type { Pod } from '#kinds/core/pod/schema.ts';
import { badRequest } from '#machinery/status.ts';

/** The container named `asked`, or the only one. @throws StatusError BadRequest */
export function chooseContainer(pod: Pod, asked: string): string {
  const spec = pod.spec;
  const containers = (spec?.containers ?? []).map((one) => one.name);
  const initContainers = (spec?.initContainers ?? []).map((one) => one.name);
  const ephemeral = (spec?.ephemeralContainers ?? []).map((one) => one.name);
  const podName = pod.metadata.name;
  if (asked !== '') {
    if (![...containers, ...initContainers, ...ephemeral].includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${podName}`);
    return asked;
  }
  if (containers.length === 1 && initContainers.length === 0 && ephemeral.length === 0) return containers[0]!;
  if (containers.length === 0) throw badRequest(`a container name must be specified for pod ${podName}`);
  let message = `a container name must be specified for pod ${podName}, choose one of: [${containers.join(' ')}]`;
  if (initContainers.length > 0) message += ` or one of the init containers: [${initContainers.join(' ')}]`;
  if (ephemeral.length > 0) message += ` or one of the ephemeral containers: [${ephemeral.join(' ')}]`;
  throw badRequest(message);
}
