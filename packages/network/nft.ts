/**
 * `nft`: applies a script as one transaction.
 */
import { runCommand } from './command.ts';
import { entering } from './namespaces.ts';

/** Applies an nftables script, all of it or nothing, in the namespace pinned at `netns` or the current one. @throws StatusError */
export async function nftApply(script: string, netns: string | undefined, signal: AbortSignal): Promise<void> {
  const command = { file: 'nft', args: ['-f', '-'] };
  await runCommand(netns === undefined ? command : entering({ net: netns }, command), { input: script }, signal);
}
