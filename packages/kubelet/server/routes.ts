/**
 * Which paths the kubelet serves, taken apart.
 *
 * Source: kubernetes `pkg/kubelet/server/server.go`.
 */

/** A request for a container's session or log. */
export interface ContainerPath {
  readonly action: 'containerLogs' | 'exec' | 'attach' | 'portForward' | 'run';
  readonly namespace: string;
  readonly pod: string;
  /** Absent when the path names a UID, or for port forwarding. */
  readonly uid?: string;
  readonly container?: string;
}

const ACTIONS: readonly string[] = ['containerLogs', 'exec', 'attach', 'portForward', 'run'];

/** `/exec/NAMESPACE/POD[/UID]/CONTAINER`; undefined for other paths. */
export function parseContainerPath(pathname: string): ContainerPath | undefined {
  const [action = '', namespace, pod, ...rest] = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  if (!ACTIONS.includes(action) || namespace === undefined || pod === undefined || rest.length > 2) return undefined;
  const of = { action: action as ContainerPath['action'], namespace, pod };
  if (action === 'portForward') return rest[0] === undefined ? of : { ...of, uid: rest[0] };
  const container = rest.at(-1);
  if (container === undefined) return undefined;
  return rest.length === 2 ? { ...of, uid: rest[0]!, container } : { ...of, container };
}

/** `1` and `true` mean yes. */
export function flag(query: URLSearchParams, ...names: readonly string[]): boolean {
  return names.some((name) => ['1', 'true'].includes(query.get(name) ?? ''));
}

/** A whole number from the query; undefined when it is absent. @throws RangeError when it is not one. */
export function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new RangeError(`invalid ${name}: ${text}`);
  return value;
}

/** The port of `host:port` or `[v6]:port`. */
export function parseAuthority(text: string): { readonly host: string; readonly port: number } | undefined {
  const found = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  if (!found) return undefined;
  const port = Number(found[3]);
  return port > 0 && port < 65_536 ? { host: found[1] ?? found[2]!, port } : undefined;
}
