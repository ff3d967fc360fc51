/** `/navarch/backup`: everything that is stored, as one file. Only users who may `get` this path: by default the cluster's masters. */
import { pipeline } from 'node:stream/promises';
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import { formatTime } from '#machinery/time.ts';
import { writeBackup } from '#store/backup.ts';
import type { Store } from '#store/store.ts';
import type { ApiReply, Connection } from '../call.ts';

/** Where a backup can be read. */
export const BACKUP_PATH = '/navarch/backup';

/** Answers with a backup, streamed at the client's pace. */
export function backupReply(store: Store, clock: Clock, log: Logger): ApiReply {
  const send = async ({ response }: Connection): Promise<void> => {
    if (!response) return;
    response.statusCode = 200;
    response.setHeader('Content-Type', 'application/octet-stream');
    response.setHeader('Cache-Control', 'no-cache, private');
    try {
      await pipeline(writeBackup(store, formatTime(clock.now())), response as NodeJS.WritableStream);
    } catch (error) {
      // The client sees that the file is cut off.
      log.warn('a backup was not finished', errorFields(error));
    }
  };
  return { type: 'takeover', run: send };
}
