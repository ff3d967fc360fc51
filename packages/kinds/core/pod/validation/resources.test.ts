import { container, containerCases, LABEL_TEXT, specCases, SUBDOMAIN_TEXT } from '../../../testing/pods.ts';
import { createCases } from '../../../testing/tables.ts';
import { pods } from '../kind.ts';

const asking = (requests: object, limits: object = {}): object => ({ resources: { requests, limits } });
const both = (amounts: object): object => asking(amounts, amounts);
const STANDARD = 'must be a standard resource type or fully qualified';

containerCases({
  'all that a container may ask for': [
    asking(
      { cpu: '100m', memory: '1Gi', 'ephemeral-storage': '1Gi', 'hugepages-2Mi': '4Mi', 'example.com/gpu': '2' },
      { cpu: '1', memory: '1Gi', 'ephemeral-storage': '2Gi', 'hugepages-2Mi': '4Mi', 'example.com/gpu': '2' },
    ),
    [],
  ],
  'an unknown resource': [
    asking({ gpu: '1' }),
    [
      `resources.requests[gpu]: Invalid value: "gpu": ${STANDARD}`,
      'resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers',
    ],
  ],
  'a resource that is not for containers': [
    asking({ pods: '1' }),
    ['resources.requests[pods]: Invalid value: "pods": must be a standard resource for containers'],
  ],
  'a bad name': [
    both({ 'a b/c': '1' }),
    ['limits', 'requests'].flatMap((side) => [
      `resources.${side}[a b/c]: Invalid value: "a b/c": prefix part ${SUBDOMAIN_TEXT}`,
      `resources.${side}[a b/c]: Invalid value: "a b/c": doesn't follow extended resource name standard`,
    ]),
  ],
  'a resource of requests': [
    both({ 'requests.example.com/gpu': '1' }),
    ['limits', 'requests'].map(
      (side) =>
        `resources.${side}[requests.example.com/gpu]: Invalid value: "requests.example.com/gpu": doesn't follow extended resource name standard`,
    ),
  ],
  'less than nothing': [asking({ cpu: '-1' }), ['resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0']],
  'half a device': [
    both({ 'example.com/gpu': '500m' }),
    ['limits', 'requests'].map((side) => `resources.${side}[example.com/gpu]: Invalid value: "500m": must be an integer`),
  ],
  'more than the limit': [
    asking({ cpu: '2' }, { cpu: '1' }),
    ['resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
  ],
  'fewer devices than the limit': [
    asking({ 'example.com/gpu': '1' }, { 'example.com/gpu': '2' }),
    ['resources.requests: Invalid value: "1": must be equal to example.com/gpu limit of 2'],
  ],
  'devices without a limit': [
    asking({ 'example.com/gpu': '1' }),
    ['resources.limits: Required value: Limit must be set for non overcommitable resources'],
  ],
  'huge pages alone': [both({ 'hugepages-2Mi': '2Mi' }), ['resources: Forbidden: HugePages require cpu or memory']],
  'parts of huge pages': [
    asking({ 'hugepages-2Mi': '3Mi', cpu: '1' }, { 'hugepages-2Mi': '3Mi' }),
    ['limits', 'requests'].map(
      (side) => `resources.${side}[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
    ),
  ],
});

const claiming = (claims: object[], resourceClaims: object[] = [{ name: 'a', resourceClaimName: 'x' }]): object =>
  container({ resources: { claims } }, { resourceClaims });
const C = 'spec.containers[0].resources.claims';

createCases(pods, {
  'claims of devices': [
    claiming([
      { name: 'a', request: 'r' },
      { name: 'a', request: 's' },
    ]),
    [],
  ],
  'a claim without name': [claiming([{ name: '' }]), [`${C}[0]: Required value`]],
  'a claim that the pod lacks': [claiming([{ name: 'b' }]), [`${C}[0]: Not found: "b": must be one of the names in pod.spec.resourceClaims: a`]],
  'a claim of a pod without claims': [
    claiming([{ name: 'b' }], []),
    [`${C}[0]: Not found: "b": must be one of the names in pod.spec.resourceClaims which is empty`],
  ],
  'a claim twice': [claiming([{ name: 'a' }, { name: 'a' }]), [`${C}[1]: Duplicate value: "a"`]],
  'a request twice': [
    claiming([
      { name: 'a', request: 'r' },
      { name: 'a', request: 'r' },
    ]),
    [`${C}[1]: Duplicate value: "a/r"`],
  ],
  'a claim and a request of it': [claiming([{ name: 'a', request: 'r' }, { name: 'a' }]), [`${C}[1]: Duplicate value: "a"`]],
  'a request after its claim': [claiming([{ name: 'a' }, { name: 'a', request: 'r' }]), [`${C}[1]: Duplicate value: "a"`]],
  'a bad request': [claiming([{ name: 'a', request: 'R' }]), [`${C}[0].request: Invalid value: "R": ${LABEL_TEXT}`]],
});

const two = (resources: object, each: object = { requests: { cpu: '1' }, limits: { cpu: '2' } }): object => ({
  resources,
  containers: [
    { name: 'c', image: 'i', resources: each },
    { name: 'd', image: 'i', resources: each },
  ],
});

specCases({
  'resources of the pod': [two({ requests: { cpu: '2' }, limits: { cpu: '4', memory: '1Gi' } }), []],
  'less than the containers ask for': [
    two({ requests: { cpu: '1' } }),
    ['resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2'],
  ],
  'a container above the pod': [
    two({ requests: { cpu: '2' }, limits: { cpu: '1500m' } }),
    [
      'resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1500m',
      'resources.containers[0][cpu].limits: Invalid value: "2": must be less than or equal to pod limits of 1500m',
      'resources.containers[1][cpu].limits: Invalid value: "2": must be less than or equal to pod limits of 1500m',
    ],
  ],
  'huge pages of the pod and of containers': [
    two(
      { limits: { 'hugepages-2Mi': '2Mi', cpu: '4' }, requests: { 'hugepages-2Mi': '2Mi', cpu: '2' } },
      { limits: { cpu: '1', 'hugepages-2Mi': '2Mi' } },
    ),
    [
      'resources.requests[hugepages-2Mi]: Invalid value: "2Mi": must be greater than or equal to aggregate container requests of 4Mi',
      'resources.limits[hugepages-2Mi]: Invalid value: "2Mi": must be greater than or equal to aggregate container limits of 4Mi',
    ],
  ],
  'a device of the pod': [
    two({ limits: { 'example.com/gpu': '1' }, requests: { 'example.com/gpu': '1', cpu: '2' } }),
    ['limits', 'requests'].map(
      (side) => `resources.${side}[example.com/gpu]: Unsupported value: "example.com/gpu": supported values: "cpu", "hugepages-", "memory"`,
    ),
  ],
  'claims of the pod': [
    { ...two({ limits: { cpu: '4' }, requests: { cpu: '2' }, claims: [{ name: 'a' }] }), resourceClaims: [{ name: 'a', resourceClaimName: 'x' }] },
    ['resources.claims: Forbidden: claims may not be set for Resources at pod-level'],
  ],
  'resources of a Windows pod': [
    { ...two({ requests: { cpu: '1' } }), os: { name: 'windows' } },
    ['resources: Forbidden: may not be set for a windows pod'],
  ],
  'overhead is made of what containers ask for': [
    { overhead: { cpu: '-1', bananas: '1' } },
    [
      `overhead.limits[bananas]: Invalid value: "bananas": ${STANDARD}`,
      'overhead.limits[bananas]: Invalid value: "bananas": must be a standard resource for containers',
      'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
    ],
  ],
  'claims of the spec': [
    {
      resourceClaims: [
        { name: 'a', resourceClaimName: 'x' },
        { name: 'b', resourceClaimTemplateName: 'y' },
      ],
    },
    [],
  ],
  'a claim of nothing': [
    { resourceClaims: [{ name: 'a' }] },
    [
      'resourceClaims[0]: Invalid value: {"Name":"a","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
    ],
  ],
  'a claim of two kinds': [
    { resourceClaims: [{ name: 'a', resourceClaimName: 'x', resourceClaimTemplateName: 'y' }] },
    [
      'resourceClaims[0]: Invalid value: {"Name":"a","ResourceClaimName":"x","ResourceClaimTemplateName":"y"}: at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified',
    ],
  ],
  'claims badly named': [
    {
      resourceClaims: [
        { name: '', resourceClaimName: 'x' },
        { name: 'A', resourceClaimName: 'x' },
        { name: 'b', resourceClaimName: 'x' },
        { name: 'b', resourceClaimName: 'x' },
      ],
    },
    [
      'resourceClaims[0].name: Required value',
      `resourceClaims[1].name: Invalid value: "A": ${LABEL_TEXT}`,
      'resourceClaims[3].name: Duplicate value: "b"',
    ],
  ],
});
