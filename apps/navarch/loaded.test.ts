/**
 * What each process loads before it knows what to do: every file costs start-up time and memory in every command and in every node's agent.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The files that `entry` imports, directly or not; what it imports when it gets there does not count. */
async function loadedBy(entry: string): Promise<ReadonlySet<string>> {
  const home = fileURLToPath(new URL('../..', import.meta.url));
  const { metafile } = await build({ absWorkingDir: home, entryPoints: [entry], bundle: true, splitting: true, outdir: 'dist', write: false, format: 'esm', platform: 'node', metafile: true, logLevel: 'silent' });
  const loaded = new Set([entry]);
  for (const file of loaded) {
    for (const { path, kind, external } of metafile.inputs[file]?.imports ?? []) if (!external && kind !== 'dynamic-import') loaded.add(path);
  }
  return loaded;
}

const cases = [
  { entry: 'apps/navarch/main.ts', without: /^packages\/(kinds|client|store|kubelet|machinery\/(?!duration))|^packages\/apiserver\/(?!audit|outbound)|node_modules\/(?!commander)/ },
  { entry: 'packages/cli/kubectl.ts', without: /^packages\/(kinds|store|apiserver)|^packages\/machinery\/cel|node_modules\/(?!commander|yaml)/ },
  { entry: 'apps/navarch/commands/supervise.ts', without: /^packages\/(kinds|client|apiserver)|node_modules/ },
  { entry: 'apps/navarch/agent/run.ts', without: /^packages\/apiserver|^packages\/machinery\/cel|^packages\/scheduler|node_modules\/(re2js|jose)/ },
];
for (const { entry, without } of cases) {
  test(`${entry} loads what it needs only`, async () => {
    const loaded = await loadedBy(entry);
    assert.ok(loaded.size > 5);
    assert.deepEqual([...loaded].filter((file) => without.test(file)), []);
  });
}
