import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLimitedResources } from './limited-resources.ts';
import { admissionPlugins } from './plugins.ts';
import { openTestRegistry } from '../testing/open-registry.ts';

const BASE = '/api/v1/namespaces/default';
const limitedResources = readLimitedResources(
  {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'ResourceQuotaConfiguration',
    limitedResources: [
      { resource: 'pods', matchScopes: [{ scopeName: 'PriorityClass', operator: 'In', values: ['cluster-services'] }] },
      { resource: 'persistentvolumeclaims', matchContains: ['gold.storageclass.storage.k8s.io/requests.storage'] },
    ],
  },
  'f',
);

test('what is limited needs a quota', async () => {
  await using server = await openTestRegistry({
    admission: (options) => admissionPlugins(options, { plugins: { limitedResources } }).filter(({ name }) => name === 'ResourceQuota'),
  });
  const { caller } = server;
  const pod = (name: string, priorityClassName?: string) =>
    caller.do('POST', `${BASE}/pods`, {
      body: { metadata: { name }, spec: { ...(priorityClassName ? { priorityClassName } : {}), containers: [{ name: 'c', image: 'i' }] } },
    });
  const claim = (name: string, storageClassName: string) =>
    caller.do('POST', `${BASE}/persistentvolumeclaims`, {
      body: { metadata: { name }, spec: { storageClassName, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    });
  await pod('plain');
  await assert.rejects(pod('p', 'cluster-services'), {
    message: 'pods "p" is forbidden: insufficient quota to match these scopes: [{PriorityClass In [cluster-services]}]',
  });
  await claim('bronze', 'bronze');
  await assert.rejects(claim('gold', 'gold'), {
    message: 'persistentvolumeclaims "gold" is forbidden: insufficient quota to consume: gold.storageclass.storage.k8s.io/requests.storage',
  });
  const hard = { pods: '1' };
  const scopeSelector = { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['cluster-services'] }] };
  await caller.do('POST', `${BASE}/resourcequotas`, { body: { metadata: { name: 'q' }, spec: { hard, scopeSelector } } });
  await caller.do('PATCH', `${BASE}/resourcequotas/q/status`, {
    body: { status: { hard, used: { pods: '0' } } },
    mediaType: 'application/merge-patch+json',
  });
  await pod('p', 'cluster-services');
  await assert.rejects(pod('q', 'cluster-services'), /exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1/);
});

test('configurations', () => {
  assert.deepEqual(
    readLimitedResources(
      { apiVersion: 'resourcequota.admission.k8s.io/v1beta1', kind: 'Configuration', limitedResources: [{ resource: 'pods' }] },
      'f',
    ),
    [{ resource: 'pods' }],
  );
  assert.throws(
    () => readLimitedResources({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'ResourceQuotaConfiguration', limits: [] }, 'f'),
    /unknown field "limits"/,
  );
});
