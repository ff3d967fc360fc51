/**
 * Processes of a cluster as the machine sees them: identified by pid and start time, so that a reused pid is never mistaken for ours.
 */
import { readFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';

/** A process that was started: `startTicks` (field 22 of /proc/PID/stat) tells it from a later one with its pid. */
export interface ProcessId {
  readonly pid: number;
  readonly startTicks: string;
}

/** The cluster's processes by component: `server`, `node-1/agent`, `node-1/containerd`; `supervisor` is the one that keeps the table. */
export interface ProcessTable {
  readonly components: Readonly<Record<string, ProcessId>>;
  /** Nodes that lost their agent and containerd together: they stay down until started again. */
  readonly downNodes: readonly string[];
  /** Why the last start of a node or of the server failed, by its name; absent when it succeeded. */
  readonly startErrors?: Readonly<Record<string, string>>;
}

/** The identity of a live process, or undefined when there is none (a zombie counts as none). */
export function identify(pid: number): ProcessId | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : { pid, startTicks: fields[19]! };
}

/** Whether the process is still the one that was started. */
export function isAlive(id: ProcessId | undefined): boolean {
  return id !== undefined && identify(id.pid)?.startTicks === id.startTicks;
}

/** Resident memory in bytes, or undefined when the process is gone. */
export function residentBytes(pid: number): number | undefined {
  try {
    const pages = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1];
    return Number(pages) * 4096;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Sends a signal to exactly this process; does nothing when it is gone. */
export function signalProcess(id: ProcessId | undefined, signal: NodeJS.Signals): void {
  if (!id || !isAlive(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Reads the table; an absent file is an empty table. */
export async function readProcessTable(path: string): Promise<ProcessTable> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessTable;
  } catch (error) {
    if (isMissing(error)) return { components: {}, downNodes: [] };
    throw error;
  }
}

/** Replaces the table in one step. */
export async function writeProcessTable(path: string, table: ProcessTable): Promise<void> {
  const staging = `${path}.new`;
  await writeFile(staging, `${JSON.stringify(table, undefined, 2)}\n`, { mode: 0o600 });
  await rename(staging, path);
}

/** Whether a file system error says that the file (or process) is not there. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}
