import { createCases, updateCases } from '../../testing/tables.ts';
import { runtimeClasses } from './kind.ts';

const runtimeClass = (members: object): object => ({ kind: 'RuntimeClass', apiVersion: 'node.k8s.io/v1', metadata: { name: 'r' }, handler: 'runc', ...members });
const toleration = { key: 'a', operator: 'Equal', value: 'b', effect: 'NoSchedule' };

createCases(runtimeClasses, {
  everything: [runtimeClass({ overhead: { podFixed: { cpu: '250m', memory: '120Mi' } }, scheduling: { nodeSelector: { sandbox: 'yes' }, tolerations: [toleration] } }), []],
  'no handler': [
    runtimeClass({ handler: '' }),
    [
      `handler: Invalid value: "": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
    ],
  ],
  'bad labels': [
    runtimeClass({ scheduling: { nodeSelector: { a: 'b c' } } }),
    [
      `scheduling.nodeSelector: Invalid value: "b c": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    ],
  ],
  'a toleration twice': [
    runtimeClass({ scheduling: { tolerations: [toleration, toleration] } }),
    ['scheduling.tolerations[1]: Duplicate value: {"key":"a","operator":"Equal","value":"b","effect":"NoSchedule"}'],
  ],
  'bad toleration': [
    runtimeClass({ scheduling: { tolerations: [{ ...toleration, effect: 'Nothing' }] } }),
    ['scheduling.tolerations[0].effect: Unsupported value: "Nothing": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'],
  ],
});

updateCases(runtimeClasses, runtimeClass({}), {
  overhead: [(draft) => void (draft.overhead = { podFixed: { cpu: '1' } }), []],
});
