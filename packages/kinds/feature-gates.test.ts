import assert from 'node:assert/strict';
import test from 'node:test';
import { configureGates } from '#machinery/feature-gates.ts';
import { defaultFeatureGates } from './feature-gates.ts';

const stateOf = (name: string): string | undefined => {
  const gate = defaultFeatureGates.get(name);
  return gate && `${gate.stage} ${gate.on}${gate.locked ? ' locked' : ''}`;
};

test('gates are as 1.36 has them', () => {
  const states: Readonly<Record<string, string | undefined>> = {
    MaxUnavailableStatefulSet: 'BETA false',
    NodeDeclaredFeatures: 'BETA true',
    HPAScaleToZero: 'ALPHA false',
    VolumeAttributesClass: 'GA true locked',
    DRAPrioritizedList: 'GA true',
    GitRepoVolumeDriver: 'DEPRECATED false locked',
    WatchList: 'BETA true',
    JobManagedBy: 'GA true locked',
    CSIMigrationPortworx: undefined,
    PodCertificateProjection: undefined,
  };
  assert.deepEqual(Object.fromEntries(Object.keys(states).map((name) => [name, stateOf(name)])), states);
});

test('every gate has one state, and those that are on have what they need', () => {
  const { gates, warnings } = configureGates(defaultFeatureGates, '');
  assert.deepEqual([gates.size, warnings], [defaultFeatureGates.size, []]);
  for (const { needs = [] } of gates.values()) for (const name of needs) assert.ok(gates.has(name), name);
  for (const all of ['AllAlpha=true', 'AllBeta=true', 'AllAlpha=true,AllBeta=true']) {
    const on = configureGates(defaultFeatureGates, all).gates;
    assert.ok([...on.values()].filter((gate) => gate.on).length > [...gates.values()].filter((gate) => gate.on).length, all);
  }
});
