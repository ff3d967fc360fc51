/**
 * What a container says about its end: the file it wrote, or the end of its log.
 *
 * Source: kubernetes `kuberuntime_container.go` getTerminationMessage.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerStatus } from '#cri/runtime.ts';
import { CONTAINER_NAME_LABEL, POD_UID_LABEL, TERMINATION_MESSAGE_PATH, TERMINATION_MESSAGE_POLICY } from './names.ts';
import type { ReadLastWords } from './snapshot.ts';

const MAX_MESSAGE_BYTES = 4096;
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;
/** Log lines carry a time stamp and tags; this much of the file surely holds the wanted text. */
const LOG_READ_BYTES = 64 * 1024;

/** The file behind a container's termination message path. */
export function terminationFile(podDirectory: string, name: string, attempt: number): string {
  return join(podDirectory, 'containers', name, String(attempt));
}

/** The last bytes of a file; empty when it does not exist. */
async function tail(path: string, bytes: number): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const start = Math.max(0, size - bytes);
      const buffer = Buffer.alloc(Math.min(size, bytes));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
      return buffer.subarray(0, bytesRead).toString('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Text of runtime log lines, without time stamps. */
export function logText(lines: readonly string[]): string {
  return lines
    .map((line) => {
      const [, , tag = 'F', ...rest] = line.split(' ');
      return `${rest.join(' ')}${tag.startsWith('P') ? '' : '\n'}`;
    })
    .join('');
}

/** Reads last words of containers whose pods' directories `podDirectory` knows. */
export function lastWordsReader(podDirectory: (uid: string) => string): ReadLastWords {
  return async (container: ContainerStatus) => {
    const { labels, annotations, metadata, logPath, exitCode } = container;
    let message = '';
    if (annotations[TERMINATION_MESSAGE_PATH]) {
      const file = terminationFile(podDirectory(labels[POD_UID_LABEL] ?? ''), labels[CONTAINER_NAME_LABEL] ?? metadata.name, metadata.attempt);
      message = await tail(file, MAX_MESSAGE_BYTES);
    }
    if (message !== '' || exitCode === 0 || annotations[TERMINATION_MESSAGE_POLICY] !== 'FallbackToLogsOnError' || !logPath) return message;
    const lines = (await tail(logPath, LOG_READ_BYTES)).split('\n').filter((line) => line !== '');
    return logText(lines.slice(-MAX_LOG_LINES)).slice(-MAX_LOG_BYTES);
  };
}
