/**
 * Builds `dist/types`: the declarations of the library, with every import as a relative one, since aliases of this package mean nothing to others.
 */
import { spawnSync } from 'node:child_process';
import { glob, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const home = fileURLToPath(new URL('..', import.meta.url));
const outdir = join(home, 'dist/types');
const entry = 'apps/library/start-cluster.ts';
const { imports } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as { imports: Record<string, string> };

const flags = ['--ignoreConfig', '--declaration', '--emitDeclarationOnly', '--skipLibCheck', '--strict', '--allowImportingTsExtensions', '--erasableSyntaxOnly', '--verbatimModuleSyntax'];
const target = ['--target', 'es2024', '--lib', 'es2024,esnext.disposable,esnext.iterator,esnext.collection', '--module', 'nodenext', '--types', 'node', '--rootDir', '.', '--outDir', outdir];
await rm(outdir, { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [join(home, 'node_modules/typescript/bin/tsc'), ...flags, ...target, entry], { cwd: home, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

/** The specifier as a file beside `from` would write it. */
function relativeTo(from: string, specifier: string): string {
  const alias = Object.keys(imports).find((key) => specifier.startsWith(key.slice(0, -1)));
  const path = alias ? relative(dirname(from), join(outdir, imports[alias]!.replace('*', specifier.slice(alias.length - 1)))) : specifier;
  return `${path.startsWith('.') ? '' : './'}${path}`.replace(/\.ts$/, '.js');
}

for await (const name of glob('**/*.d.ts', { cwd: outdir })) {
  const file = join(outdir, name);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replaceAll(/(from |import\()(["'])([#.][^"']+)\2/g, (_, before: string, quote: string, specifier: string) => `${before}${quote}${relativeTo(file, specifier)}${quote}`));
}
