import { withGates } from '../../../testing/objects.ts';
import { LABEL_VALUE_TEXT, QUALIFIED_TEXT, specCases, SUBDOMAIN_TEXT } from '../../../testing/pods.ts';

specCases({
  'nothing but a container': [{}, []],
  'a restart policy that is none': [
    { restartPolicy: 'Maybe' },
    ['restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"'],
  ],
  'names of others': [{ serviceAccountName: 'a', priorityClassName: 'b', runtimeClassName: 'c', nodeName: 'd' }, []],
  'names that are none': [
    { serviceAccountName: 'A', priorityClassName: 'B', runtimeClassName: 'C', nodeName: 'D' },
    [
      `serviceAccountName: Invalid value: "A": ${SUBDOMAIN_TEXT}`,
      `nodeName: Invalid value: "D": ${SUBDOMAIN_TEXT}`,
      `priorityClassName: Invalid value: "B": ${SUBDOMAIN_TEXT}`,
      `runtimeClassName: Invalid value: "C": ${SUBDOMAIN_TEXT}`,
    ],
  ],
  'no runtime class': [{ runtimeClassName: '' }, [`runtimeClassName: Invalid value: "": ${SUBDOMAIN_TEXT}`]],
  'a deadline': [{ activeDeadlineSeconds: 1 }, []],
  'no time': [{ activeDeadlineSeconds: 0 }, ['activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive']],
  'too much time': [
    { activeDeadlineSeconds: 2147483648 },
    ['activeDeadlineSeconds: Invalid value: 2147483648: must be between 1 and 2147483647, inclusive'],
  ],
  'a grace period of less than nothing': [{ terminationGracePeriodSeconds: -5 }, []],
  'a node selector': [{ nodeSelector: { 'example.com/a': 'b' } }, []],
  'a node selector that is none': [
    { nodeSelector: { 'a b': 'c d' } },
    [`nodeSelector: Invalid value: "a b": ${QUALIFIED_TEXT}`, `nodeSelector: Invalid value: "c d": ${LABEL_VALUE_TEXT}`],
  ],
  preemption: [{ preemptionPolicy: 'Never' }, []],
  'preemption that is none': [
    { preemptionPolicy: 'Sometimes' },
    ['preemptionPolicy: Unsupported value: "Sometimes": supported values: "PreemptLowerPriority", "Never"'],
  ],
  'readiness gates': [{ readinessGates: [{ conditionType: 'example.com/ready' }] }, []],
  'readiness gates that are none': [
    { readinessGates: [{ conditionType: 'a b' }, { conditionType: '' }] },
    [
      `readinessGates[0].conditionType: Invalid value: "a b": ${QUALIFIED_TEXT}`,
      'readinessGates[1].conditionType: Invalid value: "": name part must be non-empty',
      `readinessGates[1].conditionType: Invalid value: "": ${QUALIFIED_TEXT}`,
    ],
  ],
  'scheduling gates': [{ schedulingGates: [{ name: 'example.com/a' }, { name: 'b' }] }, []],
  'scheduling gates that are none': [
    { schedulingGates: [{ name: 'a b' }, { name: '' }, { name: 'c' }, { name: 'c' }] },
    [
      `schedulingGates[0]: Invalid value: "a b": ${QUALIFIED_TEXT}`,
      'schedulingGates[1]: Invalid value: "": name part must be non-empty',
      `schedulingGates[1]: Invalid value: "": ${QUALIFIED_TEXT}`,
      'schedulingGates[3]: Duplicate value: "c"',
    ],
  ],
  'gates of a pod that has a node': [
    { nodeName: 'n', schedulingGates: [{ name: 'a' }] },
    ['nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'],
  ],
  'a volume that nothing mounts': [{ volumes: [{ name: 'v', emptyDir: {} }] }, []],
  'host ports beside the ports of containers': [
    { hostNetwork: true, containers: [{ name: 'c', image: 'a', ports: [{ containerPort: 80, hostPort: 81 }] }] },
    ['containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true'],
  ],
  'ephemeral containers at once': [{ ephemeralContainers: [{ name: 'e', image: 'a' }] }, ['ephemeralContainers: Forbidden: cannot be set on create']],
});

specCases(
  {
    'a group': [{ schedulingGroup: { podGroupName: 'g' } }, []],
    'a group without name': [{ schedulingGroup: {} }, ['schedulingGroup.podGroupName: Invalid value: null: must specify one of: `podGroupName`']],
    'a group with a name that is none': [
      { schedulingGroup: { podGroupName: 'G' } },
      [`schedulingGroup.podGroupName: Invalid value: "G": ${SUBDOMAIN_TEXT}`],
    ],
  },
  withGates({ GenericWorkload: true }),
);
