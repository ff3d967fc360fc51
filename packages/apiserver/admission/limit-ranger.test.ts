import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitRanger } from './limit-ranger.ts';
import { openTestRegistry } from '../testing/open-registry.ts';

const PODS = '/api/v1/namespaces/default/pods';
const LIMITS = '/api/v1/namespaces/default/limitranges';
const open = () => openTestRegistry({ admission: ({ caches }) => [limitRanger(caches)] });
const pod = (resources: object = {}) => ({ metadata: { generateName: 'p-' }, spec: { containers: [{ name: 'c', image: 'i', resources }] } });

test('containers get defaults', async () => {
  await using server = await open();
  const { caller } = server;
  await caller.do('POST', LIMITS, {
    body: {
      metadata: { name: 'l' },
      spec: { limits: [{ type: 'Container', default: { cpu: '500m', memory: '1Gi' }, defaultRequest: { cpu: '100m' } }] },
    },
  });
  interface PodJson {
    metadata: { annotations: Record<string, string> };
    spec: { containers: { resources: object }[] };
  }
  const made = await caller.do<PodJson>('POST', PODS, { body: pod() });
  assert.deepEqual(made.spec.containers[0]!.resources, { limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '100m', memory: '1Gi' } });
  assert.equal(
    made.metadata.annotations['kubernetes.io/limit-ranger'],
    'LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c',
  );
  const own = await caller.do<PodJson>('POST', PODS, { body: pod({ limits: { cpu: '2' } }) });
  assert.deepEqual(own.spec.containers[0]!.resources, { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '2', memory: '1Gi' } });
});

test('what is too small, too large or too elastic is refused', async () => {
  await using server = await open();
  const { caller } = server;
  const limits = [
    { type: 'Container', min: { cpu: '100m' }, max: { cpu: '1' }, maxLimitRequestRatio: { cpu: '2' } },
    { type: 'Pod', max: { memory: '1Gi' } },
    { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } },
  ];
  await caller.do('POST', LIMITS, { body: { metadata: { name: 'l' }, spec: { limits } } });
  const refused = async (resources: object, message: RegExp) => assert.rejects(caller.do('POST', PODS, { body: pod(resources) }), message);
  const memory = { memory: '1Gi' };
  await refused(
    { limits: { cpu: '50m', ...memory } },
    /pods "p-.{5}" is forbidden: \[minimum cpu usage per Container is 100m, but request is 50m\]?|minimum cpu usage per Container is 100m, but request is 50m/,
  );
  await refused({ limits: { cpu: '2', ...memory }, requests: { cpu: '1', ...memory } }, /maximum cpu usage per Container is 1, but limit is 2/);
  await refused(
    { limits: { cpu: '1', ...memory }, requests: { cpu: '200m' } },
    /cpu max limit to request ratio per Container is 2, but provided ratio is 5\.000000/,
  );
  await refused({ limits: { cpu: '1', memory: '2Gi' } }, /maximum memory usage per Pod is 1Gi, but limit is 2Gi/);
  await caller.do('POST', PODS, { body: pod({ limits: { cpu: '500m', ...memory } }) });
  const claim = (storage: string) => ({ metadata: { name: 'c' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } } });
  await assert.rejects(
    caller.do('POST', '/api/v1/namespaces/default/persistentvolumeclaims', { body: claim('5Gi') }),
    /maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 5Gi/,
  );
});
