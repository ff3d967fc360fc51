import { LABEL_TEXT, LABEL_VALUE_TEXT, QUALIFIED_TEXT, SUBDOMAIN_TEXT } from '../../testing/pods.ts';
import { createCases, statusCases, updateCases, warningCases } from '../../testing/tables.ts';
import { nodes } from './kind.ts';

const node = (members: object = {}, metadata: object = {}): object => ({
  kind: 'Node',
  apiVersion: 'v1',
  metadata: { name: 'n1', ...metadata },
  ...members,
});
const noted = (annotations: object): object => node({}, { annotations });
const TAINTS = 'scheduler.alpha.kubernetes.io/taints';
const AVOID = 'scheduler.alpha.kubernetes.io/preferAvoidPods';
const having = (status: object): object => node({ status });
const info = {
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: '',
  containerRuntimeVersion: '',
  kubeletVersion: '',
  kubeProxyVersion: '',
  operatingSystem: '',
  architecture: '',
};

createCases(nodes, {
  'a taint without effect': [node({ spec: { taints: [{ key: 'a' }] } }), ['metadata.taints[0].effect: Required value']],
  'a taint with a value that is none': [
    node({ spec: { taints: [{ key: 'a', value: 'b c', effect: 'NoExecute' }] } }),
    [`metadata.taints[0].value: Invalid value: "b c": ${LABEL_VALUE_TEXT}`],
  ],
  'taints as they were': [noted({ [TAINTS]: '[{"key":"a","effect":"NoSchedule"}]' }), []],
  'taints as they were, of no effect': [
    noted({ [TAINTS]: '[{"key":"a"}]' }),
    ['metadata.annotations.scheduler.alpha.kubernetes.io/taints[0].effect: Required value'],
  ],
  'pods to avoid': [noted({ [AVOID]: '{"preferAvoidPods":[{"podSignature":{"podController":{"controller":true}}}]}' }), []],
  'pods to avoid of nobody': [
    noted({ [AVOID]: '{"preferAvoidPods":[{"podSignature":{}},{"podSignature":{"podController":{}}}]}' }),
    [
      'metadata.annotations.scheduler.alpha.kubernetes.io/preferAvoidPods[0].PodSignature: Required value',
      'metadata.annotations.scheduler.alpha.kubernetes.io/preferAvoidPods[1].PodSignature.PodController.Controller: Invalid value: false: must point to a controller',
    ],
  ],
  amounts: [having({ capacity: { cpu: '4', memory: '8Gi', pods: '110', 'example.com/gpu': '2' } }), []],
  'amounts that are none': [
    having({ capacity: { cpu: '-1', pods: '1.5' }, allocatable: { memory: '-1', 'example.com/gpu': '500m' } }),
    [
      'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
      'status.capacity.pods: Invalid value: "1500m": must be an integer',
      'status.allocatable.example.com/gpu: Invalid value: "500m": must be an integer',
      'status.allocatable.memory: Invalid value: "-1": must be greater than or equal to 0',
    ],
  ],
  swap: [having({ nodeInfo: { ...info, swap: { capacity: 1024 } } }), []],
  'swap of nothing': [
    having({ nodeInfo: { ...info, swap: { capacity: 0 } } }),
    ['metadata.nodeSwapStatus.capacity: Invalid value: 0: must be greater than zero'],
  ],
  features: [having({ declaredFeatures: ['GuaranteedQoSPodCPUResize', 'RestartAllContainersOnContainerExits'] }), []],
  'features out of order': [
    having({ declaredFeatures: ['B', 'A', 'A'] }),
    ['status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically', 'status.declaredFeatures[2]: Duplicate value: "A"'],
  ],
  'features that are none': [
    having({ declaredFeatures: ['A b', 'a'] }),
    [
      'status.declaredFeatures[0]: Invalid value: "A b": invalid feature name "A b": must start with an UpperCamelCase segment, with subsequent segments separated by \'/\' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes',
      'status.declaredFeatures[1]: Invalid value: "a": invalid feature name "a": must start with an UpperCamelCase segment, with subsequent segments separated by \'/\' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes',
    ],
  ],
  'a range written oddly': [
    node({ spec: { podCIDR: '10.0.00.0/24', podCIDRs: ['10.0.00.0/24'] } }),
    ['spec.podCIDRs[0]: Invalid value: "10.0.00.0/24": must not have leading 0s in IP or prefix length'],
  ],
  'three ranges': [
    node({ spec: { podCIDR: '10.0.0.0/24', podCIDRs: ['10.0.0.0/24', 'fd00::/64', '10.0.1.0/24'] } }),
    ['spec.podCIDRs: Invalid value: ["10.0.0.0/24","fd00::/64","10.0.1.0/24"]: may specify no more than one CIDR for each IP family'],
  ],
});

updateCases(nodes, node({ spec: { externalID: 'x' } }), {
  'a provider and ranges where there were none': [
    (draft) => Object.assign(draft.spec!, { providerID: 'x://1', podCIDR: '10.0.0.0/24', podCIDRs: ['10.0.0.0/24'] }),
    [],
  ],
  'another external identifier': [(draft) => void (draft.spec!.externalID = 'y'), ['spec.externalID: Forbidden: may not be updated']],
  'a taint that is none': [
    (draft) => void (draft.spec!.taints = [{ key: 'a b', effect: 'NoSchedule' }]),
    [`metadata.taints[0].key: Invalid value: "a b": ${QUALIFIED_TEXT}`],
  ],
  cordoned: [(draft) => void (draft.spec!.unschedulable = true), []],
});

const configMap = { namespace: 'kube-system', name: 'c', kubeletConfigKey: 'kubelet' };
statusCases(nodes, node(), {
  addresses: [
    {},
    {
      addresses: [
        { type: 'InternalIP', address: '10.0.0.1' },
        { type: 'Hostname', address: 'n1' },
      ],
    },
    [],
  ],
  'the same address twice': [
    {},
    {
      addresses: [
        { type: 'Hostname', address: 'n1' },
        { type: 'Hostname', address: 'n1' },
      ],
    },
    ['status.addresses[1]: Duplicate value: {"Type":"Hostname","Address":"n1"}'],
  ],
  'less than nothing': [{}, { allocatable: { cpu: '-1' } }, ['status.allocatable.cpu: Invalid value: "-1": must be greater than or equal to 0']],
  'features in any order': [
    {},
    { declaredFeatures: ['B', 'A'] },
    ['status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically'],
  ],
  'a configuration': [{}, { config: { active: { configMap: { ...configMap, uid: 'u', resourceVersion: '1' } } } }, []],
  'a configuration of nothing': [
    {},
    { config: { assigned: {}, active: { configMap: { namespace: '', name: '', kubeletConfigKey: '' } } } },
    [
      'status.config.assigned: Invalid value: {"ConfigMap":null}: exactly one reference subfield must be non-nil',
      'status.config.active.configMap.uid: Required value',
      'status.config.active.configMap.resourceVersion: Required value',
      'status.config.active.configMap.namespace: Required value',
      'status.config.active.configMap.name: Required value',
      'status.config.active.configMap.kubeletConfigKey: Required value',
    ],
  ],
  'a configuration with names that are none': [
    {},
    { config: { lastKnownGood: { configMap: { namespace: 'N', name: 'N', kubeletConfigKey: 'a b', uid: 'u', resourceVersion: '1' } } } },
    [
      `status.config.lastKnownGood.configMap.namespace: Invalid value: "N": ${LABEL_TEXT}`,
      `status.config.lastKnownGood.configMap.name: Invalid value: "N": ${SUBDOMAIN_TEXT}`,
      "status.config.lastKnownGood.configMap.kubeletConfigKey: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ],
  ],
});

warningCases(nodes, {
  'what nobody reads': [node({ spec: { externalID: 'x' } }), ['spec.externalID: this field is deprecated, and is unused by Kubernetes']],
});
