import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admissionPlugins } from './plugins.ts';
import { openTestRegistry } from '../testing/open-registry.ts';

const PODS = '/api/v1/namespaces/default/pods';
const pod = (name: string, spec: object, metadata: object = {}) => ({
  metadata: { name, ...metadata },
  spec: { serviceAccountName: 'strict', containers: [{ name: 'c', image: 'i' }], ...spec },
});

test('pods of an account that limits its secrets use no others', async () => {
  await using server = await openTestRegistry({ admission: (options) => admissionPlugins(options).filter(({ name }) => name === 'ServiceAccount') });
  const { caller } = server;
  await caller.do('POST', '/api/v1/namespaces/default/serviceaccounts', {
    body: {
      metadata: { name: 'strict', annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } },
      secrets: [{ name: 'mine' }],
      imagePullSecrets: [{ name: 'pull' }],
    },
  });
  const env = (name: string) => ({ env: [{ name: 'E', valueFrom: { secretKeyRef: { name, key: 'k' } } }] });
  const why = 'is not allowed because service account strict does not reference that';
  const cases: readonly (readonly [object, string])[] = [
    [{ volumes: [{ name: 'v', secret: { secretName: 'other' } }] }, `volume with secret.secretName="other" ${why} secret`],
    [{ containers: [{ name: 'c', image: 'i', ...env('other') }] }, `container c with envVar E referencing secret.secretName="other" ${why} secret`],
    [
      { initContainers: [{ name: 'a', image: 'i', envFrom: [{ secretRef: { name: 'other' } }] }] },
      `init container a with envFrom referencing secret.secretName="other" ${why} secret`,
    ],
    [{ imagePullSecrets: [{ name: 'other' }] }, `imagePullSecrets[0].name="other" ${why} imagePullSecret`],
  ];
  for (const [spec, words] of cases)
    await assert.rejects(caller.do('POST', PODS, { body: pod('p', spec) }), { message: `pods "p" is forbidden: ${words}` });
  await caller.do('POST', PODS, {
    body: pod('p', { volumes: [{ name: 'v', secret: { secretName: 'mine' } }], imagePullSecrets: [{ name: 'pull' }] }),
  });
  const debug = { spec: { ephemeralContainers: [{ name: 'd', image: 'i', ...env('other') }] } };
  await assert.rejects(caller.do('PATCH', `${PODS}/p/ephemeralcontainers`, { body: debug, mediaType: 'application/strategic-merge-patch+json' }), {
    message: `pods "p" is forbidden: ephemeral container d with envVar E referencing secret.secretName="other" ${why} secret`,
  });
});

test('mirror pods refer to no account and no secret', async () => {
  await using server = await openTestRegistry({ admission: (options) => admissionPlugins(options).filter(({ name }) => name === 'ServiceAccount') });
  const { caller } = server;
  const mirror = (spec: object) =>
    pod('m', { nodeName: 'n', serviceAccountName: '', ...spec }, { annotations: { 'kubernetes.io/config.mirror': 'x' } });
  const cases: readonly (readonly [object, string])[] = [
    [{ serviceAccountName: 's' }, 'a mirror pod may not reference service accounts'],
    [{ containers: [{ name: 'c', image: 'i', envFrom: [{ secretRef: { name: 's' } }] }] }, 'a mirror pod may not reference secrets'],
    [
      { volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] },
      'a mirror pod may not use ServiceAccountToken volume projections',
    ],
  ];
  for (const [spec, words] of cases)
    await assert.rejects(caller.do('POST', PODS, { body: mirror(spec) }), { message: `pods "m" is forbidden: ${words}` });
});
