/** Counts who was let in and who was not, and how long that took. Source: apiserver `endpoints/filters` metrics. */
import type { CounterSeries, HistogramSeries, MetricRegistry } from '#base/metrics.ts';
import type { User } from '../call.ts';

/** Names that are counted as themselves; all others together, so that users cannot make up label values. */
const KNOWN_USERS = ['admin', 'client', 'kube_proxy', 'kubelet', 'system:serviceaccount:kube-system:default'];

/** 1 ms to 16 s, by twos. */
const SECONDS = Array.from({ length: 15 }, (_, i) => 2 ** i / 1000);

/** How the question who asks was answered; `error`: with credentials that are not accepted. */
export type AuthenticationResult = 'success' | 'failure' | 'error';

/** How the question whether they may was answered. */
export type AuthorizationResult = 'allowed' | 'denied' | 'no-opinion' | 'error';

interface Results<R extends string> {
  readonly attempts: Readonly<Record<R, CounterSeries>>;
  readonly seconds: Readonly<Record<R, HistogramSeries>>;
}

/** Metrics of authentication and authorization. */
export class IdentityMetrics {
  readonly #users: ReadonlyMap<string, CounterSeries>;
  readonly #authentication: Results<AuthenticationResult>;
  readonly #authorization: Results<AuthorizationResult>;

  constructor(metrics: MetricRegistry) {
    const users = metrics.counter({ name: 'authenticated_user_requests', help: 'Counter of authenticated requests broken out by username.', stability: 'ALPHA', labels: ['username'] });
    this.#users = new Map([...KNOWN_USERS, 'email_id', 'other'].map((name) => [name, users.series([name])]));
    const results = <R extends string>(names: readonly R[], counted: { readonly name: string; readonly help: string }, timed: { readonly name: string; readonly help: string }): Results<R> => {
      const attempts = metrics.counter({ ...counted, stability: 'ALPHA', labels: ['result'] });
      const seconds = metrics.histogram({ ...timed, stability: 'ALPHA', labels: ['result'], buckets: SECONDS });
      const each = <S>(make: (labels: readonly string[]) => S): Readonly<Record<R, S>> => Object.fromEntries(names.map((name) => [name, make([name])])) as Readonly<Record<R, S>>;
      return { attempts: each((labels) => attempts.series(labels)), seconds: each((labels) => seconds.series(labels)) };
    };
    this.#authentication = results<AuthenticationResult>(
      ['success', 'failure', 'error'],
      { name: 'authentication_attempts', help: 'Counter of authenticated attempts.' },
      { name: 'authentication_duration_seconds', help: 'Authentication duration in seconds broken out by result.' },
    );
    this.#authorization = results<AuthorizationResult>(
      ['allowed', 'denied', 'no-opinion', 'error'],
      { name: 'authorization_attempts_total', help: "Counter of authorization attempts broken down by result. It can be either 'allowed', 'denied', 'no-opinion' or 'error'." },
      { name: 'authorization_duration_seconds', help: 'Authorization duration in seconds broken out by result.' },
    );
  }

  /** Counts an answer; `user` where somebody was found. */
  authenticated(result: AuthenticationResult, seconds: number, user?: User): void {
    this.#authentication.attempts[result].increment();
    this.#authentication.seconds[result].observe(seconds);
    if (!user) return;
    const known = this.#users.get(user.name) ?? this.#users.get(user.name.includes('@') ? 'email_id' : 'other')!;
    known.increment();
  }

  /** Counts an answer. */
  authorized(result: AuthorizationResult, seconds: number): void {
    this.#authorization.attempts[result].increment();
    this.#authorization.seconds[result].observe(seconds);
  }
}
