import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Container } from '#kinds/core/pod/container.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { CONTAINER_HASH, containerHash } from './names.ts';
import { type HealthOf, planPod } from './plan.ts';
import type { PodContainer, PodSnapshot } from './snapshot.ts';

type State = { state: PodContainer['state']; exitCode?: number; attempt?: number; sandbox?: string; hash?: string };

const container = (name: string, changes: Partial<Container> = {}): Container => ({ name, image: 'i', resources: {}, ...changes });

const pod = (containers: readonly Container[], spec: Partial<Pod['spec']> = {}): Pod => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'p', namespace: 'n', uid: 'u' },
  spec: { containers, restartPolicy: 'Always', ...spec },
  status: {},
});

const sandbox = (id: string, attempt: number, state: 'ready' | 'notReady' = 'ready') => ({
  id,
  metadata: { name: 'p', uid: 'u', namespace: 'n', attempt },
  state,
  createdAtMs: attempt,
  labels: {},
  annotations: {},
  runtimeHandler: '',
  ips: ['10.0.0.1'],
});

const made = (name: string, { state, exitCode = 0, attempt = 0, sandbox: sandboxId = 's0', hash }: State): PodContainer => ({
  id: `${name}-${attempt}`,
  name,
  sandboxId,
  metadata: { name, attempt },
  state,
  createdAtMs: attempt,
  startedAtMs: 1,
  finishedAtMs: 2,
  exitCode,
  image: 'i',
  imageRef: 'i',
  reason: '',
  message: '',
  labels: {},
  annotations: { [CONTAINER_HASH]: hash ?? containerHash({ name, image: 'i' }) },
  logPath: '',
  terminationMessage: '',
});

const running: PodSnapshot = { sandboxes: [sandbox('s0', 0)], containers: [] };
const having = (...containers: readonly PodContainer[]): PodSnapshot => ({ ...running, containers });
const healthy: HealthOf = () => ({ started: true });

/** The plan in a few words. */
function plan(of: Pod, snapshot: PodSnapshot, health: HealthOf = healthy): string {
  const { stopSandboxes, createSandbox, kill, start, finished } = planPod(of, snapshot, health);
  return [
    ...stopSandboxes.map(({ id }) => `stop ${id}`),
    ...(createSandbox ? [`sandbox ${createSandbox.attempt}`] : []),
    ...kill.map((one) => `kill ${one.container.id} ${one.cause}`),
    ...start.map((one) => `${one.role} ${one.container.name} ${one.attempt}`),
    ...(finished ? ['finished'] : []),
  ].join(', ');
}

describe('what a pod needs next', () => {
  const a = container('a');
  const b = container('b');
  const init = container('i1');
  const side = container('s1', { restartPolicy: 'Always' });

  it('a new pod: a sandbox and all containers', () => assert.equal(plan(pod([a, b]), { sandboxes: [], containers: [] }), 'sandbox 0, main a 0, main b 0'));
  it('a new pod with init containers: the first of them', () => assert.equal(plan(pod([a], { initContainers: [init, container('i2')] }), { sandboxes: [], containers: [] }), 'sandbox 0, init i1 0'));
  it('everything runs: nothing', () => assert.equal(plan(pod([a]), having(made('a', { state: 'running' }))), ''));
  it('a container has ended: again', () => assert.equal(plan(pod([a, b]), having(made('a', { state: 'exited', exitCode: 1 }), made('b', { state: 'running' }))), 'main a 1'));
  it('it ended well and the policy is OnFailure: not again', () => assert.equal(plan(pod([a, b], { restartPolicy: 'OnFailure' }), having(made('a', { state: 'exited' }), made('b', { state: 'running' }))), ''));
  it('all ended well: finished', () => assert.equal(plan(pod([a], { restartPolicy: 'OnFailure' }), having(made('a', { state: 'exited' }))), 'finished'));
  it('one failed and the policy is Never: finished', () => assert.equal(plan(pod([a], { restartPolicy: 'Never' }), having(made('a', { state: 'exited', exitCode: 1 }))), 'finished'));
  it('a container of its own policy restarts in a pod that does not', () => {
    assert.equal(plan(pod([container('a', { restartPolicy: 'OnFailure' })], { restartPolicy: 'Never' }), having(made('a', { state: 'exited', exitCode: 1 }))), 'main a 1');
  });
  it('a rule on exit codes restarts', () => {
    const ruled = container('a', { restartPolicy: 'Never', restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }] });
    assert.equal(plan(pod([ruled], { restartPolicy: 'Never' }), having(made('a', { state: 'exited', exitCode: 42 }))), 'main a 1');
    assert.equal(plan(pod([ruled], { restartPolicy: 'Never' }), having(made('a', { state: 'exited', exitCode: 1 }))), 'finished');
  });
  it('liveness failed: kill and again', () => {
    const sick: HealthOf = () => ({ started: true, failed: 'liveness' });
    assert.equal(plan(pod([a]), having(made('a', { state: 'running' })), sick), 'kill a-0 liveness, main a 1');
    assert.equal(plan(pod([a], { restartPolicy: 'Never' }), having(made('a', { state: 'running' })), sick), 'finished');
  });
  it('the image changed: kill and again', () => assert.equal(plan(pod([container('a', { image: 'j' })]), having(made('a', { state: 'running' }))), 'kill a-0 changed, main a 1'));

  it('the init container runs: wait', () => assert.equal(plan(pod([a], { initContainers: [init] }), having(made('i1', { state: 'running' }))), ''));
  it('it ended well: the main containers', () => assert.equal(plan(pod([a], { initContainers: [init] }), having(made('i1', { state: 'exited' }))), 'main a 0'));
  it('it failed: again', () => assert.equal(plan(pod([a], { initContainers: [init] }), having(made('i1', { state: 'exited', exitCode: 1 }))), 'init i1 1'));
  it('it failed and the policy is Never: finished', () => assert.equal(plan(pod([a], { initContainers: [init], restartPolicy: 'Never' }), having(made('i1', { state: 'exited', exitCode: 1 }))), 'finished'));
  it('a main container has run: init containers are behind', () => assert.equal(plan(pod([a], { initContainers: [init] }), having(made('a', { state: 'exited', exitCode: 1 }))), 'main a 1'));

  it('a sidecar must have started before what comes after it', () => {
    const of = pod([a], { initContainers: [side, init] });
    assert.equal(plan(of, having(made('s1', { state: 'running' })), () => ({ started: false })), '');
    assert.equal(plan(of, having(made('s1', { state: 'running' }))), 'init i1 0');
  });
  it('a sidecar that ends starts again, also in pods that do not', () => {
    assert.equal(plan(pod([a], { initContainers: [side], restartPolicy: 'Never' }), having(made('s1', { state: 'exited' }), made('a', { state: 'running' }))), 'sidecar s1 1');
  });
  it('sidecars do not keep a pod alive', () => {
    assert.equal(plan(pod([a], { initContainers: [side], restartPolicy: 'Never' }), having(made('s1', { state: 'running' }), made('a', { state: 'exited' }))), 'finished');
  });

  it('the sandbox died: a new one, with init containers again', () => {
    const dead: PodSnapshot = { sandboxes: [sandbox('s0', 0, 'notReady')], containers: [made('a', { state: 'exited', exitCode: 137 }), made('i1', { state: 'exited' })] };
    assert.equal(plan(pod([a]), dead), 'stop s0, sandbox 1, main a 1');
    assert.equal(plan(pod([a], { initContainers: [init] }), dead), 'stop s0, sandbox 1, init i1 1');
    assert.equal(plan(pod([a], { restartPolicy: 'Never' }), dead), 'stop s0, finished');
  });
  it('containers of the old sandbox do not count in the new one', () => {
    const renewed: PodSnapshot = { sandboxes: [sandbox('s1', 1), sandbox('s0', 0, 'notReady')], containers: [made('i1', { state: 'exited', sandbox: 's0' }), made('a', { state: 'exited', sandbox: 's0' })] };
    assert.equal(plan(pod([a], { initContainers: [init] }), renewed), 'init i1 1');
  });
  it('ephemeral containers start once', () => {
    const of = pod([a], { ephemeralContainers: [container('debug')] });
    assert.equal(plan(of, having(made('a', { state: 'running' }))), 'ephemeral debug 0');
    assert.equal(plan(of, having(made('a', { state: 'running' }), made('debug', { state: 'exited' }))), '');
  });
  it('the API remembers restart counts that the runtime forgot', () => {
    const of = { ...pod([a]), status: { containerStatuses: [{ name: 'a', state: {}, lastState: {}, ready: false, restartCount: 4, image: '', imageID: '', containerID: 'containerd://x' }] } };
    assert.equal(plan(of, running), 'main a 5');
  });
});
