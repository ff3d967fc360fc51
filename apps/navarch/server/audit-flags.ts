/** The flags of `navarch server` about the audit log, named as kube-apiserver names them. */
import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_BATCH } from '#apiserver/audit/webhook-sink.ts';
import { parseDuration } from '#machinery/duration.ts';

/** The flags as commander hands them over. */
export interface AuditFlags {
  readonly auditPolicyFile?: string;
  readonly auditLogPath?: string;
  readonly auditLogMaxsize?: number;
  readonly auditLogMaxbackup?: number;
  readonly auditLogMaxage?: number;
  readonly auditWebhookConfigFile?: string;
  readonly auditWebhookBatchBufferSize?: number;
  readonly auditWebhookBatchMaxSize?: number;
  readonly auditWebhookBatchMaxWait?: number;
  readonly auditWebhookInitialBackoff?: number;
}

const NANOS_PER_MS = 1e6;

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('a whole number is needed.');
  return value;
};

const milliseconds = (text: string): number => {
  try {
    return Number(parseDuration(text)) / NANOS_PER_MS;
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
};

/** Adds them. */
export function addAuditFlags(command: Command): Command {
  return command
    .option('--audit-policy-file <file>', 'Policy of audit.k8s.io/v1: which requests are logged, and how much of them')
    .option('--audit-log-path <file>', 'where audit events are written, one JSON object a line; - for standard output')
    .option('--audit-log-maxsize <megabytes>', 'a log that is larger is put aside (default 100)', count)
    .option('--audit-log-maxbackup <n>', 'how many logs that were put aside are kept (default 100; 0: all)', count)
    .option('--audit-log-maxage <days>', 'how long they are kept (default 366; 0: always)', count)
    .option('--audit-webhook-config-file <file>', 'kubeconfig of a webhook that gets the events')
    .option('--audit-webhook-batch-buffer-size <n>', `events that wait for the webhook at most; more are dropped (default ${DEFAULT_BATCH.bufferSize})`, count)
    .option('--audit-webhook-batch-max-size <n>', `events sent at once (default ${DEFAULT_BATCH.maxSize})`, count)
    .option('--audit-webhook-batch-max-wait <duration>', 'how long events wait for others (default 30s)', milliseconds)
    .option('--audit-webhook-initial-backoff <duration>', 'how long to wait before an attempt that failed is repeated (default 10s)', milliseconds);
}
