import { createCases, updateCases } from '../../testing/tables.ts';
import { services } from './kind.ts';

const V4 = '10.96.0.7';
const V6 = 'fd00::7';
const service = (spec: object): object => ({
  kind: 'Service',
  apiVersion: 'v1',
  metadata: { name: 'web', namespace: 'default' },
  spec: { ports: [{ port: 80 }], ...spec },
});
const single = service({ clusterIP: V4, clusterIPs: [V4], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
const dual = service({ clusterIP: V4, clusterIPs: [V4, V6], ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'PreferDualStack' });
const headless = service({ clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });

createCases(services, {
  'one address': [single, []],
  'two addresses': [dual, []],
  'no address': [headless, []],
  'two addresses and nothing that is first': [
    service({ clusterIPs: [V4] }),
    ['spec.clusterIPs: Invalid value: ["10.96.0.7"]: must be empty when `clusterIP` is not specified'],
  ],
  'two addresses of one family': [
    service({ clusterIP: V4, clusterIPs: [V4, '10.96.0.8'] }),
    ['spec.clusterIPs: Invalid value: ["10.96.0.7","10.96.0.8"]: may specify no more than one IP for each IP family'],
  ],
  'three addresses': [
    service({ clusterIP: V4, clusterIPs: [V4, V6, '10.96.0.8'] }),
    ['spec.clusterIPs: Invalid value: ["10.96.0.7","fd00::7","10.96.0.8"]: may only hold up to 2 values'],
  ],
  'no address and one': [
    service({ clusterIP: 'None', clusterIPs: ['None', V6] }),
    ['spec.clusterIPs: Invalid value: ["None","fd00::7"]: \'None\' must be the first and only value'],
  ],
  'one address and none': [
    service({ clusterIP: V4, clusterIPs: [V4, 'None'] }),
    ['spec.clusterIPs[1]: Invalid value: "None": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ],
  'an address of another family': [
    service({ clusterIP: V4, clusterIPs: [V4], ipFamilies: ['IPv6'] }),
    ['spec.clusterIPs[0]: Invalid value: "10.96.0.7": expected an IPv6 value as indicated by `ipFamilies[0]`'],
  ],
  'families that are none': [
    service({ ipFamilies: ['IPv5', 'IPv4', 'IPv4'], ipFamilyPolicy: 'AnyStack' }),
    [
      'spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
      'spec.ipFamilies[2]: Duplicate value: "IPv4"',
      'spec.ipFamilyPolicy: Unsupported value: "AnyStack": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
    ],
  ],
  'an address written oddly': [
    service({ clusterIP: '10.96.0.07', clusterIPs: ['10.96.0.07'] }),
    ['spec.clusterIPs[0]: Invalid value: "10.96.0.07": must not have leading 0s'],
  ],
});

const set = (clusterIPs: string[], ipFamilies: string[], ipFamilyPolicy: string) => (draft: { spec?: object }) =>
  void Object.assign(draft.spec!, { clusterIP: clusterIPs[0], clusterIPs, ipFamilies, ipFamilyPolicy });

updateCases(services, single, {
  'a second address': [set([V4, V6], ['IPv4', 'IPv6'], 'PreferDualStack'), []],
  'another address': [set(['10.96.0.8'], ['IPv4'], 'SingleStack'), ['spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set']],
  'another family': [
    set([V6], ['IPv6'], 'SingleStack'),
    [
      'spec.clusterIPs[0]: Invalid value: ["fd00::7"]: may not change once set',
      'spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set',
    ],
  ],
  'no address any more': [set(['None'], ['IPv4'], 'SingleStack'), ['spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set']],
});

updateCases(services, dual, {
  'one address less': [set([V4], ['IPv4'], 'SingleStack'), []],
  'one address less with two wanted': [
    set([V4], ['IPv4'], 'PreferDualStack'),
    [
      'spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to \'SingleStack\' when releasing the secondary clusterIP',
      'spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to \'SingleStack\' when releasing the secondary ipFamily',
    ],
  ],
  'another second address': [
    set([V4, 'fd00::8'], ['IPv4', 'IPv6'], 'PreferDualStack'),
    ['spec.clusterIPs[1]: Invalid value: ["10.96.0.7","fd00::8"]: may not change once set'],
  ],
  'the other way round': [
    set([V6, V4], ['IPv6', 'IPv4'], 'PreferDualStack'),
    [
      'spec.clusterIPs[0]: Invalid value: ["fd00::7","10.96.0.7"]: may not change once set',
      'spec.clusterIPs[1]: Invalid value: ["fd00::7","10.96.0.7"]: may not change once set',
      'spec.ipFamilies[0]: Invalid value: ["IPv6","IPv4"]: may not change once set',
    ],
  ],
});

updateCases(services, headless, {
  'other families of no address': [set(['None'], ['IPv6', 'IPv4'], 'PreferDualStack'), []],
  'an address where there was none': [
    set([V4], ['IPv4'], 'SingleStack'),
    ['spec.clusterIPs[0]: Invalid value: ["10.96.0.7"]: may not change once set'],
  ],
});
