/** The flags of `navarch server` about the audit log, named as kube-apiserver names them, and what they make. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import type { AuditPolicy } from '#apiserver/audit/policy.ts';
import { readAuditPolicy } from '#apiserver/audit/policy-configuration.ts';
import type { AuditSink } from '#apiserver/audit/stage.ts';
import { DEFAULT_BATCH, WebhookSink } from '#apiserver/audit/webhook-sink.ts';
import { systemClock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import { parseDuration } from '#machinery/duration.ts';
import { UserError } from '../cluster/spec.ts';
import { peerOf } from './access.ts';
import { AuditLog } from './audit-log.ts';

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
    .option('--audit-log-maxbackup <n>', 'how many logs that were put aside are kept (default: all)', count)
    .option('--audit-log-maxage <days>', 'how long they are kept (default: always)', count)
    .option('--audit-webhook-config-file <file>', 'kubeconfig of a webhook that gets the events')
    .option('--audit-webhook-batch-buffer-size <n>', `events that wait for the webhook at most; more are dropped (default ${DEFAULT_BATCH.bufferSize})`, count)
    .option('--audit-webhook-batch-max-size <n>', `events sent at once (default ${DEFAULT_BATCH.maxSize})`, count)
    .option('--audit-webhook-batch-max-wait <duration>', 'how long events wait for others (default 30s)', milliseconds)
    .option('--audit-webhook-initial-backoff <duration>', 'how long to wait before an attempt that failed is repeated (default 10s)', milliseconds);
}

/** What the flags make; goes with `resources`. @throws UserError */
export async function openAudit(flags: AuditFlags, log: Logger, resources: AsyncDisposableStack): Promise<{ readonly policy: AuditPolicy; readonly sink: AuditSink } | undefined> {
  const { auditPolicyFile: file, auditLogPath: path, auditWebhookConfigFile: webhook } = flags;
  if (file === undefined) {
    if (path !== undefined || webhook !== undefined) throw new UserError('--audit-log-path and --audit-webhook-config-file say where events go; --audit-policy-file is to say which');
    return undefined;
  }
  const policy = readPolicy(file);
  const sinks: AuditSink[] = [];
  if (path !== undefined) sinks.push(openLog(flags, path, log, resources));
  if (webhook !== undefined) sinks.push(await openWebhook(flags, webhook, log, resources));
  return { policy, sink: (line) => sinks.forEach((sink) => sink(line)) };
}

function readPolicy(file: string): AuditPolicy {
  try {
    return readAuditPolicy(readFileSync(file, 'utf8'), file);
  } catch (error) {
    throw new UserError(`loading audit policy file: ${(error as Error).message}`);
  }
}

function openLog({ auditLogMaxsize = 100, auditLogMaxbackup = 0, auditLogMaxage = 0 }: AuditFlags, path: string, log: Logger, resources: AsyncDisposableStack): AuditSink {
  if (path === '-') return (line) => void process.stdout.write(`${line}\n`);
  const limits = { maxSizeMegabytes: auditLogMaxsize, maxBackups: auditLogMaxbackup, maxAgeDays: auditLogMaxage };
  return resources.use(new AuditLog(path, limits, systemClock, (error) => log.error('the audit log cannot be written', errorFields(error)))).write;
}

async function openWebhook(flags: AuditFlags, file: string, log: Logger, resources: AsyncDisposableStack): Promise<AuditSink> {
  const batch = {
    bufferSize: flags.auditWebhookBatchBufferSize ?? DEFAULT_BATCH.bufferSize,
    maxSize: flags.auditWebhookBatchMaxSize ?? DEFAULT_BATCH.maxSize,
    maxWaitMs: flags.auditWebhookBatchMaxWait ?? DEFAULT_BATCH.maxWaitMs,
    backoffMs: flags.auditWebhookInitialBackoff ?? DEFAULT_BATCH.backoffMs,
  };
  return resources.use(new WebhookSink({ address: await peerOf(file), batch, clock: systemClock, log })).write;
}
