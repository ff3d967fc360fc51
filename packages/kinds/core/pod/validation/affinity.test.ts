import { LABEL_TEXT, LABEL_VALUE_TEXT, QUALIFIED_TEXT, specCases, SUBDOMAIN_TEXT } from '../../../testing/pods.ts';

const required = (...nodeSelectorTerms: object[]): object => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});
const expression = (members: object): object => required({ matchExpressions: [members] });
const fieldOf = (members: object): object => required({ matchFields: [members] });
const preferred = (members: object): object => ({ affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [members] } } });
const near = (members: object): object => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', labelSelector: {}, ...members }] } },
});
const apart = (weight: number, podAffinityTerm: object): object => ({
  affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm }] } },
});

specCases({
  'every operator': [
    required({
      matchExpressions: [
        { key: 'a', operator: 'In', values: ['x'] },
        { key: 'b', operator: 'NotIn', values: ['x', 'y'] },
        { key: 'c', operator: 'Exists' },
        { key: 'd', operator: 'DoesNotExist' },
        { key: 'e', operator: 'Gt', values: ['1'] },
        { key: 'f', operator: 'Lt', values: ['1'] },
      ],
      matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }],
    }),
    [],
  ],
  'no term': [
    required(),
    [
      'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
    ],
  ],
  'an empty term': [required({}), []],
  'In without values': [
    expression({ key: 'a', operator: 'In' }),
    [
      "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    ],
  ],
  'Exists with values': [
    expression({ key: 'a', operator: 'Exists', values: ['x'] }),
    [
      "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    ],
  ],
  'Gt with two values': [
    expression({ key: 'a', operator: 'Gt', values: ['1', '2'] }),
    [
      "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'",
    ],
  ],
  'an operator that is none': [
    expression({ key: 'a', operator: 'Like', values: ['x'] }),
    [
      'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
    ],
  ],
  'a key that is none': [
    expression({ key: 'a b', operator: 'Exists' }),
    [
      `affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: Invalid value: "a b": ${QUALIFIED_TEXT}`,
    ],
  ],
  'a value that is none': [
    expression({ key: 'a', operator: 'In', values: ['x y'] }),
    [
      `affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values[0]: Invalid value: "x y": ${LABEL_VALUE_TEXT}`,
    ],
  ],
  'a field by another operator': [
    fieldOf({ key: 'metadata.name', operator: 'Exists' }),
    [
      'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].operator: Invalid value: "Exists": not a valid selector operator',
    ],
  ],
  'a field with two values': [
    fieldOf({ key: 'metadata.name', operator: 'NotIn', values: ['a', 'b'] }),
    [
      "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values: Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
    ],
  ],
  'a field that is none': [
    fieldOf({ key: 'metadata.uid', operator: 'In', values: ['a'] }),
    [
      'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key: Invalid value: "metadata.uid": not a valid field selector key',
    ],
  ],
  'a field with a value that is none': [
    fieldOf({ key: 'metadata.name', operator: 'In', values: ['A b'] }),
    [
      `affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values[0]: Invalid value: "A b": ${SUBDOMAIN_TEXT}`,
    ],
  ],
  'a preference': [preferred({ weight: 1, preference: { matchExpressions: [{ key: 'a', operator: 'In', values: ['x y'] }] } }), []],
  'a preference of no weight': [
    preferred({ weight: 0, preference: { matchExpressions: [{ key: '', operator: 'Exists' }] } }),
    [
      'affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100',
      'affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key: Invalid value: "": name part must be non-empty',
      `affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key: Invalid value: "": ${QUALIFIED_TEXT}`,
    ],
  ],
  'a preference of too much weight': [
    preferred({ weight: 101, preference: {} }),
    ['affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100'],
  ],
  'near others': [near({ namespaces: ['a'], namespaceSelector: { matchLabels: { a: 'b' } } }), []],
  'near others without topology': [
    near({ topologyKey: '' }),
    [
      'affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty',
      'affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must be non-empty',
      `affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": ${QUALIFIED_TEXT}`,
    ],
  ],
  'near others of a topology that is none': [
    near({ topologyKey: 'a b' }),
    [`affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "a b": ${QUALIFIED_TEXT}`],
  ],
  'near others by selectors that are none': [
    near({
      labelSelector: {
        matchExpressions: [
          { key: 'a', operator: 'In' },
          { key: 'b', operator: 'Exists', values: ['x'] },
          { key: 'c', operator: 'Like' },
        ],
      },
      namespaceSelector: { matchLabels: { a: 'b c' } },
      namespaces: ['A'],
    }),
    [
      "affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      "affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      'affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector.matchExpressions[2].operator: Invalid value: "Like": not a valid selector operator',
      `affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].namespaceSelector.matchLabels: Invalid value: "b c": ${LABEL_VALUE_TEXT}`,
      `affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].namespace: Invalid value: "A": ${LABEL_TEXT}`,
    ],
  ],
  'near others with keys and no selector': [
    near({ labelSelector: undefined, matchLabelKeys: ['a'], mismatchLabelKeys: ['b'] }),
    [
      'affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set',
      'affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].mismatchLabelKeys: Forbidden: must not be specified when labelSelector is not set',
    ],
  ],
  'near others by keys that are none': [
    near({ matchLabelKeys: ['a b'], mismatchLabelKeys: ['c d'] }),
    [
      `affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[0]: Invalid value: "a b": ${QUALIFIED_TEXT}`,
      `affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].mismatchLabelKeys[0]: Invalid value: "c d": ${QUALIFIED_TEXT}`,
    ],
  ],
  'near others by a key of both kinds': [
    near({ matchLabelKeys: ['a', 'b'], mismatchLabelKeys: ['b'] }),
    [
      'affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[1]: Invalid value: "b": exists in both matchLabelKeys and mismatchLabelKeys',
    ],
  ],
  'apart from others': [apart(100, { topologyKey: 'zone' }), []],
  'apart from others with no weight': [
    apart(0, { topologyKey: '' }),
    [
      'affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100',
      'affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey: Required value: can not be empty',
      'affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey: Invalid value: "": name part must be non-empty',
      `affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey: Invalid value: "": ${QUALIFIED_TEXT}`,
    ],
  ],
  'apart from others with too much weight': [
    apart(101, { topologyKey: 'zone' }),
    ['affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100'],
  ],
});
