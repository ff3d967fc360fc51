/**
 * How this very program is run again as another process.
 */
import type { Command } from './supervisor.ts';

/** For processes that do little: a young generation of 1 MB instead of 16 keeps their memory from growing with use (an agent: 10 MB less). */
export const SMALL_HEAP: readonly string[] = ['--max-semi-space-size=1'];

/** The same Node and bundle with other arguments; `flags` are Node's. */
export function ownCommand(args: readonly string[], flags: readonly string[] = []): Command {
  return { file: process.execPath, args: [...process.execArgv, ...flags, process.argv[1]!, ...args] };
}
