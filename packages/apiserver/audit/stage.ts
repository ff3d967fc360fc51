/** Writes an audit event for each request that the policy names. Source: audit.k8s.io/v1 `Event`. */
import type { Clock } from '#base/clock.ts';
import { formatMicroTime } from '#machinery/time.ts';
import type { ActiveCall } from '../active-call.ts';
import { realUser } from '../authentication/impersonation.ts';
import type { User } from '../call.ts';
import type { Outcome, Stage } from '../pipeline.ts';
import { type AuditLevel, type AuditPolicy, auditLevel } from './policy.ts';

/** Takes one event as a line of JSON without newline. */
export type AuditSink = (line: string) => void;

/** Logs by `policy`; without rules nothing is done at all. */
export function auditStage(policy: AuditPolicy, sink: AuditSink, clock: Clock): Stage {
  return {
    name: 'audit',
    enter() {},
    leave(call, outcome) {
      if (policy.rules.length === 0) return;
      const level = auditLevel(policy, realUser(call), call.info);
      if (level !== 'None') sink(JSON.stringify(auditEvent(call, outcome, level, clock.now())));
    },
  };
}

function auditEvent(call: ActiveCall, outcome: Outcome, level: AuditLevel, nowMs: number): Record<string, unknown> {
  const { info, exchange } = call;
  const query = call.query.toString();
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level,
    auditID: call.auditId,
    stage: call.longRunning ? 'ResponseStarted' : 'ResponseComplete',
    requestURI: query === '' ? call.rawPath : `${call.rawPath}?${query}`,
    verb: info.verb,
    user: userInfo(realUser(call)),
    ...(call.impersonator ? { impersonatedUser: userInfo(call.user) } : {}),
    sourceIPs: exchange ? [exchange.peer.remoteAddress] : [],
    userAgent: call.userAgent,
    ...(info.isResource ? { objectRef: objectRef(call) } : {}),
    responseStatus: { metadata: {}, code: outcome.code, ...(outcome.error ? { status: 'Failure', message: outcome.error.message, reason: outcome.error.reason } : {}) },
    ...bodies(call, outcome, level),
    requestReceivedTimestamp: formatMicroTime(call.startMs),
    stageTimestamp: formatMicroTime(nowMs),
    annotations: {
      'authorization.k8s.io/decision': outcome.code === 403 && call.authorizationReason === '' ? 'forbid' : 'allow',
      'authorization.k8s.io/reason': call.authorizationReason,
      ...Object.fromEntries(call.annotations),
    },
  };
}

function objectRef({ info }: ActiveCall): Record<string, string> {
  const reference: Record<string, string> = { resource: info.resource };
  if (info.namespace) reference['namespace'] = info.namespace;
  if (info.name) reference['name'] = info.name;
  if (info.group) reference['apiGroup'] = info.group;
  reference['apiVersion'] = info.version;
  if (info.subresource) reference['subresource'] = info.subresource;
  return reference;
}

function bodies(call: ActiveCall, outcome: Outcome, level: AuditLevel): Record<string, unknown> {
  if (level === 'Metadata') return {};
  const { body } = call;
  let requestObject: unknown;
  if (body.type === 'object') requestObject = body.value;
  else if (body.type === 'bytes') requestObject = parseJson(body.bytes);
  const { reply } = outcome;
  const responseObject = level !== 'RequestResponse' ? undefined : reply?.type === 'entry' ? reply.entry.object : reply?.type === 'object' ? reply.object : undefined;
  return { ...(requestObject === undefined ? {} : { requestObject }), ...(responseObject === undefined ? {} : { responseObject }) };
}

/** Bodies in other formats are logged as their type only. */
function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function userInfo(user: User): Record<string, unknown> {
  return { username: user.name, ...(user.uid ? { uid: user.uid } : {}), groups: user.groups, ...(user.extra ? { extra: user.extra } : {}) };
}
