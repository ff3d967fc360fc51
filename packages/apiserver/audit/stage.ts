/** Writes audit events for each request that the policy names. Source: audit.k8s.io/v1 `Event`. */
import type { Clock } from '#base/clock.ts';
import { groupVersionText } from '#machinery/kind.ts';
import { decodeYaml } from '#machinery/yaml.ts';
import { StatusError } from '#machinery/status.ts';
import { formatMicroTime } from '#machinery/time.ts';
import type { ActiveCall } from '../active-call.ts';
import { presentedCertificate } from '../authentication/client-certificate.ts';
import { realUser } from '../authentication/impersonation.ts';
import type { CallBody, User } from '../call.ts';
import type { Outcome, Stage } from '../pipeline.ts';
import type { AuditMetrics } from './audit-metrics.ts';
import { type AuditDecision, type AuditPolicy, type AuditStage, auditDecision } from './policy.ts';

/** Takes one event as a line of JSON without newline. */
export type AuditSink = (line: string) => void;

/** What an auditor works with. */
export interface AuditorOptions {
  readonly policy: AuditPolicy;
  readonly sink: AuditSink;
  readonly clock: Clock;
  readonly metrics: AuditMetrics;
}

/** Writes the events of each request. */
export class Auditor {
  readonly #options: AuditorOptions;
  readonly #decisions = new WeakMap<ActiveCall, AuditDecision>();

  constructor(options: AuditorOptions) {
    this.#options = options;
  }

  /** Goes after authentication. */
  readonly stage: Stage = {
    name: 'audit',
    enter: (call) => {
      const decision = this.#decide(call);
      if (!decision) return;
      this.#decisions.set(call, decision);
      this.#write(call, decision, 'RequestReceived');
      // Whoever asked has been told that it took too long: what comes of the request later is nobody's answer.
      call.givenUp = (error) => {
        this.#decisions.delete(call);
        this.#write(call, decision, 'ResponseComplete', { code: error.code, error });
      };
    },
    leave: (call, outcome) => {
      const decision = this.#decisions.get(call);
      if (!decision) return;
      call.givenUp = undefined;
      if (outcome.fault !== undefined) this.#write(call, decision, 'Panic', { code: outcome.code, error: panic(outcome.fault) });
      else if (!call.longRunning || outcome.error) this.#write(call, decision, 'ResponseComplete', outcome);
      else {
        this.#write(call, decision, 'ResponseStarted', outcome);
        call.whenEnded(() => this.#write(call, decision, 'ResponseComplete', outcome));
      }
    },
  };

  /** Goes before authentication: those whom it refuses get no further. */
  readonly refusals: Stage = {
    name: 'failed authentication audit',
    enter() {},
    leave: (call, { error }) => {
      if (!error || !call.exchange || call.user.name !== '') return;
      const decision = this.#decide(call);
      if (decision) this.#write(call, decision, 'ResponseStarted', { code: error.code, error: new StatusError({ code: error.code, reason: error.reason, message: attempts(call) }) });
    },
  };

  #decide(call: ActiveCall): AuditDecision | undefined {
    const decision = auditDecision(this.#options.policy, call.user, call.info);
    this.#options.metrics.level(decision?.level ?? 'None');
    return decision;
  }

  #write(call: ActiveCall, decision: AuditDecision, stage: AuditStage, outcome?: Outcome): void {
    if (decision.omitStages.includes(stage)) return;
    this.#options.metrics.event();
    this.#options.sink(JSON.stringify(auditEvent(call, decision, { stage, outcome, nowMs: this.#options.clock.now() })));
  }
}

function panic(fault: unknown): StatusError {
  return new StatusError({ code: 500, reason: 'InternalError', message: `APIServer panic'd: ${fault instanceof Error ? fault.message : String(fault)}` });
}

/** Which credentials were shown in vain. Source: apiserver `endpoints/filters/authn_audit.go`. */
function attempts(call: ActiveCall): string {
  const { peer } = call.exchange!;
  const authorization = call.header('authorization') ?? '';
  const methods = [
    ...(/^basic /i.test(authorization) ? ['basic'] : []),
    ...(/^bearer /i.test(authorization) ? ['bearer'] : []),
    ...(call.query.size > 0 && call.query.get('access_token') ? ['access_token'] : []),
    ...(presentedCertificate(peer) ? ['x509'] : []),
  ];
  return methods.length === 0 ? 'Authentication failed, no credentials provided' : `Authentication failed, attempted: ${methods.join(', ')}`;
}

interface Moment {
  readonly stage: AuditStage;
  readonly outcome: Outcome | undefined;
  readonly nowMs: number;
}

function auditEvent(call: ActiveCall, decision: AuditDecision, { stage, outcome, nowMs }: Moment): Record<string, unknown> {
  const { info, exchange } = call;
  const query = call.query.toString();
  const known = stage === 'RequestReceived' || call.user.name !== '';
  const bodies = outcome && known ? bodiesOf(call, outcome, decision) : {};
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: decision.level,
    auditID: call.auditId,
    stage,
    requestURI: query === '' ? call.rawPath : `${call.rawPath}?${query}`,
    verb: info.verb,
    user: known ? userInfo(realUser(call)) : {},
    ...(call.impersonator ? { impersonatedUser: userInfo(call.user) } : {}),
    sourceIPs: exchange ? [exchange.peer.remoteAddress] : [],
    userAgent: call.userAgent,
    ...(info.isResource ? { objectRef: objectRef(call, bodies.requestObject) } : {}),
    ...(outcome ? { responseStatus: { metadata: {}, ...(outcome.error ? { status: 'Failure', message: outcome.error.message, reason: outcome.error.reason } : {}), code: outcome.code } } : {}),
    ...bodies,
    requestReceivedTimestamp: formatMicroTime(call.startMs),
    stageTimestamp: formatMicroTime(nowMs),
    ...(outcome && known ? { annotations: annotationsOf(call, outcome) } : {}),
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
