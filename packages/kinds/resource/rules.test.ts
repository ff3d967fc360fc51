import { createCases, statusCases, updateCases } from '../testing/tables.ts';
import { deviceClasses } from './device-class/kind.ts';
import { deviceTaintRules } from './device-taint-rule/kind.ts';
import { resourceClaims } from './resource-claim/kind.ts';
import { resourceClaimTemplates } from './resource-claim-template/kind.ts';
import { resourceSlices } from './resource-slice/kind.ts';

const apiVersion = 'resource.k8s.io/v1';
const claimSpec = (exactly: object): object => ({ devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu.example.com', ...exactly } }] } });
const claim = (spec: object): object => ({ kind: 'ResourceClaim', apiVersion, metadata: { name: 'c', namespace: 'default' }, spec });
const wanted = (exactly: object): object => claim(claimSpec(exactly));
const REQUEST = 'spec.devices.requests[0].exactly';
const many = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => item(index));
const QUALIFIED = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`;

createCases(resourceClaims, {
  'all devices': [wanted({ allocationMode: 'All', tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }] }), []],
  'some of all': [wanted({ allocationMode: 'All', count: 2 }), [`${REQUEST}.count: Invalid value: 2: must not be specified when allocationMode is 'All'`]],
  'another mode': [wanted({ allocationMode: 'Most' }), [`${REQUEST}.allocationMode: Unsupported value: "Most": supported values: "All", "ExactCount"`]],
  'fewer than one': [wanted({ count: -1 }), [`${REQUEST}.count: Invalid value: -1: must be greater than zero`]],
  'no class': [wanted({ deviceClassName: '' }), [`${REQUEST}.deviceClassName: Required value`]],
  'neither exactly nor alternatives': [
    claim({ devices: { requests: [{ name: 'gpu' }] } }),
    ['spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required'],
  ],
  'too many requests': [
    claim({ devices: { requests: many(33, (index) => ({ name: `r${index}`, exactly: { deviceClassName: 'c' } })) } }),
    ['spec.devices.requests: Too many: 33: must have at most 32 items'],
  ],
  'too many alternatives': [
    claim({ devices: { requests: [{ name: 'gpu', firstAvailable: many(9, (index) => ({ name: `a${index}`, deviceClassName: 'c' })) }] } }),
    ['spec.devices.requests[0].firstAvailable: Too many: 9: must have at most 8 items'],
  ],
  'too many tolerations': [
    wanted({ tolerations: many(17, () => ({ operator: 'Exists' })) }),
    [`${REQUEST}.tolerations: Too many: 17: must have at most 16 items`],
  ],
  'bad tolerations': [
    wanted({ tolerations: [{ key: 'a b', operator: 'Exists', value: 'x', effect: 'Never' }, { key: 'a', operator: 'Like' }] }),
    [
      `${REQUEST}.tolerations[0].key: Invalid value: "a b": ${QUALIFIED}`,
      `${REQUEST}.tolerations[0].value: Invalid value: "x": must be empty for operator \`Exists\``,
      `${REQUEST}.tolerations[0].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "None"`,
      `${REQUEST}.tolerations[1].operator: Unsupported value: "Like": supported values: "Equal", "Exists"`,
    ],
  ],
});

const result = { request: 'gpu', driver: 'gpu.example.com', pool: 'n', device: 'gpu-0' };
const allocation = { devices: { results: [result] } };
const device = (members: object): object => ({ allocation, devices: [{ driver: 'gpu.example.com', pool: 'n', device: 'gpu-0', ...members }] });
const DEVICE = 'status.devices[0]';
statusCases(resourceClaims, wanted({}), {
  allocated: [{}, device({ networkData: { interfaceName: 'eth0', ips: ['10.0.0.5/24', '2001:db8::1/64'], hardwareAddress: '00:11' } }), []],
  'reserved twice': [
    { allocation },
    { allocation, reservedFor: [{ resource: 'pods', name: 'p', uid: 'u' }, { resource: '', name: '', uid: 'u' }] },
    ['status.reservedFor[1].resource: Required value', 'status.reservedFor[1].name: Required value', 'status.reservedFor[1]: Duplicate value: "u"'],
  ],
  'a request that is not there': [
    {},
    { allocation: { devices: { results: [{ ...result, request: 'fpga' }] } } },
    [`status.allocation.devices.results[0].request: Invalid value: "fpga": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'`],
  ],
  'a configuration of nobody': [
    {},
    { allocation: { devices: { results: [result], config: [{ source: 'FromAbove', opaque: { driver: 'gpu.example.com', parameters: {} } }] } } },
    ['status.allocation.devices.config[0].source: Unsupported value: "FromAbove": supported values: "FromClaim", "FromClass"'],
  ],
  'conditions of a device': [
    {},
    device({ conditions: [{ type: 'Ready', status: 'Yes', reason: '', message: '', lastTransitionTime: '2026-01-02T03:04:05Z' }] }),
    [`${DEVICE}.conditions[0].status: Unsupported value: "Yes": supported values: "False", "True", "Unknown"`, `${DEVICE}.conditions[0].reason: Required value: must be set`],
  ],
  'addresses of a device': [
    {},
    device({ networkData: { ips: ['10.0.0.5', '2001:DB8::1/64', '10.0.0.6/24', '10.0.0.6/24'] } }),
    [
      `${DEVICE}.networkData.ips[0]: Invalid value: "10.0.0.5": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)`,
      `${DEVICE}.networkData.ips[1]: Invalid value: "2001:DB8::1/64": must be in canonical form ("2001:db8::1/64")`,
      `${DEVICE}.networkData.ips[3]: Duplicate value: "10.0.0.6/24"`,
    ],
  ],
  'long names of a device': [
    {},
    device({ networkData: { interfaceName: 'x'.repeat(257), hardwareAddress: 'x'.repeat(129) } }),
    [`${DEVICE}.networkData.interfaceName: Too long: may not be more than 256 bytes`, `${DEVICE}.networkData.hardwareAddress: Too long: may not be more than 128 bytes`],
  ],
});

const template = (metadata: object, exactly: object = {}): object => ({ kind: 'ResourceClaimTemplate', apiVersion, metadata: { name: 't', namespace: 'default' }, spec: { metadata, spec: claimSpec(exactly) } });
createCases(resourceClaimTemplates, {
  template: [template({ labels: { a: 'b' } }), []],
  'bad labels and claim': [
    template({ labels: { 'a b': 'c' } }, { count: 0, allocationMode: 'ExactCount', deviceClassName: '' }),
    [`spec.metadata.labels: Invalid value: "a b": ${QUALIFIED}`, 'spec.spec.devices.requests[0].exactly.deviceClassName: Required value'],
  ],
});
updateCases(resourceClaimTemplates, template({}), {
  labels: [(draft) => void (draft.metadata!.labels = { a: 'b' }), []],
  spec: [
    (draft) => void (draft.spec!.spec!.devices!.requests![0]!.exactly!.count = 2),
    ['spec: Invalid value: {"metadata":{},"spec":{"devices":{"requests":[{"name":"gpu","exactly":{"deviceClassName":"gpu.example.com","allocationMode":"ExactCount","count":2}}]}}}: field is immutable'],
  ],
});

const deviceClass = (spec: object): object => ({ kind: 'DeviceClass', apiVersion, metadata: { name: 'c' }, spec });
createCases(deviceClasses, {
  class: [deviceClass({ extendedResourceName: 'example.com/gpu', config: [{ opaque: { driver: 'gpu.example.com', parameters: { a: 1 } } }] }), []],
  'too many selectors': [deviceClass({ selectors: many(33, () => ({ cel: { expression: 'true' } })) }), ['spec.selectors: Too many: 33: must have at most 32 items']],
  'no expression': [deviceClass({ selectors: [{}] }), ['spec.selectors[0].cel: Required value']],
  'long expression': [deviceClass({ selectors: [{ cel: { expression: `true${' '.repeat(10_240)}` } }] }), ['spec.selectors[0].cel.expression: Too long: may not be more than 10240 bytes']],
  'too many configurations': [
    deviceClass({ config: many(33, () => ({ opaque: { driver: 'gpu.example.com', parameters: {} } })) }),
    ['spec.config: Too many: 33: must have at most 32 items'],
  ],
});

const slice = (devices: readonly object[], spec: object = {}): object => ({
  kind: 'ResourceSlice',
  apiVersion,
  metadata: { name: 's' },
  spec: { driver: 'gpu.example.com', nodeName: 'n', pool: { name: 'n', generation: 1, resourceSliceCount: 1 }, devices, ...spec },
});
const sharing = (requestPolicy: object): object => ({ name: 'a', allowMultipleAllocations: true, capacity: { memory: { value: '4Gi', requestPolicy } } });
const POLICY = 'spec.devices[0].capacity[memory].requestPolicy';
createCases(resourceSlices, {
  'too many devices': [slice(many(129, (index) => ({ name: `d${index}` }))), ['spec.devices: Too many: 129: must have at most 128 items']],
  'too many taints': [
    slice([{ name: 'a', taints: many(17, () => ({ key: 'a', effect: 'NoSchedule' })) }]),
    ['spec.devices[0].taints: Too many: 17: must have at most 16 items'],
  ],
  'too many attributes': [
    slice([{ name: 'a', attributes: Object.fromEntries(many(33, (index) => [`a${index}`, { int: 1 }])) }]),
    ['spec.devices[0]: Invalid value: 33: the total number of attributes and capacities must not exceed 32'],
  ],
  'shared capacity': [
    slice([
      sharing({ default: '1Gi', validValues: ['1Gi', '2Gi'] }),
      { ...sharing({ default: '1Gi', validRange: { min: '1Gi', max: '3Gi', step: '1Gi' } }), name: 'b' },
      { ...sharing({ default: '1Gi' }), name: 'c' },
    ]),
    [],
  ],
  'two policies': [
    slice([sharing({ validValues: ['1Gi'], validRange: { min: '1' } })]),
    [`${POLICY}: Forbidden: exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time`],
  ],
  'options without a default': [slice([sharing({ validValues: ['1Gi'] })]), [`${POLICY}.default: Required value: required when validValues is defined`]],
  'bad options': [
    slice([sharing({ default: '3Gi', validValues: ['2Gi', '1Gi', '8Gi', '8Gi'] })]),
    [
      `${POLICY}.validValues[1]: Invalid value: "1Gi": values must be sorted in ascending order`,
      `${POLICY}.validValues[2]: Invalid value: "8Gi": option is larger than capacity value: 4Gi`,
      `${POLICY}.validValues[3]: Invalid value: "8Gi": option is larger than capacity value: 4Gi`,
      `${POLICY}.validValues[3]: Duplicate value: "8589934592"`,
      `${POLICY}.validValues: Invalid value: "3Gi": default value is not valid according to the requestPolicy`,
    ],
  ],
  'no least': [slice([sharing({ default: '1Gi', validRange: { max: '2Gi' } })]), [`${POLICY}.validRange.min: Required value: required when validRange is defined`]],
  'bad range': [
    slice([sharing({ default: '1Gi', validRange: { min: '5Gi', max: '6Gi', step: '2Gi' } })]),
    [
      `${POLICY}.validRange.min: Invalid value: "5Gi": min is larger than capacity value: 4Gi`,
      `${POLICY}.validRange.min: Invalid value: "1Gi": default is less than min: 5Gi`,
      `${POLICY}.validRange.max: Invalid value: "6Gi": max is larger than capacity value: 4Gi`,
      `${POLICY}.validRange.step: Invalid value: "2Gi": one step 7Gi is larger than capacity value: 4Gi`,
      `${POLICY}.validRange.step: Invalid value: "6Gi": value is not a multiple of a given step (2Gi) from (5Gi)`,
    ],
  ],
  'a policy of requests without sharing': [
    slice([{ name: 'a', capacity: { memory: { value: '1Gi', requestPolicy: { default: '1Mi' } } } }]),
    ['spec.devices[0].capacity[memory].requestPolicy: Forbidden: allowMultipleAllocations must be true'],
  ],
});
updateCases(resourceSlices, slice([]), {
  driver: [(draft) => void (draft.spec!.driver = 'other.example.com'), ['spec.driver: Invalid value: "other.example.com": field is immutable']],
});

const taint = (spec: object): object => ({ kind: 'DeviceTaintRule', apiVersion: 'resource.k8s.io/v1beta2', metadata: { name: 't' }, spec: { taint: { key: 'example.com/a', effect: 'NoExecute' }, ...spec } });
createCases(deviceTaintRules, {
  'a device': [taint({ deviceSelector: { driver: 'gpu.example.com', pool: 'rack/1', device: 'gpu-0' } }), []],
  'no effect': [taint({ taint: { key: 'a', effect: '' } }), ['spec.taint.effect: Required value']],
  'bad names': [taint({ deviceSelector: { device: 'a.b' } }), ['spec.deviceSelector.device: Invalid value: "a.b": must not contain dots']],
});
