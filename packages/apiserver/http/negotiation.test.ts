import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Negotiator } from './negotiation.ts';

const negotiator = new Negotiator();

function brief(header: string | undefined): string {
  const accept = negotiator.negotiate(header);
  return accept ? `${accept.syntax} ${accept.as} ${accept.asVersion}` : 'none';
}

const CASES: readonly [string | undefined, string][] = [
  [undefined, 'json object v1'],
  ['', 'json object v1'],
  ['*/*', 'json object v1'],
  ['application/*', 'json object v1'],
  ['application/json', 'json object v1'],
  ['application/yaml', 'yaml object v1'],
  ['application/vnd.kubernetes.protobuf,application/json', 'protobuf object v1'],
  ['application/json, application/vnd.kubernetes.protobuf', 'json object v1'],
  ['application/json;q=0.5, application/yaml', 'yaml object v1'],
  ['text/html, application/yaml;q=0.9, */*;q=0.8', 'yaml object v1'],
  ['*/*, application/yaml', 'yaml object v1'],
  ['application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json', 'json Table v1'],
  ['application/json;as=Table;v=v2;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io', 'json Table v1beta1'],
  ['application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1', 'json PartialObjectMetadata v1'],
  ['application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', 'protobuf PartialObjectMetadataList v1'],
  ['application/json;as=APIGroupDiscoveryList;g=apidiscovery.k8s.io;v=v2,application/json', 'json object v1'],
  ['application/json;stream=watch', 'json object v1'],
  ['application/json;stream=other', 'none'],
  ['text/plain', 'none'],
  ['application/json;q=0', 'none'],
];

for (const [header, expected] of CASES) {
  test(`Accept: ${header}`, () => {
    assert.equal(brief(header), expected);
    assert.equal(brief(header), expected, 'and the same when asked again');
  });
}
