/**
 * `navarch logs`.
 */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#base/clock.ts';
import type { Environment } from '../cluster/paths.ts';
import { isMissing } from '../cluster/processes.ts';
import { pathsOf, readSpec, UserError } from '../cluster/spec.ts';

const FOLLOW_MS = 200;

/** Prints the log files of the cluster's processes, each line led by its component when there are several. */
export async function logs(environment: Environment, options: { readonly name: string; readonly component?: string; readonly follow: boolean }): Promise<void> {
  const paths = await pathsOf(environment, options.name);
  if (!(await readSpec(paths))) throw new UserError(`there is no cluster "${options.name}"`);
  const all = (await readdir(paths.logs)).filter((file) => file.endsWith('.log')).toSorted();
  const files = options.component === undefined ? all : all.filter((file) => file === `${options.component!.replace('/', '.')}.log`);
  if (files.length === 0) {
    throw new UserError(`no logs of "${options.component ?? 'any component'}"; there are logs of: ${all.map((file) => file.slice(0, -4).replace('.', '/')).join(', ') || 'none'}`);
  }
  await Promise.all(
    files.map(async (file) => {
      const prefix = files.length > 1 ? `${file.slice(0, -4).replace('.', '/')}: ` : '';
      await printFile(join(paths.logs, file), prefix, options.follow);
    }),
  );
}

async function printFile(path: string, prefix: string, follow: boolean): Promise<void> {
  let offset = 0;
  let rest = '';
  for (;;) {
    const size = await sizeOf(path);
    if (size < offset) offset = 0;
    if (size > offset) {
      for await (const chunk of createReadStream(path, { start: offset, end: size - 1, encoding: 'utf8' })) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop()!;
        if (lines.length > 0) process.stdout.write(`${lines.map((line) => prefix + line).join('\n')}\n`);
      }
      offset = size;
    }
    if (!follow) break;
    await systemClock.sleep(FOLLOW_MS);
  }
  if (rest) process.stdout.write(`${prefix}${rest}\n`);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
