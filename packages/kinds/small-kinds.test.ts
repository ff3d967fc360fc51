import { createCases, updateCases } from './testing/tables.ts';
import { leases } from './coordination/lease/kind.ts';
import { runtimeClasses } from './node/runtime-class/kind.ts';
import { priorityClasses } from './scheduling/priority-class/kind.ts';

const metadata = { name: 'web', namespace: 'default' };
const lease = (spec: object): object => ({ kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', metadata, spec });

createCases(leases, {
  'no time': [lease({ leaseDurationSeconds: 0 }), ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0']],
  'negative transitions': [lease({ leaseTransitions: -1 }), ['spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0']],
  'empty holder': [lease({ holderIdentity: '' }), []],
});

const priority = (members: object, name = 'high'): object => ({
  kind: 'PriorityClass',
  apiVersion: 'scheduling.k8s.io/v1',
  metadata: { name },
  value: 1000,
  ...members,
});

createCases(priorityClasses, {
  'too high': [priority({ value: 1_000_000_001 }), ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000']],
  'name of the system': [
    priority({}, 'system-high'),
    [
      `metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-high is not a known system priority class`,
    ],
  ],
  'bad preemption': [
    priority({ preemptionPolicy: 'Sometimes' }),
    ['preemptionPolicy: Unsupported value: "Sometimes": supported values: "PreemptLowerPriority", "Never"'],
  ],
});

updateCases(priorityClasses, priority({}), {
  description: [(draft) => void (draft.description = 'x'), []],
  value: [(draft) => void (draft.value = 1), ['value: Forbidden: may not be changed in an update.']],
  preemption: [(draft) => void (draft.preemptionPolicy = 'Never'), ['preemptionPolicy: Invalid value: "Never": field is immutable']],
});

const runtimeClass = (members: object): object => ({
  kind: 'RuntimeClass',
  apiVersion: 'node.k8s.io/v1',
  metadata: { name: 'r' },
  handler: 'runc',
  ...members,
});

createCases(runtimeClasses, {
  'bad handler': [
    runtimeClass({ handler: 'A_b' }),
    [
      `handler: Invalid value: "A_b": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
    ],
  ],
  'negative overhead': [
    runtimeClass({ overhead: { podFixed: { cpu: '-1' } } }),
    ['overhead.podFixed.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
  ],
});

updateCases(runtimeClasses, runtimeClass({}), {
  handler: [(draft) => void (draft.handler = 'kata'), ['handler: Invalid value: "kata": field is immutable']],
});
