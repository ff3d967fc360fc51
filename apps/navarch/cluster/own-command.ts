/**
 * How this very program is run again as another process.
 */
import type { Command } from './supervisor.ts';

/** For processes that do little: a young generation of 1 MB instead of 16 keeps their memory from growing with use, and code is kept small (an agent: 14 MB less). */
export const SMALL_HEAP: readonly string[] = ['--max-semi-space-size=1', '--optimize-for-size'];

/** For a server: 10 MB less when idle and 100 MB less after a load than with a young generation of 16 MB, at the same rates (`benchmarks/http.ts`, `benchmarks/up.ts`). */
export const SERVER_HEAP: readonly string[] = ['--max-semi-space-size=4'];

/** For a server of thousands of simulated nodes, whose objects all are in its memory: room for them, and for a young generation that does not copy most of them about. */
export const LARGE_HEAP: readonly string[] = ['--max-old-space-size=6144', '--max-semi-space-size=64'];

/** The same Node and bundle with other arguments; `flags` are Node's. */
export function ownCommand(args: readonly string[], flags: readonly string[] = []): Command {
  // What this process was started with does not pass on: a supervisor's heap is not a server's.
  const inherited = process.execArgv.filter((flag) => !SMALL_HEAP.includes(flag));
  return { file: process.execPath, args: [...inherited, ...flags, process.argv[1]!, ...args] };
}
