import assert from 'node:assert/strict';
import test from 'node:test';
import { askedRules } from './review-attributes.ts';

const pods = { verb: 'list', resource: 'pods' };
const FIELD = 'spec.resourceAttributes.fieldSelector';
const LABEL = 'spec.resourceAttributes.labelSelector';
type Asked = Parameters<typeof askedRules>[0];
const cases: Readonly<Record<string, readonly [asked: object, findings: readonly string[]]>> = {
  'a resource': [{ resourceAttributes: pods }, []],
  'a path': [{ nonResourceAttributes: { verb: 'get', path: '/healthz' } }, []],
  selectors: [
    {
      resourceAttributes: {
        ...pods,
        fieldSelector: { rawSelector: 'spec.nodeName=n' },
        labelSelector: { requirements: [{ key: 'a', operator: 'In', values: ['b'] }, { key: 'c', operator: 'DoesNotExist' }] },
      },
    },
    [],
  ],
  nothing: [{}, ['spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified']],
  both: [
    { resourceAttributes: pods, nonResourceAttributes: { path: '/' } },
    ['spec.nonResourceAttributes: Invalid value: {"path":"/"}: cannot be specified in combination with resourceAttributes'],
  ],
  'a selector of nothing': [
    { resourceAttributes: { ...pods, fieldSelector: {} } },
    [`${FIELD}.requirements: Required value: when ${FIELD} is specified, requirements or rawSelector is required`],
  ],
  'a selector said twice': [
    { resourceAttributes: { ...pods, labelSelector: { rawSelector: 'a', requirements: [{ key: 'a', operator: 'Exists' }] } } },
    [`${LABEL}.rawSelector: Invalid value: "a": may not specified at the same time as requirements`],
  ],
  'bad requirements': [
    {
      resourceAttributes: {
        ...pods,
        labelSelector: { requirements: [{ key: '', operator: 'In' }, { key: 'a', operator: 'Exists', values: ['b'] }, { key: 'a', operator: 'Like' }] },
      },
    },
    [
      `${LABEL}.requirements[0].key: Required value: must be specified`,
      `${LABEL}.requirements[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
      `${LABEL}.requirements[1].values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
      `${LABEL}.requirements[2].operator: Invalid value: "Like": not a valid selector operator`,
    ],
  ],
};

for (const [name, [asked, findings]] of Object.entries(cases)) {
  test(`an access review asks about ${name}`, () =>
    assert.deepEqual(
      askedRules(asked as Asked).map(({ field, message }) => `${field}: ${message}`),
      findings,
    ));
}
