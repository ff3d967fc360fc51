/**
 * Runs seeds: `node tests/simulation/run.ts --seed 17` runs one and prints what was done, `--seeds 5000 [--from 1]` runs many.
 */
import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

const { values } = parseArgs({ options: { seed: { type: 'string' }, seeds: { type: 'string' }, from: { type: 'string' }, steps: { type: 'string' }, verbose: { type: 'boolean' } } });
const first = Number(values.seed ?? values.from ?? 1);
const count = values.seed === undefined ? Number(values.seeds ?? 100) : 1;
const options = values.steps === undefined ? {} : { steps: Number(values.steps) };
let failed = 0;
for (let seed = first; seed < first + count; seed++) {
  const startMs = performance.now();
  const { violations, journal, simulatedMs, podChanges } = await simulate(seed, options);
  if (violations.length === 0) {
    if (values.seed !== undefined || values.verbose) console.log(`seed ${seed}: well (${podChanges} pod changes, ${Math.round(simulatedMs / 60_000)} simulated minutes, ${Math.round(performance.now() - startMs)} ms)`);
    continue;
  }
  failed++;
  if (values.seed !== undefined) console.log(journal.join('\n'));
  console.log(`seed ${seed} FAILED:\n  ${violations.slice(0, 10).join('\n  ')}`);
}
console.log(`${count} seeds from ${first}: ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
