/**
 * Bounds how many events are accepted: from everybody, per namespace, per user, or per what they are about.
 *
 * Source: kubernetes `plugin/pkg/admission/eventratelimit`.
 */
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { type ConfigurationType, readConfigurationValue, refuseFindings } from '../configuration.ts';
import type { Clock } from '#base/clock.ts';
import { Lru } from '#base/lru.ts';
import { TokenBucket } from '#base/token-bucket.ts';
import { at, child, type FieldError, invalid, notSupported } from '#machinery/field-error.ts';
import { typeMeta } from '#machinery/meta.ts';
import { int32, list, message, optional, required, string } from '#machinery/schema.ts';
import { tooManyRequests } from '#machinery/status.ts';

/** What shares a bucket. */
export type EventLimitType = 'Server' | 'Namespace' | 'User' | 'SourceAndObject';

/** One bound: `qps` per second on average, `burst` at once. */
export interface EventLimit {
  readonly type: EventLimitType;
  readonly qps: number;
  readonly burst: number;
  readonly cacheSize?: number;
}

const TYPES: readonly EventLimitType[] = ['Namespace', 'Server', 'SourceAndObject', 'User'];
/** Buckets remembered per limit unless configured otherwise. */
const DEFAULT_CACHE_SIZE = 4_096;
const RETRY_SECONDS = 1;

const schema = message('apiserver.EventRateLimitConfiguration', {
  ...typeMeta,
  limits: required(
    0,
    list(
      message('apiserver.EventRateLimit', {
        type: required(0, string),
        qps: required(0, int32),
        burst: required(0, int32),
        cacheSize: optional(0, int32),
      }),
    ),
  ),
});

const TYPE: ConfigurationType = { group: 'eventratelimit.admission.k8s.io', versions: ['v1alpha1'], kind: 'Configuration', schema };

/** Reads a parsed configuration. @throws ConfigurationError */
export function readEventRateLimits(value: unknown, from: string): readonly EventLimit[] {
  const { limits } = readConfigurationValue<{ readonly limits: readonly EventLimit[] }>(value, TYPE, from);
  const findings: FieldError[] = [];
  if (!limits?.length) findings.push(invalid('limits', limits ?? [], 'must not be empty'));
  for (const [index, { type, qps, burst, cacheSize }] of (limits ?? []).entries()) {
    const here = at('limits', index);
    if (!TYPES.includes(type)) findings.push(notSupported(child(here, 'type'), type, TYPES));
    if (burst <= 0) findings.push(invalid(child(here, 'burst'), burst, 'must be positive'));
    if (qps <= 0) findings.push(invalid(child(here, 'qps'), qps, 'must be positive'));
    if (cacheSize !== undefined && cacheSize < 0) findings.push(invalid(child(here, 'cacheSize'), cacheSize, 'must not be negative'));
  }
  refuseFindings(findings, from);
  return limits;
}

interface EventLike {
  readonly source?: { readonly component?: string; readonly host?: string };
  readonly deprecatedSource?: { readonly component?: string; readonly host?: string };
  readonly involvedObject?: EventSubject;
  readonly regarding?: EventSubject;
}
type EventSubject = Readonly<Partial<Record<'kind' | 'namespace' | 'name' | 'uid' | 'apiVersion', string>>>;

function keyOf(type: EventLimitType, { namespace, user, object }: AdmissionRequest): string {
  if (type === 'Server') return '';
  if (type === 'Namespace') return namespace;
  if (type === 'User') return user.name;
  const { source, deprecatedSource, involvedObject, regarding } = object as unknown as EventLike;
  const from = source ?? deprecatedSource;
  const about = involvedObject ?? regarding;
  return [from?.component, from?.host, about?.kind, about?.namespace, about?.name, about?.uid, about?.apiVersion].map((part) => part ?? '').join('');
}

/** The plugin. */
export function eventRateLimit(limits: readonly EventLimit[], clock: Clock): AdmissionPlugin {
  const buckets = limits.map(({ type, cacheSize }) => new Lru<string, TokenBucket>(type === 'Server' ? 1 : cacheSize || DEFAULT_CACHE_SIZE));
  return {
    name: 'EventRateLimit',
    interest: { operations: ['CREATE', 'UPDATE'], resources: ['/events', 'events.k8s.io/events'] },
    validate(request) {
      if (request.options.dryRun) return;
      const nowMs = clock.monotonicMs();
      const reached: string[] = [];
      for (const [index, { type, qps, burst }] of limits.entries()) {
        const key = keyOf(type, request);
        let bucket = buckets[index]!.get(key);
        if (!bucket) buckets[index]!.set(key, (bucket = new TokenBucket(qps, burst, nowMs)));
        if (!bucket.take(nowMs)) reached.push(`limit reached on type ${type} for key ${key}`);
      }
      if (reached.length > 0) throw tooManyRequests(reached.length === 1 ? reached[0]! : `[${reached.join(', ')}]`, RETRY_SECONDS);
    },
  };
}
