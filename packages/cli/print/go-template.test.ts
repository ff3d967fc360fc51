import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGoTemplate } from './go-template.ts';

const pod = { kind: 'Pod', metadata: { name: 'web', labels: { app: 'web', tier: 'x' } }, spec: { containers: [{ name: 'a', ports: [80, 81] }, { name: 'b' }] }, data: { user: 'YWRtaW4=' } };

const cases: readonly (readonly [string, string])[] = [
  ['{{.metadata.name}}', 'web'],
  ['{{.nope}} {{.nope.deeper}}', '<no value> <no value>'],
  ['{{range .spec.containers}}{{.name}};{{end}}', 'a;b;'],
  ['{{range $i, $c := .spec.containers}}{{$i}}={{$c.name}} {{$.kind}},{{end}}', '0=a Pod,1=b Pod,'],
  ['{{range $k, $v := .metadata.labels}}{{$k}}:{{$v}} {{end}}', 'app:web tier:x '],
  ['{{range .none}}x{{else}}nothing{{end}}', 'nothing'],
  ['{{if eq .kind "Pod"}}yes{{else if eq .kind "Job"}}job{{else}}no{{end}}', 'yes'],
  ['{{if .none}}a{{else if .kind}}b{{else}}c{{end}}', 'b'],
  ['{{with .metadata}}{{.name}}{{end}}', 'web'],
  ['{{$x := .kind}}{{$x}} {{len .spec.containers}}', 'Pod 2'],
  ['{{$n := 0}}{{range .spec.containers}}{{$n = 7}}{{end}}{{$n}}', '7'],
  ['{{.data.user | base64decode}} {{base64decode .data.user | printf "%-6s|%q" | len}}', 'admin 19'],
  ['{{index .metadata.labels "app"}} {{(index .spec.containers 1).name}} {{index .spec.containers 0 "ports" 1}}', 'web b 81'],
  ['{{and .kind "x"}} {{or "" "y"}} {{not .kind}} {{gt 2 1}}', 'x y false true'],
  ['{{.metadata.labels}} {{.spec.containers}}', 'map[app:web tier:x] [map[name:a ports:[80 81]] map[name:b]]'],
  ['a {{- " b " -}} c{{/* no */}}{{"\\n"}}`', 'a b c\n`'],
  ['{{range .spec.containers}}{{if eq .name "b"}}{{break}}{{end}}{{.name}}{{end}}', 'a'],
];

for (const [template, expected] of cases) test(`go-template ${template}`, () => assert.equal(compileGoTemplate(template)(pod), expected));

for (const bad of ['{{.a', '{{if .a}}x', '{{end}}', '{{', '{{range}}{{end}}', '{{nofunction .a}}']) {
  test(`go-template ${bad} is refused`, () => assert.throws(() => compileGoTemplate(bad)(pod), /error (parsing|executing) template/));
}
