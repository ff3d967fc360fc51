import assert from 'node:assert/strict';
import test from 'node:test';
import { configureGates, type FeatureGate, gateReader } from './feature-gates.ts';

const known = new Map<string, FeatureGate>([
  ['Young', { stage: 'ALPHA', on: false }],
  ['Grown', { stage: 'BETA', on: true }],
  ['Shy', { stage: 'BETA', on: false }],
  ['Done', { stage: 'GA', on: true }],
  ['Locked', { stage: 'GA', on: true, locked: true }],
  ['Tall', { stage: 'ALPHA', on: false, needs: ['Young', 'Shy'], inert: true }],
  ['Old', { stage: 'DEPRECATED', on: false }],
]);
const on = (text: string): string => {
  const read = gateReader(configureGates(known, text).gates);
  return [...known.keys()].filter(read).join();
};

test('gates are switched by name or by stage', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', 'Grown,Done,Locked'],
    ['Young=true', 'Young,Grown,Done,Locked'],
    ['Young=T, Grown=false', 'Young,Done,Locked'],
    ['kube:Young=true', 'Young,Grown,Done,Locked'],
    ['AllAlpha=true,Tall=false', 'Young,Grown,Done,Locked'],
    ['AllBeta=true', 'Grown,Shy,Done,Locked'],
    ['AllBeta=false,Grown=true', 'Grown,Done,Locked'],
    ['Locked=true', 'Grown,Done,Locked'],
    ['Done=false', 'Grown,Locked'],
  ];
  for (const [text, expected] of cases) assert.equal(on(text), expected, text);
  assert.equal(gateReader(known)('Unknown'), false);
});

test('what cannot be switched is said in the usual words', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['Nonsense=true', 'unrecognized feature gate: Nonsense'],
    ['Young', 'missing bool value for Young'],
    ['Young=yes', 'invalid value of Young=yes, err: strconv.ParseBool: parsing "yes": invalid syntax'],
    ['Locked=false', 'cannot set feature gate Locked to false, feature is locked to true'],
    ['Nonsense=true,Locked=false', '[unrecognized feature gate: Nonsense, cannot set feature gate Locked to false, feature is locked to true]'],
    ['wardle:Young=true', 'component not registered: wardle'],
    ['Tall=true', 'Tall is enabled, but depends on features that are disabled: [Young Shy]'],
    ['AllAlpha=true', 'Tall is enabled, but depends on features that are disabled: [Shy]'],
  ];
  for (const [text, message] of cases) assert.throws(() => configureGates(known, text), { message });
  assert.deepEqual(configureGates(known, 'Done=true').warnings, ['Setting GA feature gate Done=true. It will be removed in a future release.']);
  assert.deepEqual(configureGates(known, 'Old=true').warnings, ['Setting deprecated feature gate Old=true. It will be removed in a future release.']);
  assert.deepEqual(configureGates(known, 'AllAlpha=true,AllBeta=true,Tall=true').warnings, ['Feature gate Tall is known, but switching it changes nothing here.']);
});
