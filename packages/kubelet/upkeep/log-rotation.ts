/**
 * Keeps container logs from filling the disk: a log that has grown large is renamed and begun anew, old pieces are compressed and in the end
 * removed.
 *
 * Source: kubernetes `pkg/kubelet/logs/container_log_manager.go` (10 MiB, five files).
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { ContainerRuntime } from '#cri/runtime.ts';
import { formatTime } from '#machinery/time.ts';

/** When logs are rotated. */
export interface LogLimits {
  readonly maxBytes: number;
  /** With the one being written. */
  readonly maxFiles: number;
}

/** Upstream's defaults. */
export const DEFAULT_LOG_LIMITS: LogLimits = { maxBytes: 10 * 1024 * 1024, maxFiles: 5 };

/** A log that is being written. */
export interface OpenLog {
  readonly containerId: string;
  readonly path: string;
}

/** `20260102-030405`. */
const suffix = (nowMs: number): string => formatTime(nowMs).slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

async function compress(path: string, signal: AbortSignal): Promise<void> {
  const temporary = `${path}.tmp`;
  await pipeline(createReadStream(path), createGzip(), createWriteStream(temporary), { signal });
  await rename(temporary, `${path}.gz`);
  await rm(path);
}

/** Earlier pieces of a log, oldest first. */
async function earlierPieces(path: string): Promise<string[]> {
  const name = basename(path);
  const all = await readdir(dirname(path));
  return all
    .filter((one) => one.startsWith(`${name}.`) && !one.endsWith('.tmp'))
    .sort()
    .map((one) => join(dirname(path), one));
}

/** Rotates the log when it is too large; answers whether it was. */
export async function rotateLog(log: OpenLog, limits: LogLimits, runtime: ContainerRuntime, nowMs: number, signal: AbortSignal): Promise<boolean> {
  if ((await sizeOf(log.path)) < limits.maxBytes) return false;
  const pieces = await earlierPieces(log.path);
  // The one being written and the one about to be renamed count too.
  const surplus = pieces.slice(0, Math.max(0, pieces.length - (limits.maxFiles - 2)));
  for (const piece of surplus) await rm(piece, { force: true });
  for (const piece of pieces) if (!surplus.includes(piece) && !piece.endsWith('.gz')) await compress(piece, signal);
  const renamed = `${log.path}.${suffix(nowMs)}`;
  await rename(log.path, renamed);
  try {
    await runtime.reopenContainerLog(log.containerId, signal);
  } catch (error) {
    await rename(renamed, log.path);
    throw error;
  }
  return true;
}
