/** Writes audit events for each request that the policy names. Source: audit.k8s.io/v1 `Event`. */
import type { Clock } from '#base/clock.ts';
import { groupVersionText } from '#machinery/kind.ts';
import { decodeYaml } from '#machinery/yaml.ts';
import { formatMicroTime } from '#machinery/time.ts';
import type { ActiveCall } from '../active-call.ts';
import { realUser } from '../authentication/impersonation.ts';
import type { CallBody, User } from '../call.ts';
import type { Outcome, Stage } from '../pipeline.ts';
import { type AuditDecision, type AuditPolicy, type AuditStage, auditDecision } from './policy.ts';

/** Takes one event as a line of JSON without newline. */
export type AuditSink = (line: string) => void;

/** Logs by `policy`; without rules nothing is done at all. */
export function auditStage(policy: AuditPolicy, sink: AuditSink, clock: Clock): Stage {
  if (policy.rules.length === 0) return { name: 'audit', enter() {} };
  const decisions = new WeakMap<ActiveCall, AuditDecision>();
  const write = (call: ActiveCall, decision: AuditDecision, stage: AuditStage, outcome?: Outcome): void => {
    if (!decision.omitStages.includes(stage)) sink(JSON.stringify(auditEvent(call, decision, { stage, outcome, nowMs: clock.now() })));
  };
  return {
    name: 'audit',
    enter(call) {
      const decision = auditDecision(policy, call.user, call.info);
      if (!decision) return;
      decisions.set(call, decision);
      write(call, decision, 'RequestReceived');
    },
    leave(call, outcome) {
      const decision = decisions.get(call);
      if (!decision) return;
      if (!call.longRunning || outcome.error) {
        write(call, decision, 'ResponseComplete', outcome);
        return;
      }
      write(call, decision, 'ResponseStarted', outcome);
      call.whenEnded(() => write(call, decision, 'ResponseComplete', outcome));
    },
  };
}

interface Moment {
  readonly stage: AuditStage;
  readonly outcome: Outcome | undefined;
  readonly nowMs: number;
}

function auditEvent(call: ActiveCall, decision: AuditDecision, { stage, outcome, nowMs }: Moment): Record<string, unknown> {
  const { info, exchange } = call;
  const query = call.query.toString();
  const bodies = outcome ? bodiesOf(call, outcome, decision) : {};
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: decision.level,
    auditID: call.auditId,
    stage,
    requestURI: query === '' ? call.rawPath : `${call.rawPath}?${query}`,
    verb: info.verb,
    user: userInfo(realUser(call)),
    ...(call.impersonator ? { impersonatedUser: userInfo(call.user) } : {}),
    sourceIPs: exchange ? [exchange.peer.remoteAddress] : [],
    userAgent: call.userAgent,
    ...(info.isResource ? { objectRef: objectRef(call, bodies.requestObject) } : {}),
    ...(outcome ? { responseStatus: { metadata: {}, ...(outcome.error ? { status: 'Failure', message: outcome.error.message, reason: outcome.error.reason } : {}), code: outcome.code } } : {}),
    ...bodies,
    requestReceivedTimestamp: formatMicroTime(call.startMs),
    stageTimestamp: formatMicroTime(nowMs),
    ...(outcome ? { annotations: annotationsOf(call, outcome) } : {}),
  };
}

function annotationsOf(call: ActiveCall, outcome: Outcome): Record<string, string> {
  return {
    'authorization.k8s.io/decision': outcome.code === 403 && call.authorizationReason === '' ? 'forbid' : 'allow',
    'authorization.k8s.io/reason': call.authorizationReason,
    ...Object.fromEntries(call.annotations),
  };
}

function objectRef({ info }: ActiveCall, sent: unknown): Record<string, string> {
  const reference: Record<string, string> = { resource: info.resource };
  const { metadata } = (sent ?? {}) as { readonly metadata?: { readonly name?: unknown } };
  const name = info.name || metadata?.name;
  if (info.namespace) reference['namespace'] = info.namespace;
  if (typeof name === 'string' && name !== '') reference['name'] = name;
  if (info.group) reference['apiGroup'] = info.group;
  reference['apiVersion'] = info.version;
  if (info.subresource) reference['subresource'] = info.subresource;
  return reference;
}

interface Bodies {
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
}

function bodiesOf(call: ActiveCall, outcome: Outcome, { level, omitManagedFields }: AuditDecision): Bodies {
  if (level === 'Metadata') return {};
  const shown = (value: unknown): unknown => (omitManagedFields ? withoutManagedFields(value) : value);
  const sent = requestObject(call.body);
  const answered = level === 'RequestResponse' ? responseObject(outcome) : undefined;
  return { ...(sent === undefined ? {} : { requestObject: shown(sent) }), ...(answered === undefined ? {} : { responseObject: shown(answered) }) };
}

/** Bodies in other formats than JSON and YAML are not shown. */
function requestObject(body: CallBody): unknown {
  if (body.type === 'object') return body.value;
  if (body.type === 'none' || body.mediaType.includes('protobuf')) return undefined;
  try {
    const text = body.bytes.toString();
    return body.mediaType.includes('yaml') ? decodeYaml(text) : JSON.parse(text);
  } catch {
    // What could not be read was refused; the event says so.
    return undefined;
  }
}

function responseObject({ reply, error }: Outcome): unknown {
  if (error) return error.toStatus();
  switch (reply?.type) {
    case 'entry':
      return reply.entry.object;
    case 'object':
      return reply.object;
    case 'list':
      return { kind: reply.kind.listKind, apiVersion: groupVersionText(reply.kind), metadata: reply.metadata, items: reply.entries.map((entry) => entry.object) };
    default:
      return undefined;
  }
}

/** An object, or a list of objects, without the lists of who set which field. */
function withoutManagedFields(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { metadata, items } = value as { readonly metadata?: unknown; readonly items?: unknown };
  if (Array.isArray(items)) return { ...value, items: items.map(withoutManagedFields) };
  if (typeof metadata !== 'object' || metadata === null || !('managedFields' in metadata)) return value;
  const { managedFields: _, ...rest } = metadata;
  return { ...value, metadata: rest };
}

function userInfo(user: User): Record<string, unknown> {
  return { username: user.name, ...(user.uid ? { uid: user.uid } : {}), groups: user.groups, ...(user.extra ? { extra: user.extra } : {}) };
}
