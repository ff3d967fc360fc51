/**
 * The composition root: the only reader of the arguments and the environment. Each command loads only what it needs.
 */
import { enableCompileCache } from 'node:module';
import { errorFields } from '#base/log.ts';
import { readEnvironment } from './cluster/paths.ts';
import { UserError } from './cluster/spec.ts';
import { createProgram } from './program.ts';

enableCompileCache();
const argv = process.argv.slice(2);
const environment = readEnvironment(process.env, process.platform, process.getuid?.(), process.argv[1]!);

try {
  await createProgram(environment).parseAsync(argv, { from: 'user' });
} catch (error) {
  const { code, path } = error as NodeJS.ErrnoException;
  if (error instanceof UserError) console.error(`navarch: ${error.message}`);
  else if (code === 'ENOSPC') console.error(`navarch: no space is left on the disk${path ? ` of ${path}` : ''}: free some, or keep the cluster elsewhere with --data-dir`);
  else console.error(`navarch: ${String(errorFields(error)['stack'])}`);
  process.exitCode = 1;
}
