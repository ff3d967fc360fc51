import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podSecurity } from './pod-security.ts';
import { DEFAULT_POD_SECURITY, type PodSecurityConfiguration, readPodSecurityConfiguration } from './configuration.ts';
import { openTestRegistry } from '../../testing/open-registry.ts';
import { StatusError } from '#machinery/status.ts';

const PODS = '/api/v1/namespaces/n/pods';
const NAMESPACES = '/api/v1/namespaces';
const LABEL = 'pod-security.kubernetes.io/';
const MERGE = 'application/merge-patch+json';

const open = (configuration: PodSecurityConfiguration = DEFAULT_POD_SECURITY) =>
  openTestRegistry({ admission: ({ caches }) => [podSecurity(caches, configuration)] });
const labels = (levels: Record<string, string>) => Object.fromEntries(Object.entries(levels).map(([mode, level]) => [LABEL + mode, level]));
const namespace = (levels: Record<string, string>, name = 'n') => ({ metadata: { name, labels: labels(levels) } });
const pod = (name: string, spec: object = {}, metadata: object = {}) => ({
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});
const deployment = (spec: object) => ({
  metadata: { name: 'd' },
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } },
  },
});

const refused = (code: number, message: string) => (error: unknown) => {
  assert.ok(error instanceof StatusError, String(error));
  assert.equal(error.message, message);
  assert.equal(error.code, code);
  return true;
};

test('pods that break the enforced level are refused, others are warned about', async () => {
  await using server = await open();
  const { caller } = server;
  await caller.do('POST', NAMESPACES, { body: namespace({ enforce: 'baseline', warn: 'restricted', 'warn-version': 'v1.20' }) });
  await assert.rejects(
    caller.do('POST', PODS, { body: pod('p', { hostNetwork: true }) }),
    refused(403, 'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)'),
  );
  assert.deepEqual(caller.warnings, []);
  await caller.do('POST', PODS, { body: pod('p') });
  assert.equal(caller.warnings.length, 1);
  assert.match(caller.warnings[0]!, /^would violate PodSecurity "restricted:v1.20": allowPrivilegeEscalation != false \(container "c"/);
  // Changes that matter to no check are let through even where the pod would not be.
  await caller.do('PATCH', `${NAMESPACES}/n`, { body: { metadata: { labels: labels({ enforce: 'restricted' }) } }, mediaType: MERGE });
  await caller.do('PATCH', `${PODS}/p`, { body: { metadata: { labels: { x: 'y' } } }, mediaType: MERGE });
  await assert.rejects(
    caller.do('PATCH', `${PODS}/p`, {
      body: { spec: { containers: [{ name: 'c', image: 'other' }] } },
      mediaType: 'application/strategic-merge-patch+json',
    }),
    /violates PodSecurity "restricted:latest"/,
  );
  const ephemeral = { spec: { ephemeralContainers: [{ name: 'debug', image: 'i' }] } };
  await assert.rejects(
    caller.do('PATCH', `${PODS}/p/ephemeralcontainers`, { body: ephemeral, mediaType: 'application/strategic-merge-patch+json' }),
    /containers "c", "debug" must set/,
  );
});

test('workloads are only warned about', async () => {
  await using server = await open();
  const { caller } = server;
  await caller.do('POST', NAMESPACES, { body: namespace({ enforce: 'baseline' }) });
  await caller.do('POST', '/apis/apps/v1/namespaces/n/deployments', { body: deployment({ hostPID: true }) });
  assert.deepEqual(caller.warnings, ['would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)']);
  await caller.do('POST', '/apis/batch/v1/namespaces/n/cronjobs', {
    body: {
      metadata: { name: 'j' },
      spec: {
        schedule: '* * * * *',
        jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', hostIPC: true, containers: [{ name: 'c', image: 'i' }] } } } },
      },
    },
  });
  assert.equal(caller.warnings.at(-1), 'would violate PodSecurity "baseline:latest": host namespaces (hostIPC=true)');
});

test('a namespace that becomes stricter names the pods that would not be let in', async () => {
  await using server = await open();
  const { caller } = server;
  await assert.rejects(
    caller.do('POST', NAMESPACES, { body: namespace({ enforce: 'none' }) }),
    refused(
      422,
      'Namespace "n" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "none": must be one of privileged, baseline, restricted',
    ),
  );
  await caller.do('POST', NAMESPACES, { body: namespace({}) });
  await caller.do('POST', PODS, { body: pod('b', { hostNetwork: true }) });
  await caller.do('POST', PODS, { body: pod('a', { hostNetwork: true }) });
  await caller.do('POST', PODS, {
    body: pod('c', { hostPID: true, containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }] }),
  });
  await caller.do('POST', PODS, { body: pod('fine') });
  const relabel = (levels: Record<string, string | null>) =>
    caller.do('PATCH', `${NAMESPACES}/n`, {
      body: { metadata: { labels: Object.fromEntries(Object.entries(levels).map(([mode, level]) => [LABEL + mode, level])) } },
      mediaType: MERGE,
    });
  await relabel({ enforce: 'baseline' });
  assert.deepEqual(caller.warnings, [
    'existing pods in namespace "n" violate the new PodSecurity enforce level "baseline:latest"',
    'a (and 1 other pod): host namespaces',
    'c: host namespaces, privileged',
  ]);
  await relabel({ audit: 'restricted' });
  await relabel({ enforce: 'privileged' });
  assert.equal(caller.warnings.length, 3);
});

test('defaults and exemptions of the configuration', async () => {
  const configuration = readPodSecurityConfiguration(
    {
      apiVersion: 'pod-security.admission.config.k8s.io/v1',
      kind: 'PodSecurityConfiguration',
      defaults: { enforce: 'baseline', 'enforce-version': 'latest' },
      exemptions: { namespaces: ['free'], usernames: ['boss'], runtimeClasses: ['vm'] },
    },
    'psa.yaml',
  );
  await using server = await open(configuration);
  const { caller } = server;
  await caller.do('POST', NAMESPACES, { body: { metadata: { name: 'n' } } });
  await caller.do('POST', NAMESPACES, { body: namespace({ enforce: 'restricted' }, 'free') });
  assert.deepEqual(caller.warnings, ['namespace "free" is exempt from Pod Security, and the policy (enforce=restricted:latest) will be ignored']);
  const bad = { hostNetwork: true };
  await assert.rejects(caller.do('POST', PODS, { body: pod('p', bad) }), /violates PodSecurity "baseline:latest"/);
  await caller.do('POST', PODS, { body: pod('boss', bad), user: { name: 'boss', groups: [] } });
  await caller.do('POST', PODS, { body: pod('vm', { ...bad, runtimeClassName: 'vm' }) });
  await caller.do('POST', '/api/v1/namespaces/free/pods', { body: pod('p', bad) });
});

test('configurations that cannot be', () => {
  const read = (value: object) => () =>
    readPodSecurityConfiguration({ apiVersion: 'pod-security.admission.config.k8s.io/v1', kind: 'PodSecurityConfiguration', ...value }, 'f');
  assert.throws(
    read({ defaults: { enforce: 'x' } }),
    /^ConfigurationError: f: defaults.enforce: Invalid value: "x": must be one of privileged, baseline, restricted$/,
  );
  assert.throws(read({ defaults: { warned: 'x' } }), /unknown field "defaults.warned"/);
  assert.throws(
    read({ exemptions: { namespaces: ['a', 'a', 'A'] } }),
    /exemptions.namespaces\[1\]: Duplicate value: "a", exemptions.namespaces\[2\]: Invalid value: "A"/,
  );
  assert.throws(read({ apiVersion: 'v1' }), /no kind "PodSecurityConfiguration" is registered for version "v1"/);
});
