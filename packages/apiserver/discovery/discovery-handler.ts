/**
 * Answers `/api`, `/apis`, `/api/v1`, `/apis/GROUP` and `/apis/GROUP/VERSION`.
 */
import type { ApiCall, ApiReply } from '../call.ts';
import { aggregated, apiGroup, apiGroupList, apiVersions, resourceList } from './documents.ts';
import { documentReply, encodedDocument, type EncodedDocument } from './documents-cache.ts';
import { groupKinds, type GroupKinds } from './group-order.ts';
import { encodeJson } from '#machinery/encode.ts';
import type { Kind } from '#machinery/kind.ts';
import {
  apiGroup as apiGroupSchema,
  apiGroupList as apiGroupListSchema,
  apiResourceList,
  apiVersions as apiVersionsSchema,
} from '#machinery/meta-discovery.ts';
import type { Message } from '#machinery/schema.ts';

/** A plain document with the schema that other formats need. */
interface Plain {
  readonly object: unknown;
  readonly schema: Message;
}

type AggregatedVersion = 'v2' | 'v2beta1';

const AGGREGATED_CLAUSE = /application\/json;(?=[^,]*g=apidiscovery\.k8s\.io)(?=[^,]*as=APIGroupDiscoveryList)[^,]*?v=(v2beta1|v2)(?![0-9a-z])/;

/** The version of the aggregated document that the client accepts first, if any. */
function aggregatedVersion(call: ApiCall): AggregatedVersion | undefined {
  const accept = call.header?.('accept');
  if (!accept?.includes('APIGroupDiscoveryList')) return undefined;
  return AGGREGATED_CLAUSE.exec(accept.replaceAll(' ', ''))?.[1] as AggregatedVersion | undefined;
}

/** Discovery of one set of kinds. */
export class DiscoveryHandler {
  readonly #groups: readonly GroupKinds[];
  readonly #plain: ReadonlyMap<string, Plain>;
  readonly #encoded = new Map<string, EncodedDocument>();

  /** `serverAddress`: `host:port` that clients use, known when the server listens. */
  constructor(kinds: readonly Kind[], serverAddress: () => string) {
    this.#groups = groupKinds(kinds);
    const plain = new Map<string, Plain>([
      [
        '/api',
        {
          get object() {
            return apiVersions(serverAddress());
          },
          schema: apiVersionsSchema,
        },
      ],
      ['/apis', { object: apiGroupList(this.#groups), schema: apiGroupListSchema }],
    ]);
    for (const group of this.#groups) {
      const root = group.group ? `/apis/${group.group}` : '/api';
      if (group.group) plain.set(root, { object: apiGroup(group), schema: apiGroupSchema });
      for (const version of group.versions)
        plain.set(`${root}/${version.version}`, { object: resourceList(group.group, version), schema: apiResourceList });
    }
    this.#plain = plain;
  }

  /** All paths that are answered. */
  paths(): readonly string[] {
    return [...this.#plain.keys()];
  }

  has(path: string): boolean {
    return this.#plain.has(path);
  }

  /** `undefined` for other paths. */
  answer(call: ApiCall, path: string): ApiReply | undefined {
    const document = this.#plain.get(path);
    if (!document) return undefined;
    if (path === '/api' || path === '/apis') {
      const version = aggregatedVersion(call);
      if (version) return documentReply(call, this.#aggregated(path, version));
    }
    if (call.accept.syntax === 'json' && !call.accept.pretty) return documentReply(call, this.#json(path, document));
    return { type: 'object', code: 200, object: document.object, kind: { schema: document.schema } };
  }

  #json(path: string, { object }: Plain): EncodedDocument {
    return this.#remember(path, () => encodedDocument(encodeJson(object), 'application/json'));
  }

  #aggregated(path: '/api' | '/apis', version: AggregatedVersion): EncodedDocument {
    return this.#remember(`${path} ${version}`, () => {
      const groups = this.#groups.filter(({ group }) => (group === '') === (path === '/api'));
      return encodedDocument(encodeJson(aggregated(groups, version)), `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`);
    });
  }

  #remember(key: string, make: () => EncodedDocument): EncodedDocument {
    const known = this.#encoded.get(key);
    if (known) return known;
    const made = make();
    this.#encoded.set(key, made);
    return made;
  }
}
