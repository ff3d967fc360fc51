import { QUALIFIED_TEXT } from '../../testing/pods.ts';
import { createCases } from '../../testing/tables.ts';
import { limitRanges } from './kind.ts';

const ranges = (...limits: object[]): object => ({
  kind: 'LimitRange',
  apiVersion: 'v1',
  metadata: { name: 'l', namespace: 'default' },
  spec: { limits },
});

createCases(limitRanges, {
  limits: [
    ranges(
      {
        type: 'Container',
        min: { cpu: '1' },
        max: { cpu: '4' },
        default: { cpu: '3' },
        defaultRequest: { cpu: '2' },
        maxLimitRequestRatio: { cpu: '2' },
      },
      { type: 'Pod', max: { memory: '1Gi' } },
      { type: 'PersistentVolumeClaim', min: { storage: '1Gi' } },
      { type: 'example.com/image', max: { storage: '1Gi' } },
    ),
    [],
  ],
  'types that are none': [
    ranges({ type: 'Bananas' }, { type: 'a b' }),
    [
      'spec.limits[0].type: Invalid value: "Bananas": must be a standard limit type or fully qualified',
      `spec.limits[1].type: Invalid value: "a b": ${QUALIFIED_TEXT}`,
    ],
  ],
  'a type twice': [ranges({ type: 'Pod', max: { cpu: '1' } }, { type: 'Pod', max: { cpu: '2' } }), ['spec.limits[1].type: Duplicate value: "Pod"']],
  'resources that are none': [
    ranges({ type: 'Container', max: { bananas: '1', storage: '1' } }),
    [
      'spec.limits[0].max[bananas]: Invalid value: "bananas": must be a standard resource type or fully qualified',
      'spec.limits[0].max[bananas]: Invalid value: "bananas": must be a standard resource for containers',
      'spec.limits[0].max[storage]: Invalid value: "storage": must be a standard resource for containers',
      'spec.limits[0].default[bananas]: Invalid value: "bananas": must be a standard resource type or fully qualified',
      'spec.limits[0].default[bananas]: Invalid value: "bananas": must be a standard resource for containers',
      'spec.limits[0].default[storage]: Invalid value: "storage": must be a standard resource for containers',
      'spec.limits[0].defaultRequest[bananas]: Invalid value: "bananas": must be a standard resource type or fully qualified',
      'spec.limits[0].defaultRequest[bananas]: Invalid value: "bananas": must be a standard resource for containers',
      'spec.limits[0].defaultRequest[storage]: Invalid value: "storage": must be a standard resource for containers',
    ],
  ],
  'a ratio that cannot be': [
    ranges({ type: 'Container', min: { cpu: '1' }, max: { cpu: '2' }, maxLimitRequestRatio: { cpu: '3' } }),
    ['spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000'],
  ],
  'huge pages that are promised twice': [
    ranges({ type: 'Container', default: { 'hugepages-2Mi': '4Mi' }, defaultRequest: { 'hugepages-2Mi': '2Mi' } }),
    ['spec.limits[0].defaultRequest[hugepages-2Mi]: Invalid value: "2Mi": default value 4Mi must equal to defaultRequest value 2Mi in hugepages-2Mi'],
  ],
  'a default below the least': [
    ranges({ type: 'Container', min: { cpu: '2' }, default: { cpu: '1' }, defaultRequest: { cpu: '1' } }),
    [
      'spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1',
      'spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1',
    ],
  ],
});
