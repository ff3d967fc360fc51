/**
 * The OpenAPI v2 (Swagger) document of the whole API.
 */
import { BodySchemas } from './bodies.ts';
import { type DiscoveryItem, discoveryItems, discoverySchema } from './discovery.ts';
import { tagName } from './names.ts';
import { answerMedia, bodyMedia, codeText, type Operation, pathItems } from './operations.ts';
import type { Parameter } from './parameters.ts';
import { SchemaBuilder } from './schemas.ts';
import type { Json, OpenApiSource } from './source.ts';

function parameter(one: Parameter): Json {
  return {
    ...(one.description ? { description: one.description } : {}),
    in: one.in,
    name: one.name,
    ...(one.in === 'path' ? { required: true } : {}),
    type: one.type,
    uniqueItems: true,
  };
}

function operation(one: Operation, bodies: BodySchemas, tag: string): Json {
  const parameters: Json[] = one.parameters.map(parameter);
  if (one.body) parameters.unshift({ in: 'body', name: 'body', ...(one.bodyRequired ? { required: true } : {}), schema: bodies.of(one.body) });
  const responses: Json = {};
  for (const code of [200, ...one.codes]) responses[code] = { description: codeText(code), schema: bodies.of(one.answer) };
  responses[401] = { description: codeText(401) };
  return {
    consumes: bodyMedia(one),
    description: one.description,
    operationId: one.id,
    ...(parameters.length > 0 ? { parameters } : {}),
    produces: answerMedia(one),
    responses,
    schemes: ['https'],
    tags: [tag],
    'x-kubernetes-action': one.action,
    'x-kubernetes-group-version-kind': { group: one.of.group, kind: one.of.kind, version: one.of.version },
  };
}

function discovery(item: DiscoveryItem, builder: SchemaBuilder): Json {
  return {
    get: {
      ...(item.answer === 'text' ? {} : { consumes: item.media }),
      description: item.description,
      operationId: item.id,
      produces: item.media,
      responses: { 200: { description: codeText(200), schema: discoverySchema(item, builder) }, 401: { description: codeText(401) } },
      schemes: ['https'],
      tags: [item.tag],
    },
  };
}

/** The document served at `/openapi/v2`; made in steps, since it is a long work. */
export function* openApiV2(source: OpenApiSource): Generator<undefined, Json> {
  const builder = new SchemaBuilder('v2', source.describe);
  const bodies = new BodySchemas(source, builder);
  const found: Json = {};
  for (const item of discoveryItems(source)) found[item.path] = discovery(item, builder);
  for (const item of pathItems(source)) {
    const tag = tagName(item.group, item.version);
    const methods = Object.fromEntries(item.operations.map((one) => [one.method, operation(one, bodies, tag)]));
    found[item.path] = { ...methods, parameters: item.parameters.map(parameter) };
    yield;
  }
  const paths = Object.fromEntries(Object.entries(found).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return {
    swagger: '2.0',
    info: { title: source.title, version: source.version },
    paths,
    definitions: builder.definitions(),
    security: [{ BearerToken: [] }],
    securityDefinitions: { BearerToken: { description: 'Bearer Token authentication', in: 'header', name: 'authorization', type: 'apiKey' } },
  };
}
