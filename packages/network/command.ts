/**
 * Runs the system's own network tools (`ip`, `nft`, `nsenter`): input in, output or a clear error out.
 */
import { spawn } from 'node:child_process';
import { StatusError } from '#machinery/status.ts';

/** A program and its arguments. */
export interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
}

/** What a command gets and how it may end. */
export interface CommandOptions {
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  /** Exit codes that are not failures; default only 0. */
  readonly okCodes?: readonly number[];
}

/** Output beyond this is a failure: no tool we run has a reason to say more. */
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;
const MAX_ERROR_TEXT = 2000;

/**
 * Runs a command to its end and answers what it printed.
 * @throws StatusError when it cannot start, or ends with another exit code; the message carries what it said on standard error.
 */
export function runCommand(command: CommandLine, options: CommandOptions, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const fail = (what: string, cause?: unknown): void => {
    reject(new StatusError({ code: 500, reason: 'InternalError', message: `${command.file} ${command.args.join(' ')}: ${what}` }, cause));
  };
  const child = spawn(command.file, command.args, { stdio: ['pipe', 'pipe', 'pipe'], signal });
  const chunks: Buffer[] = [];
  let bytes = 0;
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_OUTPUT_BYTES) child.kill('SIGKILL');
    else chunks.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaint.length < MAX_ERROR_TEXT) complaint += chunk.toString();
  });
  // A tool that ends before it read everything closes the pipe; its exit code tells why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  child.on('error', (error) => {
    if (signal.aborted) reject(signal.reason as Error);
    else fail(error.message, error);
  });
  child.on('close', (code, killedBy) => {
    if (code !== null && (options.okCodes ?? [0]).includes(code)) resolve(Buffer.concat(chunks).toString());
    else fail(`${killedBy ? `killed by ${killedBy}` : `exit code ${code}`}${complaint ? `: ${complaint.trim().slice(0, MAX_ERROR_TEXT)}` : ''}`);
  });
  return promise;
}
