import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Memory } from '#machinery/memory.ts';
import { created, testContext } from '../../testing/objects.ts';
import { pods } from './kind.ts';
import type { PodSpec } from './schema.ts';
import { PodMemory, SoundSpecs } from './sound-specs.ts';

const spec = (more: Partial<PodSpec> = {}): PodSpec => ({ containers: [{ name: 'c', image: 'i' }], ...more }) as PodSpec;
const token = (name: string, container = 'c'): PodSpec =>
  spec({ containers: [{ name: container, volumeMounts: [{ name, mountPath: '/t' }] }], volumes: [{ name, projected: { sources: [] } }] } as unknown as Partial<PodSpec>);

/** How often a judge that finds `found` is asked about the specs, one after the other. */
function asked(specs: readonly PodSpec[], found: readonly string[] = []): number {
  const sound = new SoundSpecs();
  let count = 0;
  for (const one of specs) {
    const told = sound.findings(one, () => {
      count++;
      return [...found];
    });
    assert.deepEqual(told, found);
  }
  return count;
}

test('a judge is asked once about specs that are alike', () => {
  assert.equal(asked([spec(), spec(), spec()]), 1);
  assert.equal(asked([spec(), spec({ hostNetwork: true })]), 2);
});

test('the name of the token volume makes no difference, unless it stands for something else', () => {
  assert.equal(asked([token('kube-api-access-abcde'), token('kube-api-access-fghij')]), 1);
  assert.equal(asked([token('kube-api-access-abcde', 'kube-api-access-abcde'), token('kube-api-access-fghij', 'kube-api-access-abcde')]), 2);
  assert.equal(asked([token('kube-api-access-abcde'), token('kube-api-access-TOO')]), 2);
});

test('what was found fault with is judged again', () => {
  assert.equal(asked([spec(), spec()], ['wrong']), 2);
});

test('a spec whose rules depend on the name of its pod is judged each time', () => {
  const claim = spec({ volumes: [{ name: 'v', ephemeral: {} }] } as unknown as Partial<PodSpec>);
  assert.equal(asked([claim, claim]), 2);
});

test('each server remembers for itself, and rules ask what they remember', () => {
  const gates = { ...testContext, memory: new Memory() };
  const pod = created(pods, { metadata: { name: 'a' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(pods.strategy.validate!(pod, gates), []);
    assert.deepEqual(pods.strategy.warnings!(pod, undefined, gates), []);
  }
  const { rules, warnings } = gates.memory.of(PodMemory);
  for (const sound of [rules, warnings]) assert.deepEqual(sound.findings(pod.spec, () => assert.fail('judged again')), []);
  assert.notEqual(new Memory().of(PodMemory), gates.memory.of(PodMemory));
});

test('judges that are asked in turn tell specs apart', () => {
  const { rules, warnings } = new PodMemory();
  const [plain, other] = [spec(), spec({ hostNetwork: true })];
  assert.deepEqual(rules.findings(plain, () => []), []);
  assert.deepEqual(warnings.findings(plain, () => []), []);
  assert.deepEqual(rules.findings(other, () => ['wrong']), ['wrong']);
  assert.deepEqual(warnings.findings(plain, () => assert.fail('judged again')), []);
  assert.deepEqual(warnings.findings(other, () => ['odd']), ['odd']);
  assert.deepEqual(rules.findings(plain, () => assert.fail('judged again')), []);
});
