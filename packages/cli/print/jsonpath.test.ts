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
  ["{.items[*]['metadata.name', 'status']}", '{"conditions":[{"status":"True","type":"Ready"}],"phase":"Running","restarts":3} {"conditions":[{"status":"False","type":"Ready"}],"phase":"Pending","restarts":0}'],
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
  ['{range .items[*]}{.metadata.name}', 'ab'],
];

for (const [template, expected] of cases) {
  test(`jsonpath ${template}`, () => assert.equal(compileJsonPath(template)(pods), expected));
}

for (const bad of ['{', '{.a[}', '{.a["b"]}', '{.items[?(@.a==1]}']) {
  test(`jsonpath ${bad} is refused`, () => assert.throws(() => compileJsonPath(bad), /error parsing jsonpath/));
}

for (const [template, problem] of [['{.items[5].kind}', 'array index out of bounds: index 5, length 2'], ['{end}', 'not in range, nothing to end']] as const) {
  test(`jsonpath ${template} fails on the object`, () => assert.throws(() => compileJsonPath(template)(pods), new RegExp(`error executing jsonpath .*: ${problem}[^]*map\\[string\\]interface {}`)));
}
