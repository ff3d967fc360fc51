/**
 * Applies scripts with the `nft` program, each as one transaction.
 *
 * One process per change costs about 20 ms, nearly all of it the kernel's own commit, with 20 services or with 2,000 (30 to 40 ms); keeping an
 * interactive one open would save 3 ms and hold its copy of the table in memory.
 */
import { spawn } from 'node:child_process';
import { StatusError } from '#machinery/status.ts';

const MAX_ERROR_TEXT = 2000;

/** Runs a script in the current network namespace: all of it takes effect or nothing. @throws StatusError with nft's words. */
export function applyScript(script: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (what: string, cause?: unknown): void =>
    reject(new StatusError({ code: 500, reason: 'InternalError', message: `nft: ${what}` }, cause));
  const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'], signal });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaint.length < MAX_ERROR_TEXT) complaint += chunk.toString();
  });
  // A script it cannot read makes nft close the pipe early; the exit code tells.
  child.stdin.on('error', () => undefined);
  child.stdin.end(script);
  child.on('error', (error) => (signal.aborted ? reject(signal.reason as Error) : fail(error.message, error)));
  child.on('close', (code, killedBy) => (code === 0 ? resolve() : fail(`${killedBy ?? `exit code ${code}`}: ${complaint.trim()}`)));
  return promise;
}
