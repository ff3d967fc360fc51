/** What templates need not mend when something else about their workload changes. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { daemonSets } from '../../../apps/daemon-set/kind.ts';
import { deployments } from '../../../apps/deployment/kind.ts';
import { replicaSets } from '../../../apps/replica-set/kind.ts';
import { statefulSets } from '../../../apps/stateful-set/kind.ts';
import { cronJobs } from '../../../batch/cron-job/kind.ts';
import { jobs } from '../../../batch/job/kind.ts';
import { createFindings, created, draftOf, lines, testContext, withGates } from '../../../testing/objects.ts';
import { podTemplates } from '../../pod-template/kind.ts';
import { replicationControllers } from '../../replication-controller/kind.ts';

const labels = { app: 'web' };
const selector = { matchLabels: labels };
const toleration = { key: 'k', operator: 'Lt', value: '5', effect: 'NoSchedule' };
const podSpec = { containers: [{ name: 'c', image: 'i' }], tolerations: [toleration] };
const template = { metadata: { labels }, spec: podSpec };
const once = { ...template, spec: { ...podSpec, restartPolicy: 'Never' } };

const WORKLOADS: readonly (readonly [kind: Kind, members: object, at: string])[] = [
  [deployments, { spec: { selector, template } }, 'spec.template.spec'],
  [replicaSets, { spec: { selector, template } }, 'spec.template.spec'],
  [daemonSets, { spec: { selector, template } }, 'spec.template.spec'],
  [statefulSets, { spec: { selector, template, serviceName: 's' } }, 'spec.template.spec'],
  [replicationControllers, { spec: { selector: labels, template } }, 'spec.template.spec'],
  [jobs, { metadata: { name: 'web', uid: 'u' }, spec: { template: once } }, 'spec.template.spec'],
  [cronJobs, { spec: { schedule: '@daily', jobTemplate: { spec: { template: once } } } }, 'spec.jobTemplate.spec.template.spec'],
  [podTemplates, { template }, 'template.spec'],
];
const on = withGates({ TaintTolerationComparisonOperators: true });

for (const [kind, members, at] of WORKLOADS) {
  const manifest = { kind: kind.kind, apiVersion: kind.group ? `${kind.group}/${kind.version}` : kind.version, metadata: { name: 'web' }, ...members };
  test(`${kind.kind}: what a gate allows is judged by the server's gates, and stays when it is turned off`, () => {
    const refused = `${at}.tolerations[0].operator: Unsupported value: "Lt": supported values: "Equal", "Exists", "Lt", "Gt"`;
    assert.deepEqual(createFindings(kind, manifest), [refused]);
    assert.deepEqual(createFindings(kind, manifest, on), []);
    const stored = created(kind, manifest, on);
    const change = draftOf<KubeObject>(stored);
    Object.assign(change.metadata!, { annotations: { a: 'b' } });
    const findings = kind.strategy.validateUpdate?.(change as unknown as KubeObject, stored, testContext) ?? [];
    assert.deepEqual(lines(findings), []);
    const plain = draftOf<KubeObject>(stored);
    const spec = at.split('.').reduce((value, name) => (value as Record<string, unknown>)[name], plain as unknown) as { tolerations: unknown[] };
    spec.tolerations = [];
    if (kind.kind === 'Job') return;
    assert.deepEqual(lines(kind.strategy.validateUpdate?.(stored, plain as unknown as KubeObject, testContext) ?? []), [refused]);
  });
}
