import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileJsonPath } from './jsonpath.ts';

const pods = {
  kind: 'List',
  items: [
    { metadata: { name: 'a', labels: { 'app.kubernetes.io/name': 'web' } }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], restarts: 3 } },
    { metadata: { name: 'b' }, status: { phase: 'Pending', conditions: [{ type: 'Ready', status: 'False' }], restarts: 0 } },
  ],
};

const cases: readonly (readonly [string, string])[] = [
  ['{.kind}', 'List'],
  ['{.items[*].metadata.name}', 'a b'],
  ['{.items[0].metadata.name}', 'a'],
  ['{.items[-1].metadata.name}', 'b'],
  ['{.items[0:1].metadata.name}', 'a'],
  ["{.items[0].metadata['name']}", 'a'],
  ["{.items[*]['metadata.name', 'status']}", '{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"restarts":3} {"phase":"Pending","conditions":[{"type":"Ready","status":"False"}],"restarts":0}'],
  ["{.items[0].metadata.labels['app\\.kubernetes\\.io/name']}", 'web'],
  ['{.items[0].metadata.labels.app\\.kubernetes\\.io/name}', 'web'],
  ['{range .items[*]}{.metadata.name}{"\\t"}{.status.phase}{"\\n"}{end}', 'a\tRunning\nb\tPending\n'],
  ['{.items[?(@.status.phase=="Running")].metadata.name}', 'a'],
  ['{.items[?(@.status.restarts>1)].metadata.name}', 'a'],
  ['{.items[0].status.conditions[?(@.type=="Ready")].status}', 'True'],
  ['{.items[?(@.metadata.labels)].metadata.name}', 'a'],
  ['{..phase}', 'Running Pending'],
  ['name: {.items[0].metadata.name}!', 'name: a!'],
  ['{.items[0].status.restarts}', '3'],
  ['{.missing}', ''],
  ['{$.kind}', 'List'],
];

for (const [template, expected] of cases) {
  test(`jsonpath ${template}`, () => assert.equal(compileJsonPath(template)(pods), expected));
}

for (const bad of ['{', '{.a[}', '{range .items[*]}x', '{end}', '{.items[?(@.a==1]}']) {
  test(`jsonpath ${bad} is refused`, () => assert.throws(() => compileJsonPath(bad), /error parsing jsonpath/));
}
