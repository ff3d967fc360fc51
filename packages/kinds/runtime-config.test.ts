import assert from 'node:assert/strict';
import test from 'node:test';
import type { Kind } from '#machinery/kind.ts';
import { prereleaseKinds } from './prerelease.ts';
import { builtinKinds } from './registry.ts';
import { parseRuntimeConfig, servedKinds } from './runtime-config.ts';

const all = [...builtinKinds, ...prereleaseKinds];
const nameOf = ({ group, version, plural }: Kind): string => `${group}/${version}/${plural}`;
const served = (text: string): string[] => servedKinds(all, parseRuntimeConfig(text)).map(nameOf);

test('what is GA is served, what is not is asked for', () => {
  assert.deepEqual(served(''), builtinKinds.map(nameOf));
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['api/beta', 'networking.k8s.io/v1beta1/ipaddresses', true],
    ['api/beta', 'certificates.k8s.io/v1alpha1/clustertrustbundles', false],
    ['api/all=true', 'coordination.k8s.io/v1beta1/leasecandidates', true],
    ['api/all=true,api/alpha=false', 'resource.k8s.io/v1beta2/resourceclaims', true],
    ['coordination.k8s.io/v1beta1=true', 'coordination.k8s.io/v1beta1/leasecandidates', true],
    ['api/beta=true,coordination.k8s.io/v1beta1=false', 'coordination.k8s.io/v1beta1/leasecandidates', false],
    ['networking.k8s.io/v1beta1/servicecidrs', 'networking.k8s.io/v1beta1/servicecidrs', true],
    ['networking.k8s.io/v1beta1/servicecidrs', 'networking.k8s.io/v1beta1/ipaddresses', false],
    ['networking.k8s.io/v1beta1/servicecidrs=false,networking.k8s.io/v1beta1=true', 'networking.k8s.io/v1beta1/servicecidrs', false],
    ['batch/v1=false', 'batch/v1/jobs', false],
    ['api/v1=true', '/v1/pods', true],
  ];
  for (const [text, name, expected] of cases) {
    assert.equal(served(text).includes(name), expected, `${text}: ${name}`);
  }
});

test('what cannot be is refused', () => {
  assert.throws(() => served('nonsense.io/v1=true'), /^Error: unknown api groups nonsense\.io$/);
  assert.throws(() => served('apps/v1beta1=true'), /^Error: group version apps\/v1beta1 that has not been registered$/);
  assert.throws(() => served('apps/v1/things=true'), /^Error: resource apps\/v1\/things that has not been registered$/);
  assert.throws(() => served('api/beta=maybe'), /^Error: invalid value of api\/beta: maybe, err: strconv\.ParseBool: parsing "maybe": invalid syntax$/);
  assert.throws(() => served('api/beta=true,networking.k8s.io/v1=false'), /are stored as v1, which is not served$/);
});

test('every resource is declared once', () => {
  assert.equal(new Set(all.map(nameOf)).size, all.length);
});
