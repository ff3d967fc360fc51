/** Asks another server whether a user may do something. Source: the webhook authorization documentation; authorization.k8s.io/v1 `SubjectAccessReview`. */
import type { Clock } from '#base/clock.ts';
import { type Logger, errorFields } from '#base/log.ts';
import { Lru } from '#base/lru.ts';
import type { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from '#kinds/authorization/attributes.ts';
import type { Program } from '#machinery/cel/compile.ts';
import { parseFieldSelector } from '#machinery/field-selectors.ts';
import { type LabelRequirement } from '#machinery/label-requirements.ts';
import { parseRequirements } from '#machinery/label-selector-parser.ts';
import type { User } from '../call.ts';
import type { PeerAddress } from '../outbound/https-peer.ts';
import { Webhook } from '../outbound/webhook.ts';
import { type Attributes, type Authorizer, type Decision, NO_OPINION } from './authorizer.ts';
import { matches } from './match-conditions.ts';

/** Where the webhook is, and what its answers and its silence mean. */
export interface WebhookAuthorizerConfig {
  readonly address: PeerAddress;
  readonly version: 'v1' | 'v1beta1';
  /** How long permissions are believed; 0: not. */
  readonly authorizedMs: number;
  /** How long refusals are believed; 0: not. */
  readonly unauthorizedMs: number;
  readonly timeoutMs: number;
  /** What it means that the webhook cannot be asked. */
  readonly onFailure: 'NoOpinion' | 'Deny';
  /** The webhook is asked when all hold; otherwise it has no opinion. */
  readonly conditions?: readonly Program[];
}

/** Answers remembered; beyond this, those unused for longest are asked for again. */
const MAX_ANSWERS = 8192;
/** Questions longer than this are not remembered, so that nobody fills the memory with what they ask. */
const MAX_CACHED_KEY_LENGTH = 10_000;

interface Remembered {
  readonly decision: Decision | Promise<Decision>;
  readonly untilMs: number;
}

interface Review {
  readonly kind: 'SubjectAccessReview';
  readonly apiVersion: string;
  readonly metadata: object;
  readonly spec: object;
  readonly status?: SubjectAccessReviewStatus;
}

/** The webhook as an authorizer. */
export class WebhookAuthorizer implements Authorizer, Disposable {
  readonly #config: WebhookAuthorizerConfig;
  readonly #webhook: Webhook;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #answers = new Lru<string, Remembered>(MAX_ANSWERS);

  constructor(config: WebhookAuthorizerConfig, { clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
    this.#webhook = new Webhook({ address: config.address, timeoutMs: config.timeoutMs, clock });
  }

  [Symbol.dispose](): void {
    this.#webhook[Symbol.dispose]();
  }

  authorize(user: User, asked: Attributes): Decision | Promise<Decision> {
    const spec = specOf(user, asked);
    const skipped = this.#skipped(spec);
    if (skipped) return skipped;
    const key = JSON.stringify(spec);
    const remembered = this.#answers.get(key);
    if (remembered && this.#clock.monotonicMs() < remembered.untilMs) return remembered.decision;
    const asking = this.#ask(key, spec);
    if (key.length <= MAX_CACHED_KEY_LENGTH) this.#answers.set(key, { decision: asking, untilMs: Infinity });
    return asking;
  }

  /** The decision when the webhook need not be asked. */
  #skipped(spec: SubjectAccessReviewSpec): Decision | undefined {
    const { conditions = [], onFailure } = this.#config;
    if (conditions.length === 0) return undefined;
    try {
      return matches(conditions, spec) ? undefined : NO_OPINION;
    } catch (error) {
      this.#log.error('the conditions of an authorization webhook cannot be evaluated', errorFields(error));
      return { verdict: onFailure === 'Deny' ? 'deny' : 'none', reason: '', error: (error as Error).message };
    }
  }

  async #ask(key: string, spec: object): Promise<Decision> {
    const { version, authorizedMs, unauthorizedMs, onFailure } = this.#config;
    try {
      // The older version names groups in the singular.
      const sent = version === 'v1beta1' ? { ...spec, groups: undefined, group: (spec as { readonly groups?: unknown }).groups } : spec;
      const { status } = await this.#webhook.ask<Review>({
        kind: 'SubjectAccessReview',
        apiVersion: `authorization.k8s.io/${version}`,
        metadata: {},
        spec: sent,
      });
      const decision = decisionOf(status);
      const keptMs = decision.verdict === 'allow' ? authorizedMs : unauthorizedMs;
      if (keptMs > 0 && key.length <= MAX_CACHED_KEY_LENGTH) this.#answers.set(key, { decision, untilMs: this.#clock.monotonicMs() + keptMs });
      else this.#answers.delete(key);
      return decision;
    } catch (error) {
      this.#answers.delete(key);
      this.#log.error('the authorization webhook cannot be asked', errorFields(error));
      return { verdict: onFailure === 'Deny' ? 'deny' : 'none', reason: '', error: (error as Error).message };
    }
  }
}

function decisionOf(status: SubjectAccessReviewStatus | undefined): Decision {
  const { allowed = false, denied = false, reason = '' } = status ?? {};
  if (denied && allowed) return { verdict: 'deny', reason, error: 'webhook subject access review returned both allow and deny response' };
  if (denied) return { verdict: 'deny', reason };
  if (allowed) return { verdict: 'allow', reason };
  return reason === '' ? NO_OPINION : { verdict: 'none', reason };
}

function specOf({ name, uid, groups, extra }: User, asked: Attributes): SubjectAccessReviewSpec {
  const subject = {
    ...(name === '' ? {} : { user: name }),
    ...(groups.length > 0 ? { groups } : {}),
    ...(extra ? { extra } : {}),
    ...(uid ? { uid } : {}),
  };
  if (!asked.isResource) return { nonResourceAttributes: { path: asked.path, verb: asked.verb }, ...subject };
  const { namespace, verb, group, version, resource, subresource, name: object } = asked;
  const given = Object.entries({ namespace, verb, group, version, resource, subresource, name: object }).filter(([, text]) => text !== '');
  return { resourceAttributes: { ...Object.fromEntries(given), ...selectors(asked) }, ...subject } as SubjectAccessReviewSpec;
}

const LABEL_OPERATORS: Readonly<Record<LabelRequirement['operator'], string | undefined>> = {
  in: 'In',
  '=': 'In',
  '==': 'In',
  notin: 'NotIn',
  '!=': 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
  gt: undefined,
  lt: undefined,
};

/** Selectors as requirements; those that cannot be read are left out, so that the webhook is asked about more. */
function selectors({ fieldSelector, labelSelector }: Attributes): object {
  const fields = readable(() => parseFieldSelector(fieldSelector ?? '')).map(({ field: key, operator, value }) => ({
    key,
    operator: operator === '=' ? 'In' : 'NotIn',
    values: [value],
  }));
  const labels = readable(() => parseRequirements(labelSelector ?? '')).flatMap(({ key, operator, values }) => {
    const known = LABEL_OPERATORS[operator];
    return known === undefined ? [] : [{ key, operator: known, ...(values.length > 0 ? { values } : {}) }];
  });
  return {
    ...(fields.length > 0 ? { fieldSelector: { requirements: fields } } : {}),
    ...(labels.length > 0 ? { labelSelector: { requirements: labels } } : {}),
  };
}

function readable<T>(parse: () => readonly T[]): readonly T[] {
  try {
    return parse();
  } catch {
    return [];
  }
}
