import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, silentLogger } from '#base/log.ts';
import type { ExtenderConfig } from './config/schema.ts';
import { Extenders, type PostJson } from './extenders.ts';
import { candidateOf } from './preemption.ts';
import { NodeInfo } from './node-info.ts';
import { podInfo } from './pod-info.ts';
import { aNode, aPod } from './testing/objects.ts';

const { signal } = new AbortController();
const nodes = ['a', 'b', 'c'].map((name) => new NodeInfo(aNode(name)));

/** Answers by the last part of the URL, and the calls that came. */
function answering(answers: Readonly<Record<string, unknown>>): { post: PostJson; calls: { url: string; body: unknown }[] } {
  const calls: { url: string; body: unknown }[] = [];
  return {
    calls,
    post(url, body) {
      calls.push({ url, body });
      const answer = answers[url.slice(url.lastIndexOf('/') + 1)];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
}

const extender = (over: Partial<ExtenderConfig>): ExtenderConfig => ({ urlPrefix: 'http://extender/v1', ...over }) as ExtenderConfig;

test('filters by names when it has a cache of nodes', async () => {
  const { post, calls } = answering({ filter: { NodeNames: ['a'], FailedNodes: { b: 'too hot' }, FailedAndUnresolvableNodes: { c: 'broken' } } });
  const extenders = new Extenders([extender({ filterVerb: 'filter', nodeCacheCapable: true })], post, silentLogger);
  const { nodes: left, refused } = await extenders.filter(aPod('p'), nodes, signal);
  assert.deepEqual(left.map(({ name }) => name), ['a']);
  assert.deepEqual([...refused].map(([{ name }, { reasons, resolvable }]) => [name, ...reasons, resolvable]), [
    ['b', 'too hot', true],
    ['c', 'broken', false],
  ]);
  assert.equal(calls[0]!.url, 'http://extender/v1/filter');
  assert.deepEqual((calls[0]!.body as { NodeNames: unknown }).NodeNames, ['a', 'b', 'c']);
});

test('filters whole nodes, keys of the answer in any case', async () => {
  const { post } = answering({ filter: { nodes: { items: [aNode('b')] } } });
  const { nodes: left } = await new Extenders([extender({ filterVerb: 'filter' })], post, silentLogger).filter(aPod('p'), nodes, signal);
  assert.deepEqual(left.map(({ name }) => name), ['b']);
});

test('points weigh and reach the scale of plugins', async () => {
  const { post } = answering({ prioritize: [{ Host: 'a', Score: 10 }, { host: 'c', score: 1 }] });
  const extra = await new Extenders([extender({ prioritizeVerb: 'prioritize', weight: 2 })], post, silentLogger).prioritize(aPod('p'), nodes, signal);
  assert.deepEqual([...extra], [200, 0, 20]);
});

test('one that fails stops the pod, unless it may be ignored, which the log tells', async () => {
  const told: unknown[] = [];
  const log = createLogger((level, message) => told.push([level, message]), 'info');
  const { post } = answering({ filter: new Error('connection refused') });
  await assert.rejects(new Extenders([extender({ filterVerb: 'filter' })], post, silentLogger).filter(aPod('p'), nodes, signal), /connection refused/);
  const { nodes: left } = await new Extenders([extender({ filterVerb: 'filter', ignorable: true })], post, log).filter(aPod('p'), nodes, signal);
  assert.equal(left.length, 3);
  const extra = await new Extenders([extender({ prioritizeVerb: 'filter' })], post, log).prioritize(aPod('p'), nodes, signal);
  assert.deepEqual([...extra], [0, 0, 0]);
  const line = ['warn', 'extender failed and is ignored for this pod'];
  assert.deepEqual(told, [line, line]);
});

test('is asked only about pods that want what it manages', () => {
  const extenders = new Extenders([extender({ filterVerb: 'filter', managedResources: [{ name: 'example.com/gpu' }] })], answering({}).post, silentLogger);
  assert.equal(extenders.concern(aPod('p')), false);
  assert.equal(extenders.concern(aPod('p', { requests: { 'example.com/gpu': '1' } })), true);
});

test('binds instead of the scheduler', async () => {
  const { post, calls } = answering({ bind: {} });
  const extenders = new Extenders([extender({ bindVerb: 'bind' })], post, silentLogger);
  assert.equal(await extenders.bind(podInfo(aPod('p')), 'a', signal), true);
  assert.deepEqual(calls[0]!.body, { PodName: 'p', PodNamespace: 'default', PodUID: 'uid-p', Node: 'a' });
  const refusing = new Extenders([extender({ bindVerb: 'bind' })], answering({ bind: { Error: 'no' } }).post, silentLogger);
  await assert.rejects(refusing.bind(podInfo(aPod('p')), 'a', signal), /^Error: no$/);
});

test('leaves candidates of a preemption out, and spares victims', async () => {
  const victims = ['x', 'y'].map((name) => podInfo(aPod(name)));
  const candidates = ['a', 'b'].map((node) => candidateOf(node, victims, 1));
  const { post } = answering({ preempt: { NodeNameToMetaVictims: { b: { Pods: [{ UID: 'uid-y' }], NumPDBViolations: 0 } } } });
  const left = await new Extenders([extender({ preemptVerb: 'preempt', nodeCacheCapable: true })], post, silentLogger).preempt(aPod('p'), candidates, signal);
  assert.deepEqual(left.map(({ node, victims: spared, violations }) => [node, spared.map(({ uid }) => uid), violations]), [['b', ['uid-y'], 0]]);
});
