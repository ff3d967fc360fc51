/**
 * `ip` of iproute2: many changes in one process, and questions answered as JSON.
 */
import { runCommand } from './command.ts';
import { entering } from './namespaces.ts';

/** Where a command works: the network namespace pinned at `netns`, or the current one. */
export interface IpScope {
  readonly netns?: string | undefined;
  /** Goes on after a line that failed, and does not fail itself: for removing what may be gone. */
  readonly force?: boolean;
}

/** Applies the lines in order in one `ip` process; stops at the first that fails. @throws StatusError */
export async function ipBatch(lines: readonly string[], scope: IpScope, signal: AbortSignal): Promise<void> {
  if (lines.length === 0) return;
  const command = { file: 'ip', args: [...(scope.force ? ['-force'] : []), '-batch', '-'] };
  const options = { input: `${lines.join('\n')}\n`, ...(scope.force ? { okCodes: [0, 1, 2] } : {}) };
  await runCommand(scope.netns === undefined ? command : entering({ net: scope.netns }, command), options, signal);
}

/** What `ip -json ARGS` answers, or an empty list when it prints nothing. */
export async function ipJson<T>(args: readonly string[], scope: IpScope, signal: AbortSignal): Promise<readonly T[]> {
  const command = { file: 'ip', args: ['-json', ...args] };
  const text = await runCommand(scope.netns === undefined ? command : entering({ net: scope.netns }, command), {}, signal);
  return text.trim() === '' ? [] : (JSON.parse(text) as T[]);
}
