/**
 * The paths that are not of kinds: discovery, version, and the documents of the token issuer.
 *
 * Source: the API server's discovery and version services, KEP-1393.
 */
import { apiRoot } from '../kind.ts';
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from '../meta-discovery.ts';
import type { Message } from '../schema.ts';
import { definitionName, groupOperation, groupTag, operationGroup, tagName, VERSION_INFO } from './names.ts';
import type { SchemaBuilder } from './schemas.ts';
import { groupVersions, type Json, type OpenApiSource } from './source.ts';

/** One such path; all are read only. */
export interface DiscoveryItem {
  readonly path: string;
  /** The version-3 document that it belongs to. */
  readonly document: string;
  readonly id: string;
  readonly description: string;
  readonly tag: string;
  readonly media: readonly string[];
  readonly answer: { readonly message: Message; readonly kind: string } | 'version' | 'text';
}

const OBJECT_MEDIA = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const JSON_MEDIA = ['application/json'];

const FIXED: readonly DiscoveryItem[] = [
  { path: '/api/', document: 'api', id: 'getCoreAPIVersions', description: 'get available API versions', tag: 'core', media: OBJECT_MEDIA, answer: { message: apiVersions, kind: 'APIVersions' } },
  { path: '/apis/', document: 'apis', id: 'getAPIVersions', description: 'get available API versions', tag: 'apis', media: OBJECT_MEDIA, answer: { message: apiGroupList, kind: 'APIGroupList' } },
  { path: '/version/', document: 'version', id: 'getCodeVersion', description: 'get the version information for this server', tag: 'version', media: JSON_MEDIA, answer: 'version' },
  {
    path: '/.well-known/openid-configuration/',
    document: '.well-known/openid-configuration',
    id: 'getServiceAccountIssuerOpenIDConfiguration',
    description: "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
    tag: 'WellKnown',
    media: JSON_MEDIA,
    answer: 'text',
  },
  {
    path: '/openid/v1/jwks/',
    document: 'openid/v1/jwks',
    id: 'getServiceAccountIssuerOpenIDKeyset',
    description: 'get service account issuer OpenID JSON Web Key Set (contains public token verification keys)',
    tag: 'openid',
    media: ['application/jwk-set+json'],
    answer: 'text',
  },
];

/** All such paths. */
export function discoveryItems(source: OpenApiSource): DiscoveryItem[] {
  const versions = groupVersions(source);
  const groups = [...new Set(versions.map(({ group }) => group))].filter((group) => group !== '');
  return [
    ...FIXED,
    ...groups.map((group): DiscoveryItem => {
      const document = `apis/${group}`;
      return { path: `/${document}/`, document, id: `get${groupOperation(group)}APIGroup`, description: 'get information of a group', tag: groupTag(group), media: OBJECT_MEDIA, answer: { message: apiGroup, kind: 'APIGroup' } };
    }),
    ...versions.map(({ group, version }): DiscoveryItem => {
      const root = apiRoot({ group, version });
      return { path: `${root}/`, document: root.slice(1), id: `get${operationGroup(group, version)}APIResources`, description: 'get available resources', tag: tagName(group, version), media: OBJECT_MEDIA, answer: { message: apiResourceList, kind: 'APIResourceList' } };
    }),
  ];
}

/** The schema of an answer, defined on the way. */
export function discoverySchema({ answer }: DiscoveryItem, builder: SchemaBuilder): Json {
  if (answer === 'text') return { type: 'string' };
  if (answer === 'version') return builder.special(VERSION_INFO);
  const ref = builder.message(answer.message);
  builder.markKind(definitionName(answer.message.name), { group: '', version: 'v1', kind: answer.kind });
  return ref;
}
