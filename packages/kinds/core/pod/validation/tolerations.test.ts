import { withGates } from '../../../testing/objects.ts';
import { LABEL_VALUE_TEXT, QUALIFIED_TEXT, specCases } from '../../../testing/pods.ts';

const tolerating = (...tolerations: object[]): object => ({ tolerations });

specCases({
  tolerations: [
    tolerating(
      { key: 'a', operator: 'Equal', value: 'b', effect: 'NoSchedule' },
      { key: 'a', value: 'b', effect: 'PreferNoSchedule' },
      { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 },
      { operator: 'Exists' },
      { key: 'example.com/a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: -1 },
    ),
    [],
  ],
  'a key that is none': [tolerating({ key: 'a b', operator: 'Exists' }), [`tolerations[0].key: Invalid value: "a b": ${QUALIFIED_TEXT}`]],
  'no key and a value': [
    tolerating({ operator: 'Equal', value: 'x' }),
    ['tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"'],
  ],
  'no key and no operator': [
    tolerating({ value: 'x' }),
    ['tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"'],
  ],
  'seconds until nothing happens': [
    tolerating({ key: 'a', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 1 }),
    ['tolerations[0].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set'],
  ],
  'seconds of any effect': [
    tolerating({ key: 'a', operator: 'Exists', tolerationSeconds: 1 }),
    ['tolerations[0].effect: Invalid value: "": effect must be \'NoExecute\' when `tolerationSeconds` is set'],
  ],
  'a value that is none': [tolerating({ key: 'a', value: 'b c' }), [`tolerations[0].operator: Invalid value: "b c": ${LABEL_VALUE_TEXT}`]],
  'a value that need not be': [
    tolerating({ key: 'a', operator: 'Exists', value: 'b' }),
    ['tolerations[0].operator: Invalid value: "b": value must be empty when `operator` is \'Exists\''],
  ],
  'an operator that is none': [
    tolerating({ key: 'a', operator: 'Like' }),
    ['tolerations[0].operator: Unsupported value: "Like": supported values: "Equal", "Exists"'],
  ],
  'an operator to come': [
    tolerating({ key: 'a', operator: 'Gt', value: '1' }),
    ['tolerations[0].operator: Unsupported value: "Gt": supported values: "Equal", "Exists", "Lt", "Gt"'],
  ],
  'an effect that is none': [
    tolerating({ key: 'a', operator: 'Exists', effect: 'Never' }),
    ['tolerations[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'],
  ],
});

specCases(
  {
    comparisons: [tolerating({ key: 'a', operator: 'Gt', value: '-1' }, { key: 'a', operator: 'Lt', value: '0' }), []],
    'a comparison with text': [
      tolerating({ key: 'a', operator: 'Lt', value: 'x' }),
      [
        'tolerations[0].value: Invalid value: "x": must be a valid decimal integer in canonical form',
        'tolerations[0].value: Invalid value: "x": strconv.ParseInt: parsing "x": invalid syntax',
      ],
    ],
    'a comparison with a number written oddly': [
      tolerating({ key: 'a', operator: 'Lt', value: '007' }),
      ['tolerations[0].value: Invalid value: "007": must be a valid decimal integer in canonical form'],
    ],
    'a comparison with a number too large': [
      tolerating({ key: 'a', operator: 'Lt', value: '9223372036854775808' }),
      ['tolerations[0].value: Invalid value: "9223372036854775808": strconv.ParseInt: parsing "9223372036854775808": value out of range'],
    ],
  },
  withGates({ TaintTolerationComparisonOperators: true }),
);
