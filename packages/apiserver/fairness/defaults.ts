/** The flow schemas and priority levels that are there from the start. Source: KEP-1040; apiserver `flowcontrol/bootstrap`. */
import { mandatoryFlowSchemas, mandatoryLevels } from '#kinds/flowcontrol/mandatory.ts';
import type { FlowSchemaSpec } from '#kinds/flowcontrol/flow-schema/schema.ts';
import type { PriorityLevelConfigurationSpec } from '#kinds/flowcontrol/priority-level-configuration/schema.ts';

type Rule = NonNullable<FlowSchemaSpec['rules']>[number];
type Subjects = Rule['subjects'];
type ResourceRule = NonNullable<Rule['resourceRules']>[number];

/** A default priority level. */
export interface DefaultLevel {
  readonly name: string;
  readonly spec: PriorityLevelConfigurationSpec;
}

/** A default flow schema. */
export interface DefaultSchema {
  readonly name: string;
  readonly spec: FlowSchemaSpec;
}

const queued = (name: string, shares: number, lendablePercent: number, queues: number, handSize: number): DefaultLevel => ({
  name,
  spec: {
    type: 'Limited',
    limited: { nominalConcurrencyShares: shares, lendablePercent, limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } } },
  },
});

/** Priority levels. */
export const defaultLevels: readonly DefaultLevel[] = [
  { name: 'exempt', spec: mandatoryLevels.exempt },
  queued('system', 30, 33, 64, 6),
  queued('node-high', 40, 25, 64, 6),
  queued('leader-election', 10, 0, 16, 4),
  queued('workload-high', 40, 50, 128, 6),
  queued('workload-low', 100, 90, 128, 6),
  queued('global-default', 20, 50, 128, 6),
  { name: 'catch-all', spec: mandatoryLevels['catch-all'] },
];

const groups = (...names: string[]): Subjects => names.map((name) => ({ kind: 'Group', group: { name } }));
const users = (...names: string[]): Subjects => names.map((name) => ({ kind: 'User', user: { name } }));
const accounts = (namespace: string, ...names: string[]): Subjects => names.map((name) => ({ kind: 'ServiceAccount', serviceAccount: { namespace, name } }));

const everywhere: ResourceRule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true };
const anyPath = { verbs: ['*'], nonResourceURLs: ['*'] };
const all = (subjects: Subjects): Rule => ({ subjects, resourceRules: [everywhere], nonResourceRules: [anyPath] });
const leases = (namespace: string): ResourceRule => ({ verbs: ['get', 'create', 'update'], apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: [namespace] });

const schema = (name: string, level: string, precedence: number, by: 'ByUser' | 'ByNamespace' | undefined, ...rules: Rule[]): DefaultSchema => ({
  name,
  spec: { priorityLevelConfiguration: { name: level }, matchingPrecedence: precedence, ...(by ? { distinguisherMethod: { type: by } } : {}), rules },
});

/** Flow schemas. */
export const defaultSchemas: readonly DefaultSchema[] = [
  { name: 'exempt', spec: mandatoryFlowSchemas.exempt },
  schema('probes', 'exempt', 2, undefined, {
    subjects: groups('system:unauthenticated', 'system:authenticated'),
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  }),
  schema('system-leader-election', 'leader-election', 100, 'ByUser', { subjects: [...users('system:kube-controller-manager', 'system:kube-scheduler'), ...accounts('kube-system', '*')], resourceRules: [leases('kube-system')] }),
  schema('endpoint-controller', 'workload-high', 150, 'ByUser', {
    subjects: [...users('system:kube-controller-manager'), ...accounts('kube-system', 'endpoint-controller', 'endpointslicemirroring-controller')],
    resourceRules: [{ verbs: ['get', 'create', 'update'], apiGroups: [''], resources: ['endpoints'], namespaces: ['*'] }],
  }),
  schema('workload-leader-election', 'leader-election', 200, 'ByUser', { subjects: accounts('kube-system', '*'), resourceRules: [leases('*')] }),
  schema('system-node-high', 'node-high', 400, 'ByUser', {
    subjects: groups('system:nodes'),
    resourceRules: [
      { verbs: ['*'], apiGroups: [''], resources: ['nodes', 'nodes/status'], namespaces: ['*'], clusterScope: true },
      { verbs: ['*'], apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ['*'] },
    ],
  }),
  schema('system-nodes', 'system', 500, 'ByUser', all(groups('system:nodes'))),
  schema('kube-controller-manager', 'workload-high', 800, 'ByNamespace', all(users('system:kube-controller-manager'))),
  schema('kube-scheduler', 'workload-high', 800, 'ByNamespace', all(users('system:kube-scheduler'))),
  schema('kube-system-service-accounts', 'workload-high', 900, 'ByNamespace', all(accounts('kube-system', '*'))),
  schema('service-accounts', 'workload-low', 9000, 'ByUser', all(groups('system:serviceaccounts'))),
  schema('global-default', 'global-default', 9900, 'ByUser', all(groups('system:unauthenticated', 'system:authenticated'))),
  { name: 'catch-all', spec: mandatoryFlowSchemas['catch-all'] },
];
