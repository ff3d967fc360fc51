/** The audit log that the flags of `navarch server` ask for. */
import { readFileSync } from 'node:fs';
import type { AuditPolicy } from '#apiserver/audit/policy.ts';
import { readAuditPolicy } from '#apiserver/audit/policy-configuration.ts';
import type { AuditSink } from '#apiserver/audit/stage.ts';
import type { ApiServerOptions } from '#apiserver/server.ts';
import { DEFAULT_BATCH, WebhookSink } from '#apiserver/audit/webhook-sink.ts';
import { systemClock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import { UserError } from '../cluster/spec.ts';
import { peerOf } from './access.ts';
import type { AuditFlags } from './audit-flags.ts';
import { AuditLog } from './audit-log.ts';

/** A place where events go. */
interface OpenSink {
  readonly plugin: 'log' | 'webhook';
  readonly write: AuditSink;
  /** Events that were lost so far. */
  lost(): number;
}

/** What the flags make; goes with `resources`. @throws UserError */
export async function openAudit(flags: AuditFlags, log: Logger, resources: AsyncDisposableStack): Promise<ApiServerOptions['audit']> {
  const { auditPolicyFile: file, auditLogPath: path, auditWebhookConfigFile: webhook } = flags;
  if (file === undefined) {
    if (path !== undefined || webhook !== undefined) throw new UserError('--audit-log-path and --audit-webhook-config-file say where events go; --audit-policy-file is to say which');
    return undefined;
  }
  const policy = readPolicy(file);
  const sinks: OpenSink[] = [];
  if (path !== undefined) sinks.push(openLog(flags, path, log, resources));
  if (webhook !== undefined) sinks.push(await openWebhook(flags, webhook, log, resources));
  return { policy, sink: (line) => sinks.forEach(({ write }) => write(line)), losses: () => sinks.map(({ plugin, lost }) => ({ plugin, events: lost() })) };
}

function readPolicy(file: string): AuditPolicy {
  try {
    return readAuditPolicy(readFileSync(file, 'utf8'), file);
  } catch (error) {
    throw new UserError(`loading audit policy file: ${(error as Error).message}`);
  }
}

function openLog({ auditLogMaxsize = 100, auditLogMaxbackup = 100, auditLogMaxage = 366 }: AuditFlags, path: string, log: Logger, resources: AsyncDisposableStack): OpenSink {
  if (path === '-') return { plugin: 'log', write: (line) => void process.stdout.write(`${line}\n`), lost: () => 0 };
  const limits = { maxSizeMegabytes: auditLogMaxsize, maxBackups: auditLogMaxbackup, maxAgeDays: auditLogMaxage };
  let lost = 0;
  const onError = (error: Error): void => {
    lost++;
    log.error('the audit log cannot be written', errorFields(error));
  };
  const { write } = resources.use(new AuditLog(path, limits, systemClock, onError));
  return { plugin: 'log', write, lost: () => lost };
}

async function openWebhook(flags: AuditFlags, file: string, log: Logger, resources: AsyncDisposableStack): Promise<OpenSink> {
  const batch = {
    bufferSize: flags.auditWebhookBatchBufferSize ?? DEFAULT_BATCH.bufferSize,
    maxSize: flags.auditWebhookBatchMaxSize ?? DEFAULT_BATCH.maxSize,
    maxWaitMs: flags.auditWebhookBatchMaxWait ?? DEFAULT_BATCH.maxWaitMs,
    backoffMs: flags.auditWebhookInitialBackoff ?? DEFAULT_BATCH.backoffMs,
  };
  const sink = resources.use(new WebhookSink({ address: await peerOf(file), batch, clock: systemClock, log }));
  return { plugin: 'webhook', write: sink.write, lost: () => sink.dropped };
}
