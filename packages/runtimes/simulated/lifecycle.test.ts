import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { podStagesOf } from './data-stages.ts';
import { LIFECYCLE_VERSION, LifecycleError, readLifecycle } from './lifecycle.ts';
import { compilePath, pathProblem } from './object-path.ts';
import type { Place } from './pod-status.ts';
import type { Stage } from './stages.ts';

const textOf = (stages: unknown): string => JSON.stringify({ kind: 'Lifecycle', apiVersion: LIFECYCLE_VERSION, stages });
const stageOf = (stage: object): Stage => podStagesOf(readLifecycle(textOf([{ name: 's', ...stage }])))[0]!;
const NOW = Date.UTC(2026, 0, 1);
const place: Place = { nowMs: NOW, hostIp: '100.64.0.1', podIp: () => '10.1.0.2' };

function aPod(over: { labels?: Record<string, string>; annotations?: Record<string, string>; status?: Pod['status'] } = {}): Pod {
  const { labels = {}, annotations = {}, status = { phase: 'Pending' } } = over;
  return { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'p', namespace: 'n', uid: 'u', labels, annotations }, spec: { containers: [{ name: 'c', image: 'i', resources: {} }] }, status };
}

function reached(stage: Stage, pod: Pod): Pod {
  const status = stage.next(pod, place);
  assert.notEqual(status, 'delete');
  return { ...pod, status: status as Pod['status'] };
}

const running = reached(stageOf({ next: { state: 'Running' } }), aPod());

describe('lifecycles', () => {
  const refused: readonly (readonly [what: string, stage: unknown, message: string])[] = [
    ['no name', { next: { state: 'Running' } }, 'stages[0].name: Required value'],
    ['nothing to come', { name: 's' }, 'stages[0].next: Required value: must say a state, a status, or delete'],
    ['a state of nobody', { name: 's', next: { state: 'Sleeping' } }, 'stages[0].next.state: Unsupported value: "Sleeping"'],
    ['a state of a node', { name: 's', resource: 'Node', next: { state: 'Ready' } }, 'stages[0].next.state: Invalid value: "Ready": only pods have states; nodes have a status'],
    ['a node that goes', { name: 's', resource: 'Node', next: { delete: true } }, 'stages[0].next.delete: Invalid value: true: a node that runs registers again'],
    ['another resource', { name: 's', resource: 'Job', next: { delete: true } }, 'stages[0].resource: Unsupported value: "Job": supported values: "Node", "Pod"'],
    ['deleted and more', { name: 's', next: { delete: true, state: 'Ready' } }, 'stages[0].next.delete: Invalid value: true: what is deleted comes to no state or status'],
    ['an exit code of success', { name: 's', next: { state: 'Succeeded', exitCode: 3 } }, 'stages[0].next.exitCode: Invalid value: 3: only Failed and CrashLoopBackOff have one'],
    ['an exit code that is none', { name: 's', next: { state: 'Failed', exitCode: 256 } }, 'stages[0].next.exitCode: Invalid value: 256: must be between 1 and 255, inclusive'],
    ['a status that is none', { name: 's', next: { status: 'Ready' } }, 'stages[0].next.status: Invalid value: "\\"Ready\\"": must be an object'],
    ['a path that is none', { name: 's', selector: { matchExpressions: [{ key: 'phase', operator: 'Exists' }] }, next: { delete: true } }, 'stages[0].selector.matchExpressions[0].key: Invalid value: "phase": must be a path'],
    ['no values', { name: 's', selector: { matchExpressions: [{ key: '.a', operator: 'In' }] }, next: { delete: true } }, 'stages[0].selector.matchExpressions[0].values: Required value'],
    ['an operator of nobody', { name: 's', selector: { matchExpressions: [{ key: '.a', operator: 'Gt' }] }, next: { delete: true } }, 'stages[0].selector.matchExpressions[0].operator: Unsupported value: "Gt"'],
    ['a delay into the past', { name: 's', delay: { duration: '-5s' }, next: { delete: true } }, 'stages[0].delay.duration: Invalid value: "-5s": must be greater than or equal to 0'],
    ['a field of nobody', { name: 's', nxt: {} }, 'unknown field "stages[0].nxt"'],
  ];
  for (const [what, stage, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readLifecycle(textOf([stage])), (error: Error) => error instanceof LifecycleError && error.message.includes(message));
    });
  }

  it('refuses other files', () => {
    assert.throws(() => readLifecycle('kind: Pod'), new LifecycleError(`not a Lifecycle of ${LIFECYCLE_VERSION}`));
    assert.throws(() => readLifecycle('a: [b'), LifecycleError);
    assert.throws(() => readLifecycle(''), LifecycleError);
  });
});

describe('paths into objects', () => {
  const object = { status: { phase: 'Running', ready: false, conditions: [{ type: 'Ready', status: 'True' }] }, metadata: { annotations: { 'example.com/x': '1' } } };
  const table: readonly (readonly [path: string, value: string | undefined])[] = [
    ['.status.phase', 'Running'],
    ['.status.ready', 'false'],
    ['.status.conditions[Ready].status', 'True'],
    ['.status.conditions[Other].status', undefined],
    ['.metadata.annotations[example.com/x]', '1'],
    ['.metadata.annotations[toString]', undefined],
    ['.status.phase.length', undefined],
    ['.spec.nodeName', undefined],
  ];
  for (const [path, value] of table) it(path, () => assert.equal(compilePath(path)(object), value));
  for (const path of ['', 'status', '.status..phase', '.a[', '.a b']) it(`${JSON.stringify(path)} is none`, () => assert.ok(pathProblem(path)));
});

describe('stages of pods', () => {
  it('select by labels, annotations and what is at paths', () => {
    const stage = stageOf({ selector: { matchLabels: { app: 'db' }, matchAnnotations: { slow: 'yes' }, matchExpressions: [{ key: '.status.phase', operator: 'NotIn', values: ['Running'] }] }, next: { delete: true } });
    const all = { labels: { app: 'db' }, annotations: { slow: 'yes' } };
    assert.ok(stage.when(aPod(all)));
    assert.ok(!stage.when(aPod({ ...all, labels: { app: 'web' } })));
    assert.ok(!stage.when(aPod({ ...all, annotations: {} })));
    assert.ok(!stage.when(aPod({ ...all, status: running.status })));
    assert.equal(stage.next(aPod(all), place), 'delete');
    assert.ok(!stage.rests!(aPod(all)));
  });

  it('wait as long as they say, or as an annotation says', () => {
    const stage = stageOf({ delay: { duration: '20s', jitterDuration: '500ms', durationFromAnnotation: 'wait' }, next: { delete: true } });
    assert.equal(stage.delayMs(aPod(), NOW), 20_000);
    assert.equal(stage.delayMs(aPod({ annotations: { wait: '1m' } }), NOW), 60_000);
    assert.equal(stage.delayMs(aPod({ annotations: { wait: 'long' } }), NOW), 20_000);
    assert.equal(stage.jitterMs!(aPod()), 500);
  });

  const states: readonly (readonly [state: string, from: Pod, phase: string, reason: string | undefined])[] = [
    ['Running', aPod(), 'Running', undefined],
    ['ImagePullBackOff', aPod(), 'Pending', 'ImagePullBackOff'],
    ['NotReady', running, 'Running', undefined],
    ['Succeeded', running, 'Succeeded', 'Completed'],
    ['Failed', running, 'Failed', 'Error'],
    ['CrashLoopBackOff', running, 'Running', 'CrashLoopBackOff'],
  ];
  for (const [state, from, phase, reason] of states) {
    it(`lead to ${state}, once`, () => {
      const stage = stageOf({ next: { state } });
      assert.ok(stage.when(from) && !stage.rests!(from));
      const next = reached(stage, from);
      const [container] = next.status.containerStatuses ?? [];
      assert.equal(next.status.phase, phase);
      assert.equal(container?.state.waiting?.reason ?? container?.state.terminated?.reason, reason);
      assert.ok(!stage.when(next) || stage.rests!(next));
    });
  }

  it('of containers that run wait for that', () => {
    for (const state of ['Ready', 'NotReady', 'Failed', 'Succeeded', 'CrashLoopBackOff']) assert.ok(!stageOf({ next: { state } }).when(aPod()), state);
  });

  it('patch the status, conditions by type, and rest when it is so', () => {
    const stage = stageOf({ next: { state: 'Running', status: { conditions: [{ type: 'example.com/Warm', status: 'True', message: 'since {{now}}' }], message: 'well' } } });
    const next = reached(stage, aPod());
    const condition = next.status.conditions?.find(({ type }) => (type as string) === 'example.com/Warm');
    assert.deepEqual(condition, { type: 'example.com/Warm', status: 'True', message: 'since 2026-01-01T00:00:00Z', lastTransitionTime: '2026-01-01T00:00:00Z' });
    assert.equal(next.status.message, 'well');
    assert.equal(next.status.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
    assert.ok(stage.rests!(next));
    assert.ok(!stage.rests!({ ...next, status: { ...next.status, message: 'ill' } }));
  });

  it('leave pods that have ended alone', () => {
    assert.ok(!stageOf({ next: { delete: true } }).when(reached(stageOf({ next: { state: 'Failed' } }), running)));
  });
});
