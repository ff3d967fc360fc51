/**
 * Answers `/openapi/v2` and `/openapi/v3`. Documents are made when first asked for: many servers are never asked.
 *
 * Source: kube-openapi's `handler` and `handler3`.
 */
import type { ApiCall, ApiReply } from '../call.ts';
import { documentReply, encodedDocument, type EncodedDocument } from '../discovery/documents-cache.ts';
import { pathNotFound } from '../endpoints/endpoints.ts';
import { inSlices } from './in-slices.ts';
import type { Clock } from '#base/clock.ts';
import type { Kind } from '#machinery/kind.ts';
import { undescribed } from '#machinery/openapi/descriptions.ts';
import { type Describe, type Json, type OpenApiSource, type ServedType } from '#machinery/openapi/source.ts';
import { jsonSteps } from '#machinery/openapi/steps.ts';
import { encodeOpenApiV2 } from '#machinery/openapi/v2-protobuf.ts';
import { openApiV2 } from '#machinery/openapi/v2.ts';
import { documentHash, documentPaths, openApiV3, openApiV3Index } from '#machinery/openapi/v3.ts';

const V2 = '/openapi/v2';
const V3 = '/openapi/v3';

/** The paths that are answered, as the server lists them. */
export const OPENAPI_PATHS: readonly string[] = [V2, V3, `${V3}/`];

const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** Clients spell the type with `@`, as it once was. */
const PROTOBUF_ACCEPTED = /application\/com\.github\.proto-openapi\.spec\.v2(@|\.)v1\.0\+protobuf/;

/** The members of a version-2 document that are nearly all of it. */
const LARGE_V2 = ['paths', 'definitions'];

/** A document under its hash never changes. */
const IMMUTABLE = { 'Cache-Control': 'public, immutable', Expires: 'Fri, 31 Dec 2100 00:00:00 GMT' };

/** What the documents are made from. */
export interface OpenApiOptions {
  readonly kinds: readonly Kind[];
  /** Types that subresources take and give. */
  readonly types: readonly ServedType[];
  /** `v1.36.0`. */
  readonly version: string;
  /** The documentation of types and fields; loaded when the first document is made. Default: none. */
  readonly describe?: (() => Describe | Promise<Describe>) | undefined;
  readonly clock: Clock;
}

/** One version-3 document. */
interface V3Document {
  readonly document: EncodedDocument;
  readonly hash: string;
}

/** OpenAPI documents of one set of kinds. */
export class OpenApiHandler {
  readonly #options: OpenApiOptions;
  #source: Promise<OpenApiSource> | undefined;
  #v2: Promise<Json> | undefined;
  #v2Json: Promise<EncodedDocument> | undefined;
  #v2Protobuf: Promise<EncodedDocument> | undefined;
  readonly #v3 = new Map<string, Promise<V3Document>>();
  #index: Promise<EncodedDocument> | undefined;

  constructor(options: OpenApiOptions) {
    this.#options = options;
  }

  /** `undefined` for other paths. */
  answer(call: ApiCall, path: string): ApiReply | Promise<ApiReply> | undefined {
    if (path === V2) return this.#answerV2(call);
    if (path === V3) return this.#answerIndex(call);
    if (path.startsWith(`${V3}/`)) return this.#answerV3(call, path.slice(V3.length + 1));
    return undefined;
  }

  async #answerV2(call: ApiCall): Promise<ApiReply> {
    const { clock } = this.#options;
    if (PROTOBUF_ACCEPTED.test(call.header?.('accept') ?? '')) {
      this.#v2Protobuf ??= this.#document().then(async (document) => encodedDocument(await inSlices(encodeOpenApiV2(document), clock), PROTOBUF));
      return documentReply(call, await this.#v2Protobuf);
    }
    this.#v2Json ??= this.#document().then(async (document) => encodedDocument(Buffer.from(await inSlices(jsonSteps(document, LARGE_V2), clock)), 'application/json'));
    return documentReply(call, await this.#v2Json);
  }

  async #answerIndex(call: ApiCall): Promise<ApiReply> {
    this.#index ??= this.#makeIndex();
    return documentReply(call, await this.#index);
  }

  async #answerV3(call: ApiCall, path: string): Promise<ApiReply> {
    if (!documentPaths(await this.#sources()).includes(path)) return pathNotFound.handle(call);
    const { document, hash } = await this.#documentV3(path);
    const asked = call.query.get('hash');
    if (asked && asked !== hash) return { type: 'raw', code: 301, headers: { Location: `${V3}/${path}?hash=${hash}` }, body: '' };
    return documentReply(call, document, asked ? IMMUTABLE : {});
  }

  /** Makes the documents one after the other, so that others get their turn. */
  async #makeIndex(): Promise<EncodedDocument> {
    const hashes = new Map<string, string>();
    for (const path of documentPaths(await this.#sources())) {
      hashes.set(path, (await this.#documentV3(path)).hash);
      await this.#options.clock.sleep(0);
    }
    return encodedDocument(Buffer.from(JSON.stringify(openApiV3Index([...hashes.keys()], (path) => hashes.get(path)!))), 'application/json');
  }

  #documentV3(path: string): Promise<V3Document> {
    const known = this.#v3.get(path);
    if (known) return known;
    const made = this.#sources().then(async (source) => {
      const { clock } = this.#options;
      const text = JSON.stringify(await inSlices(openApiV3(source, path), clock));
      return { document: encodedDocument(Buffer.from(text), 'application/json'), hash: documentHash(text) };
    });
    this.#v3.set(path, made);
    return made;
  }

  #document(): Promise<Json> {
    return (this.#v2 ??= this.#sources().then((source) => inSlices(openApiV2(source), this.#options.clock)));
  }

  #sources(): Promise<OpenApiSource> {
    return (this.#source ??= this.#load());
  }

  async #load(): Promise<OpenApiSource> {
    const { kinds, types, version, describe } = this.#options;
    return { kinds, types, title: 'Kubernetes', version, describe: (await describe?.()) ?? undescribed };
  }
}
