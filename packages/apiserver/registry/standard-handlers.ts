/**
 * The handlers that every registry has besides the verbs: creating subresources, discovery, OpenAPI.
 */
import type { TokenSigner } from '../authentication/token-signer.ts';
import type { Caches, Handler } from '../call.ts';
import { DiscoveryHandler } from '../discovery/discovery-handler.ts';
import { GIT_VERSION } from '../endpoints/version.ts';
import { pathNotFound } from '../endpoints/endpoints.ts';
import { OPENAPI_PATHS, OpenApiHandler } from '../openapi/openapi-handler.ts';
import { bindingHandler } from './pods/binding.ts';
import { evictionHandler } from './pods/eviction.ts';
import type { Resource, ResourceTable, StoredResource } from './resources.ts';
import { tokenHandler } from './service-account-token.ts';
import { SUBRESOURCE_TYPES } from './subresource-types.ts';
import type { WriteServices } from './write-scope.ts';
import { componentStatusHandler } from './component-statuses.ts';
import { unknownPath, wrongMethod } from './object-handler.ts';
import type { Clock } from '#base/clock.ts';
import type { Describe } from '#machinery/openapi/source.ts';

/** What the handlers work with. */
export interface StandardOptions {
  readonly caches: Caches;
  readonly services: WriteServices;
  readonly table: ResourceTable;
  readonly signer: TokenSigner | undefined;
}

function stored(table: ResourceTable, group: string, version: string, plural: string): StoredResource | undefined {
  const resource: Resource | undefined = table.find(group, version, plural);
  return resource?.storage ? (resource as StoredResource) : undefined;
}

const notServed: Handler = {
  handle: () => {
    throw wrongMethod();
  },
};

/** Handlers by `GROUP/PLURAL[/SUBRESOURCE]`, of the kinds that are served. */
export function standardHandlers({ caches, services, table, signer }: StandardOptions): Map<string, Handler> {
  const handlers = new Map<string, Handler>([['/componentstatuses', componentStatusHandler]]);
  const pods = stored(table, '', 'v1', 'pods');
  const budgets = stored(table, 'policy', 'v1', 'poddisruptionbudgets');
  if (pods) {
    const binding = bindingHandler(services, pods);
    handlers.set('/pods/binding', binding).set('/bindings', binding);
    if (budgets) handlers.set('/pods/eviction', evictionHandler({ services, caches, pods, budgets }));
  }
  const accounts = stored(table, '', 'v1', 'serviceaccounts');
  if (accounts) handlers.set('/serviceaccounts/token', signer ? tokenHandler({ services, caches, resource: accounts, signer }) : notServed);
  return handlers;
}

/** What the documents say. */
export interface DocumentOptions {
  readonly table: ResourceTable;
  readonly clock: Clock;
  /** `host:port` that clients use. */
  readonly serverAddress: () => string;
  readonly describe: (() => Describe | Promise<Describe>) | undefined;
}

/** Answers calls that are not for resources: discovery, OpenAPI. */
export interface DocumentHandler extends Handler {
  paths(): readonly string[];
}

/** Makes it. */
export function documentHandler({ table, clock, serverAddress, describe }: DocumentOptions): DocumentHandler {
  const discovery = new DiscoveryHandler(table.kinds, serverAddress);
  const openApi = new OpenApiHandler({ kinds: table.kinds, types: SUBRESOURCE_TYPES, version: GIT_VERSION, describe, clock });
  const groups = new Set(table.kinds.map(({ group }) => group));
  return {
    paths: () => [...discovery.paths(), '/apis/', ...OPENAPI_PATHS],
    handle(call) {
      const { path } = call.info;
      const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
      if (call.method !== 'GET' && discovery.has(trimmed) && !TAKES_ANY_METHOD.test(trimmed)) throw wrongMethod();
      const reply = discovery.answer(call, trimmed) ?? openApi.answer(call, trimmed);
      if (reply) return reply;
      const [, root, group] = path.split('/');
      if (root === 'api' || (root === 'apis' && group !== undefined && group !== '' && groups.has(group)) || SERVICES.some((one) => path.startsWith(one))) throw unknownPath();
      return pathNotFound.handle(call);
    },
  };
}

/** Lists of groups, and groups, do not care for the method. */
const TAKES_ANY_METHOD = /^\/apis(?:\/[^/]+)?$/;
/** Below these, as below groups, what is not found is said in a Status. */
const SERVICES: readonly string[] = ['/version/', '/.well-known/openid-configuration/', '/openid/v1/jwks/'];
