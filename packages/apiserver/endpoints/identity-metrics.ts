/** Counts who was let in and who was not. Source: apiserver `endpoints/filters` metrics. */
import type { CounterSeries, MetricRegistry } from '#base/metrics.ts';
import type { ActiveCall } from '../active-call.ts';

/** Names that are counted as themselves; all others together, so that users cannot make up label values. */
const KNOWN_USERS = ['admin', 'client', 'kube_proxy', 'kubelet', 'system:serviceaccount:kube-system:default'];

/** Counters of authentication and authorization. */
export class IdentityCounts {
  readonly #users: ReadonlyMap<string, CounterSeries>;
  readonly #attempts: Readonly<Record<'success' | 'failure', CounterSeries>>;
  readonly #decisions: Readonly<Record<'allowed' | 'denied', CounterSeries>>;

  constructor(metrics: MetricRegistry) {
    const users = metrics.counter({ name: 'authenticated_user_requests', stability: 'ALPHA', help: 'Counter of authenticated requests broken out by username.', labels: ['username'] });
    this.#users = new Map([...KNOWN_USERS, 'email_id', 'other'].map((name) => [name, users.series([name])]));
    const attempts = metrics.counter({ name: 'authentication_attempts', stability: 'ALPHA', help: 'Counter of authenticated attempts.', labels: ['result'] });
    this.#attempts = { success: attempts.series(['success']), failure: attempts.series(['failure']) };
    const decisions = metrics.counter({ name: 'authorization_attempts_total', stability: 'ALPHA', help: "Counter of authorization attempts broken down by result. It can be either 'allowed', 'denied', 'no-opinion' or 'error'.", labels: ['result'] });
    this.#decisions = { allowed: decisions.series(['allowed']), denied: decisions.series(['denied']) };
  }

  /** Counts a call that was answered with `code`. Calls from this process need no credentials. */
  count(call: ActiveCall, code: number): void {
    if (!call.exchange) return;
    const { name } = call.impersonator ?? call.user;
    if (name === '') {
      this.#attempts.failure.increment();
      return;
    }
    this.#attempts.success.increment();
    const known = this.#users.get(name) ?? this.#users.get(name.includes('@') ? 'email_id' : 'other')!;
    known.increment();
    (code === 403 && call.authorizationReason === '' ? this.#decisions.denied : this.#decisions.allowed).increment();
  }
}
