/** Rules in schemas must compile against what they stand at. */
import { createCases, updateCases } from '../../testing/tables.ts';
import { customResourceDefinitions } from './kind.ts';

const ruled = (schema: object): object => ({
  kind: 'CustomResourceDefinition',
  apiVersion: 'apiextensions.k8s.io/v1',
  metadata: { name: 'crontabs.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'crontabs', kind: 'CronTab' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', ...schema } } }],
  },
});
const rules = (...texts: string[]): object => ({ 'x-kubernetes-validations': texts.map((rule) => ({ rule })) });
const SPEC = {
  type: 'object',
  properties: {
    replicas: { type: 'integer' },
    weight: { type: 'number' },
    until: { type: 'string', format: 'date-time' },
    every: { type: 'string', format: 'duration' },
    port: { 'x-kubernetes-int-or-string': true },
    names: { type: 'array', items: { type: 'string' } },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    'dashed-name': { type: 'boolean' },
    namespace: { type: 'string' },
    any: { 'x-kubernetes-preserve-unknown-fields': true },
  },
};
const ROOT = 'spec.versions[0].schema.openAPIV3Schema';

createCases(customResourceDefinitions, {
  'rules that compile': [
    ruled({
      ...rules("self.metadata.name.startsWith('a') && self.kind != ''", 'self.spec == oldSelf.spec'),
      properties: {
        spec: {
          ...SPEC,
          'x-kubernetes-validations': [
            { rule: "self.replicas > 0 && self.weight < 1.5 && self.until > timestamp('2026-01-01T00:00:00Z') && self.every < duration('1h')" },
            { rule: 'self.names.all(n, n in self.labels) && (self.port == 1 || self.port == "a")', messageExpression: "'names: ' + self.names.join(',')" },
            { rule: 'self.dashed__dash__name && self.__namespace__ == ""', reason: 'FieldValueForbidden' },
            { rule: 'oldSelf.orValue(self).replicas <= self.replicas', optionalOldSelf: true },
          ],
        },
      },
    }),
    [],
  ],
  'rules that do not compile': [
    ruled({
      properties: {
        spec: { ...SPEC, ...rules('self.other', 'self.replicas', 'self.any == 1', 'self.replicas + self.weight > 1.0') },
        list: { type: 'array', items: { type: 'string', ...rules('self == oldSelf') } },
        text: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == ""', messageExpression: 'self.size()', optionalOldSelf: true }] },
      },
    }),
    [
      `${ROOT}.properties[list].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${ROOT}.properties[list].items`,
      `${ROOT}.properties[spec].x-kubernetes-validations[0].rule: Invalid value: "self.other": compilation failed: ERROR: <input>:1:5: undefined field 'other'\n | self.other\n | ....^`,
      `${ROOT}.properties[spec].x-kubernetes-validations[1].rule: Invalid value: "self.replicas": cel expression must evaluate to a bool`,
      `${ROOT}.properties[spec].x-kubernetes-validations[2].rule: Invalid value: "self.any == 1": compilation failed: ERROR: <input>:1:5: undefined field 'any'\n | self.any == 1\n | ....^`,
      `${ROOT}.properties[spec].x-kubernetes-validations[3].rule: Invalid value: "self.replicas + self.weight > 1.0": compilation failed: ERROR: <input>:1:15: found no matching overload for '_+_' applied to '(int, double)'\n | self.replicas + self.weight > 1.0\n | ..............^`,
      `${ROOT}.properties[text].x-kubernetes-validations[0].messageExpression: Invalid value: "self.size()": messageExpression must evaluate to a string`,
      `${ROOT}.properties[text].x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`,
    ],
  ],
'rules without words': [
    ruled({ 'x-kubernetes-validations': [{ rule: ' ' }, { rule: 'true', message: 'a\nb', messageExpression: ' ', reason: 'Because' }, { rule: 'true ||\nfalse' }] }),
    [
      `${ROOT}.x-kubernetes-validations[0].rule: Required value: rule is not specified`,
      `${ROOT}.x-kubernetes-validations[1].message: Invalid value: "a\\nb": message must not contain line breaks`,
      `${ROOT}.x-kubernetes-validations[1].messageExpression: Required value: messageExpression must be non-empty if specified`,
      `${ROOT}.x-kubernetes-validations[1].reason: Unsupported value: "Because": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
      `${ROOT}.x-kubernetes-validations[2].message: Required value: message must be specified if rule contains line breaks`,
    ],
  ],
});

updateCases(customResourceDefinitions, ruled(rules('self.metadata.name != ""')), {
  'a rule that does not compile any more': [
    (draft) => void (draft.spec!.versions![0]!.schema!.openAPIV3Schema!['x-kubernetes-validations']![0]!.rule = 'self.x'),
    [`${ROOT}.x-kubernetes-validations[0].rule: Invalid value: "self.x": compilation failed: ERROR: <input>:1:5: undefined field 'x'\n | self.x\n | ....^`],
  ],
});
