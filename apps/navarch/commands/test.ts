/**
 * `navarch test`: every test this machine can run, as named steps; says at the end what it skipped and why.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import type { Environment } from '../cluster/paths.ts';
import { installPackages, TEST_PACKAGES } from '../install.ts';

interface Step {
  readonly title: string;
  /** Why the step cannot run here; undefined when it can. */
  readonly skip?: string | undefined;
  readonly run: () => Promise<boolean>;
}

/** A test that takes longer hangs. */
const TEST_PATIENCE_MS = 15 * 60_000;
/** Waited for by the test that needs it, which reports what fails. */
const COMPILATION = 'tests/e2e/client-go/build.ts';

/** Runs all steps; exit code 1 when one failed. */
export async function runTests({ installation }: Environment, filter: string | undefined, install: boolean): Promise<void> {
  const root = process.getuid?.() === 0;
  if (install && root && process.platform === 'linux') await installPackages(TEST_PACKAGES, 'the end-to-end tests use them');
  const failed: string[] = [];
  const skipped: string[] = [];
  for (const step of steps(`${installation}/`, filter, root)) {
    if (step.skip) {
      skipped.push(`${step.title}: ${step.skip}`);
      continue;
    }
    console.log(`\n== ${step.title}`);
    if (!(await step.run())) failed.push(step.title);
  }
  console.log('');
  for (const line of skipped) console.log(`skipped  ${line}`);
  for (const line of failed) console.log(`FAILED   ${line}`);
  console.log(failed.length === 0 ? 'navarch test: all steps passed' : `navarch test: ${failed.length} step(s) failed`);
  if (failed.length > 0) process.exitCode = 1;
}

function steps(home: string, filter: string | undefined, root: boolean): Step[] {
  const bin = (name: string, ...args: string[]) => async (): Promise<boolean> => run(home, `${home}node_modules/.bin/${name}`, args);
  const checks: Step[] = [
    { title: 'types', run: bin('tsc', '-p', '.') },
    { title: 'lint', run: bin('oxlint', '--type-aware') },
    { title: 'layers', run: async () => run(home, process.execPath, ['scripts/check-layers.ts']) },
    { title: 'dead code', run: async () => run(home, process.execPath, ['node_modules/knip/bin/knip.js']) },
  ];
  const e2eSkip = whyNoContainers(root);
  const tests: Step[] = [
    { title: 'unit tests', run: async () => nodeTests(home, ['{packages,apps}/**/*.test.ts'], filter, ['--test-isolation=none']) },
    { title: 'integration tests', run: async () => nodeTests(home, ['tests/{codecs,fuzz,integration}/**/*.test.ts'], filter, ['--test-isolation=none']) },
    { title: 'simulation', run: async () => nodeTests(home, ['tests/simulation/**/*.test.ts'], filter, ['--test-concurrency=2']) },
    { title: 'end-to-end tests', skip: e2eSkip, run: async () => endToEndTests(home, filter) },
  ];
  return filter === undefined ? [...checks, ...tests] : tests;
}

/** Most of these tests wait for containers: the one long compilation they need goes on meanwhile, with what the others leave of the processors. */
async function endToEndTests(home: string, filter: string | undefined): Promise<boolean> {
  const compiling = filter === undefined ? run(home, 'nice', ['-n', '5', 'flock', COMPILATION, process.execPath, COMPILATION]) : undefined;
  const passed = await nodeTests(home, ['tests/e2e/**/*.test.ts'], filter, ['--test-concurrency=1']);
  await compiling;
  return passed;
}

/** Real containers need Linux, root and containerd. */
function whyNoContainers(root: boolean): string | undefined {
  if (process.platform !== 'linux') return 'real containers need Linux';
  if (!root) return 'real containers need root';
  if (!existsSync('/usr/bin/containerd') && !existsSync('/usr/local/bin/containerd')) return 'containerd is not installed';
  return undefined;
}

async function nodeTests(home: string, patterns: readonly string[], filter: string | undefined, flags: readonly string[]): Promise<boolean> {
  const files: string[] = [];
  for await (const file of glob([...patterns], { cwd: home, exclude: ['**/node_modules/**'] })) {
    if (filter === undefined || file.includes(filter)) files.push(file);
  }
  if (files.length === 0) {
    console.log('no test file matches');
    return true;
  }
  return run(home, process.execPath, ['--test', '--test-reporter=spec', `--test-timeout=${TEST_PATIENCE_MS}`, ...flags, ...files.toSorted()]);
}

async function run(home: string, file: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(file, args, { cwd: home, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, NAVARCH_EGRESS: 'off' } });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code === 0));
  });
}
