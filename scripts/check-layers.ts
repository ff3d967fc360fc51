/**
 * Checks the dependency rule of `layers.json`: every import goes to a lower row, or stays inside its package.
 */
import { readFile } from 'node:fs/promises';
import { glob } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';

const home = fileURLToPath(new URL('..', import.meta.url));
const { rows } = JSON.parse(await readFile(`${home}layers.json`, 'utf8')) as { rows: string[][] };
const aliases = (JSON.parse(await readFile(`${home}package.json`, 'utf8')) as { imports: Record<string, string> }).imports;

/** The row of the package a path lies in, and the package itself. */
function locate(path: string): { row: number; unit: string } | undefined {
  for (const [row, units] of rows.entries()) {
    const unit = units.find((one) => path.startsWith(`${one}/`));
    if (unit) return { row, unit };
  }
  return undefined;
}

/** The repository path an import specifier means; undefined for npm and Node modules. */
function target(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return normalize(join(dirname(from), specifier));
  const alias = Object.keys(aliases).find((key) => specifier.startsWith(key.slice(0, -1)));
  return alias && normalize(aliases[alias]!.replace('*', specifier.slice(alias.length - 1)));
}

const problems: string[] = [];
for await (const file of glob('{apps,packages,tests,benchmarks,scripts}/**/*.{ts,tsx}', { cwd: home, exclude: ['**/node_modules/**'] })) {
  const here = locate(file);
  if (!here) {
    problems.push(`${file}: lies in no row of layers.json`);
    continue;
  }
  const source = await readFile(`${home}${file}`, 'utf8');
  const { module: record } = parseSync(file, source);
  const specifiers = [
    ...record.staticImports.map((one) => one.moduleRequest.value),
    ...record.staticExports.flatMap((one) => one.entries.flatMap((entry) => (entry.moduleRequest ? [entry.moduleRequest.value] : []))),
    ...record.dynamicImports.map((one) => source.slice(one.moduleRequest.start + 1, one.moduleRequest.end - 1)),
  ];
  for (const specifier of specifiers) {
    const path = target(file, specifier);
    const there = path && locate(path);
    if (there && there.unit !== here.unit && there.row >= here.row) problems.push(`${file}: must not import ${specifier} (${there.unit} is not below ${here.unit})`);
  }
}
for (const problem of problems) console.error(problem);
console.log(`layers: ${problems.length === 0 ? 'in order' : `${problems.length} problems`}`);
process.exitCode = problems.length === 0 ? 0 : 1;
