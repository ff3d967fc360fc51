import { withGates } from '../../../testing/objects.ts';
import { pod, QUALIFIED_TEXT, specCases } from '../../../testing/pods.ts';
import { createCases } from '../../../testing/tables.ts';
import { pods } from '../kind.ts';

const spread = (...constraints: object[]): object => ({
  topologySpreadConstraints: constraints.map((members) => ({
    maxSkew: 1,
    topologyKey: 'zone',
    whenUnsatisfiable: 'DoNotSchedule',
    labelSelector: { matchLabels: { app: 'web' } },
    ...members,
  })),
});

specCases({
  constraints: [
    spread(
      { minDomains: 2, nodeAffinityPolicy: 'Ignore', nodeTaintsPolicy: 'Honor', matchLabelKeys: ['a'] },
      { whenUnsatisfiable: 'ScheduleAnyway' },
    ),
    [],
  ],
  'a skew of nothing': [spread({ maxSkew: 0 }), ['topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero']],
  'no topology': [spread({ topologyKey: '' }), ['topologySpreadConstraints[0].topologyKey: Required value: can not be empty']],
  'an action that is none': [
    spread({ whenUnsatisfiable: 'Wait' }),
    ['topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Wait": supported values: "DoNotSchedule", "ScheduleAnyway"'],
  ],
  'no action': [
    spread({ whenUnsatisfiable: '' }),
    ['topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "": supported values: "DoNotSchedule", "ScheduleAnyway"'],
  ],
  'the same twice': [
    spread({}, { maxSkew: 2 }),
    ['topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"'],
  ],
  'no domains': [spread({ minDomains: 0 }), ['topologySpreadConstraints[0].minDomains: Invalid value: 0: must be greater than zero']],
  'domains where it is a preference': [
    spread({ minDomains: 1, whenUnsatisfiable: 'ScheduleAnyway' }),
    ['topologySpreadConstraints[0].minDomains: Invalid value: 1: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway'],
  ],
  'policies that are none': [
    spread({ nodeAffinityPolicy: 'A', nodeTaintsPolicy: 'B' }),
    [
      'topologySpreadConstraints[0].nodeAffinityPolicy: Unsupported value: "A": supported values: "Honor", "Ignore"',
      'topologySpreadConstraints[0].nodeTaintsPolicy: Unsupported value: "B": supported values: "Honor", "Ignore"',
    ],
  ],
  'keys without selector': [
    spread({ labelSelector: undefined, matchLabelKeys: ['a'] }),
    ['topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set'],
  ],
  'keys that are none': [
    spread({ matchLabelKeys: ['a b'] }),
    [`topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: "a b": ${QUALIFIED_TEXT}`],
  ],
  'a selector that is none': [
    spread({ labelSelector: { matchLabels: { 'a b': 'c' } } }),
    [`topologySpreadConstraints[0].labelSelector.matchLabels: Invalid value: "a b": ${QUALIFIED_TEXT}`],
  ],
});

createCases(pods, {
  'a key that is a label of the pod': [pod(spread({ matchLabelKeys: ['hash'] }), { labels: { hash: 'h' } }), []],
  'a key that the selector has': [
    pod(spread({ matchLabelKeys: ['app'] }), { labels: { app: 'web' } }),
    ['spec.topologySpreadConstraints[0][0]: Invalid value: "app": exists in both matchLabelKeys and labelSelector'],
  ],
});

specCases(
  {
    'apart: keys': [spread({ matchLabelKeys: ['hash'] }), []],
    'apart: a key that the selector has': [
      spread({ matchLabelKeys: ['app', 'a b'] }),
      [
        'topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: "app": exists in both matchLabelKeys and labelSelector',
        `topologySpreadConstraints[0].matchLabelKeys[1]: Invalid value: "a b": ${QUALIFIED_TEXT}`,
      ],
    ],
    'apart: keys without selector': [
      spread({ labelSelector: undefined, matchLabelKeys: ['a'] }),
      ['topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set'],
    ],
  },
  withGates({ MatchLabelKeysInPodTopologySpreadSelectorMerge: false }),
);
