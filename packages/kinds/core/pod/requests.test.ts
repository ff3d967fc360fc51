import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../../testing/objects.ts';
import { container, pod } from '../../testing/pods.ts';
import { pods } from './kind.ts';
import { qosClass } from './qos.ts';
import { podLimits, podRequestAmounts, podRequests } from './requests.ts';
import type { Pod } from './schema.ts';

test('requests: the larger of init containers and the rest, with sidecars and overhead', () => {
  const cpu = (amount: string): object => ({ requests: { cpu: amount }, limits: {} });
  const object = created(
    pods,
    pod({
      overhead: { cpu: '10m' },
      containers: [
        { name: 'a', image: 'a', resources: cpu('100m') },
        { name: 'b', image: 'b', resources: cpu('200m') },
      ],
      initContainers: [
        { name: 'side', image: 's', restartPolicy: 'Always', resources: cpu('50m') },
        { name: 'big', image: 'i', resources: cpu('1') },
      ],
    }),
  );
  assert.deepEqual(podRequests(object), { cpu: '1060m' });
  assert.deepEqual(podRequestAmounts(object), { cpu: 1060 });
  assert.deepEqual(podLimits(object), {});
});

test('quality of service', () => {
  const spec = (resources: object): Pod['spec'] => created(pods, container({ resources })).spec;
  assert.equal(qosClass(spec({})), 'BestEffort');
  assert.equal(qosClass(spec({ requests: { cpu: '1' } })), 'Burstable');
  assert.equal(qosClass(spec({ limits: { cpu: '1', memory: '1' } })), 'Guaranteed');
  assert.equal(qosClass(spec({ limits: { cpu: '1' } })), 'Burstable');
});
