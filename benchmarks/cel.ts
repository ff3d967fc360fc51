/**
 * Evaluations per second of processor time of compiled expressions, beside closures that do the same.
 *
 *     node benchmarks/cel.ts
 */
import { compile } from '#machinery/cel/compile.ts';
import { withVariables } from '#machinery/cel/environment.ts';
import { KUBERNETES } from '#machinery/cel/kubernetes.ts';
import { ANY, DYN, mapOf, objectOf, STRING } from '#machinery/cel/types.ts';

const ROUNDS = 400_000;

const environment = withVariables(KUBERNETES, {
  device: objectOf('kubernetes.DRADevice', { driver: STRING, attributes: mapOf(STRING, mapOf(STRING, ANY)) }),
  object: DYN,
});

const device = { driver: 'gpu.example.com', attributes: { 'gpu.example.com': { model: 'a100', memory: 80 } } };
const object = { metadata: { labels: { app: 'web' } }, spec: { replicas: 3, containers: [{ image: 'r/a:1' }, { image: 'r/b:1' }, { image: 'r/c:1' }] } };
type Bound = { readonly device: typeof device; readonly object: typeof object };

const CASES: readonly { readonly name: string; readonly expression: string; readonly closure: (bound: Bound) => boolean }[] = [
  { name: 'driver of a device', expression: "device.driver == 'gpu.example.com'", closure: (bound) => bound.device.driver === 'gpu.example.com' },
  {
    name: 'driver and attribute',
    expression: "device.driver == 'gpu.example.com' && device.attributes['gpu.example.com'].model == 'a100'",
    closure: (bound) => bound.device.driver === 'gpu.example.com' && bound.device.attributes['gpu.example.com'].model === 'a100',
  },
  { name: 'number', expression: 'object.spec.replicas <= 5', closure: (bound) => bound.object.spec.replicas <= 5 },
  {
    name: 'all containers',
    expression: "object.spec.containers.all(c, c.image.startsWith('r/'))",
    closure: (bound) => bound.object.spec.containers.every((c) => c.image.startsWith('r/')),
  },
];

function perSecond(work: () => boolean): number {
  for (let i = 0; i < ROUNDS / 4; i += 1) work();
  const start = process.cpuUsage();
  for (let i = 0; i < ROUNDS; i += 1) if (!work()) throw new Error('wrong result');
  return (ROUNDS * 1_000_000) / process.cpuUsage(start).user;
}

for (const { name, expression, closure } of CASES) {
  const compiled = compile(expression, environment);
  if ('errors' in compiled) throw new Error(compiled.errors);
  const { program } = compiled;
  const bound = { device, object };
  const cel = perSecond(() => program.evaluate(bound).value === true);
  const plain = perSecond(() => closure(bound));
  console.log(`${name.padEnd(24)} ${Math.round(cel / 1000)} k/s, closure ${Math.round(plain / 1000)} k/s, ratio ${(cel / plain).toFixed(3)}`);
}

const started = performance.now();
for (let i = 0; i < 2000; i += 1) compile(CASES[i % CASES.length]!.expression, environment);
console.log(`${'compilation'.padEnd(24)} ${Math.round(2_000_000 / (performance.now() - started))} /s`);
