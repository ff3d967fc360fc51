/**
 * Builds `dist/navarch.js`: one entry and shared chunks, so that each subcommand loads only what it uses; and `dist/library.js`, what `import 'navarch'` gives.
 */
import { rename, rm, utimes } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { writeDescriptions } from './descriptions.ts';

const home = fileURLToPath(new URL('..', import.meta.url));
const outdir = `${home}dist`;
// Built aside and moved into place, so that a second command never runs half a bundle.
const staging = `${home}dist.${process.pid}`;

await build({
  absWorkingDir: home,
  // The store's engine runs in a thread of its own, which is started from a file of its own.
  entryPoints: { navarch: 'apps/navarch/main.ts', library: 'apps/library/start-cluster.ts', 'engine-thread': 'packages/store/embedded/engine-thread.ts' },
  outdir: staging,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  chunkNames: 'chunks/[name]-[hash]',
  // Not minified: stack traces stay readable without source maps, which would cost every process memory.
  legalComments: 'none',
  logLevel: 'warning',
  banner: { js: "import { createRequire as navarchCreateRequire } from 'node:module'; const require = navarchCreateRequire(import.meta.url);" },
});
writeDescriptions(`${staging}/descriptions.json`);
await rm(outdir, { recursive: true, force: true });
await rename(staging, outdir);
const now = new Date();
await utimes(`${outdir}/navarch.js`, now, now);
