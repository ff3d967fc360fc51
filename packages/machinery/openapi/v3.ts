/**
 * The OpenAPI v3 documents, one per group version, and their index.
 */
import { createHash } from 'node:crypto';
import { apiRoot } from '../kind.ts';
import { BodySchemas } from './bodies.ts';
import { type DiscoveryItem, discoveryItems, discoverySchema } from './discovery.ts';
import { tagName } from './names.ts';
import { answerMedia, bodyMedia, codeText, type Operation, pathItems } from './operations.ts';
import type { Parameter } from './parameters.ts';
import { SchemaBuilder } from './schemas.ts';
import { groupVersions, type Json, type OpenApiSource } from './source.ts';

function parameter(one: Parameter): Json {
  return {
    ...(one.description ? { description: one.description } : {}),
    in: one.in,
    name: one.name,
    ...(one.in === 'path' ? { required: true } : {}),
    schema: { type: one.type, uniqueItems: true },
  };
}

function content(media: readonly string[], schema: Json): Json {
  return Object.fromEntries(media.map((type) => [type, { schema }]));
}

function operation(one: Operation, bodies: BodySchemas, tag: string): Json {
  const responses: Json = {};
  for (const code of [200, ...one.codes])
    responses[code] = { description: codeText(code), content: content(answerMedia(one), bodies.of(one.answer)) };
  responses[401] = { description: codeText(401) };
  return {
    tags: [tag],
    description: one.description,
    operationId: one.id,
    ...(one.parameters.length > 0 ? { parameters: one.parameters.map(parameter) } : {}),
    ...(one.body ? { requestBody: { content: content(bodyMedia(one), bodies.of(one.body)), ...(one.bodyRequired ? { required: true } : {}) } } : {}),
    responses,
    'x-kubernetes-action': one.action,
    'x-kubernetes-group-version-kind': { group: one.of.group, kind: one.of.kind, version: one.of.version },
  };
}

function discovery(item: DiscoveryItem, builder: SchemaBuilder): Json {
  return {
    get: {
      tags: [item.tag],
      description: item.description,
      operationId: item.id,
      responses: { 200: { description: codeText(200), content: content(item.media, discoverySchema(item, builder)) }, 401: { description: codeText(401) } },
    },
  };
}

/** One document: of a group version, or of what is found on the way to it (`api`, `apis/apps`, `version`). Made in steps, since it may be a long work. */
export function* openApiV3(source: OpenApiSource, path: string): Generator<undefined, Json> {
  const builder = new SchemaBuilder('v3', source.describe);
  const bodies = new BodySchemas(source, builder);
  const paths: Json = {};
  for (const item of discoveryItems(source)) if (item.document === path) paths[item.path] = discovery(item, builder);
  const of = groupVersions(source).find((one) => documentPath(one) === path);
  for (const item of of ? pathItems(source, of) : []) {
    const tag = tagName(item.group, item.version);
    const methods = Object.fromEntries(item.operations.map((one) => [one.method, operation(one, bodies, tag)]));
    paths[item.path] = { ...methods, parameters: item.parameters.map(parameter) };
    yield;
  }
  const schemas = builder.definitions();
  return {
    openapi: '3.0.0',
    info: { title: source.title, version: source.version },
    paths,
    components: {
      ...(Object.keys(schemas).length > 0 ? { schemas } : {}),
      securitySchemes: { BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' } },
    },
  };
}

/** The hash under which clients cache a document. */
export function documentHash(text: string): string {
  return createHash('sha512').update(text).digest('hex').toUpperCase();
}

/** `api/v1`, `apis/apps/v1`: how the index and the URLs name a group version. */
function documentPath(of: { readonly group: string; readonly version: string }): string {
  return apiRoot(of).slice(1);
}

/** The index served at `/openapi/v3`; `hash` gives a document's hash by its path. */
export function openApiV3Index(paths: readonly string[], hash: (path: string) => string): Json {
  const entries = [...paths].sort().map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash(path)}` }] as const);
  return { paths: Object.fromEntries(entries) };
}

/** Paths of all documents of a source. */
export function documentPaths(source: OpenApiSource): string[] {
  return [...new Set(discoveryItems(source).map(({ document }) => document))];
}
