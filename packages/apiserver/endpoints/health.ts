/** `/healthz`, `/livez` and `/readyz`, each with its checks by name. Source: apiserver `server/healthz`. */
import type { Counter, MetricRegistry, Sample } from '#base/metrics.ts';
import type { ApiCall, ApiReply } from '../call.ts';

/** One thing that must be well. */
export interface HealthCheck {
  readonly name: string;
  /** Which endpoints ask it. */
  readonly of: readonly HealthEndpoint[];
  /** Throws when it is not. */
  check(): void | Promise<void>;
}

/** The endpoints, without their slash. */
export type HealthEndpoint = 'healthz' | 'livez' | 'readyz';

const ENDPOINTS: readonly HealthEndpoint[] = ['healthz', 'livez', 'readyz'];

const HEADERS = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' };

/** The paths of all checks: of the endpoints themselves, and of each check alone. */
export function healthPaths(checks: readonly HealthCheck[]): string[] {
  return ENDPOINTS.flatMap((endpoint) => [`/${endpoint}`, ...checks.filter((check) => check.of.includes(endpoint)).map(({ name }) => `/${endpoint}/${name}`)]);
}

/** Asks the checks, and keeps count of what they answered for `/metrics/slis`. */
export class Health {
  readonly #checks: readonly HealthCheck[];
  readonly #total: Counter;
  readonly #latest = new Map<string, Sample>();

  /** `slis` is the registry behind `/metrics/slis`; checks may be added to `checks` later. */
  constructor(checks: readonly HealthCheck[], slis: MetricRegistry) {
    this.#checks = checks;
    const labels = ['name', 'type'];
    slis.gauge({ name: 'kubernetes_healthcheck', stability: 'STABLE', help: 'This metric records the result of a single healthcheck.', labels }, () => this.#latest.values());
    this.#total = slis.counter({ name: 'kubernetes_healthchecks_total', stability: 'STABLE', help: 'This metric records the results of all healthcheck.', labels: [...labels, 'status'] });
  }

  /** Answers a health path; `undefined` for other paths. */
  answer(call: ApiCall): Promise<ApiReply> | undefined {
    const { path } = call.info;
    const endpoint = ENDPOINTS.find((one) => path === `/${one}` || path.startsWith(`/${one}/`));
    if (!endpoint) return undefined;
    const asked = this.#checks.filter((check) => check.of.includes(endpoint));
    const name = path.slice(endpoint.length + 2);
    if (path.length === endpoint.length + 1) return this.#checkAll(endpoint, asked, call.query);
    const check = asked.find((one) => one.name === name);
    return check && this.#checkOne(check, endpoint);
  }

  /** What is wrong, if anything. */
  async #ask({ name, check }: HealthCheck, endpoint: HealthEndpoint): Promise<string | undefined> {
    let wrong: string | undefined;
    try {
      await check();
    } catch (error) {
      wrong = (error as Error).message;
    }
    this.#latest.set(`${name} ${endpoint}`, { labels: [name, endpoint], value: wrong === undefined ? 1 : 0 });
    this.#total.increment([name, endpoint, wrong === undefined ? 'success' : 'error']);
    return wrong;
  }

  async #checkOne(check: HealthCheck, endpoint: HealthEndpoint): Promise<ApiReply> {
    const wrong = await this.#ask(check, endpoint);
    // Who may ask a single check may know why it fails.
    if (wrong !== undefined) return { type: 'raw', code: 500, headers: HEADERS, body: `internal server error: ${wrong}\n` };
    return { type: 'raw', code: 200, headers: { 'Content-Type': HEADERS['Content-Type'] }, body: 'ok' };
  }

  async #checkAll(endpoint: HealthEndpoint, checks: readonly HealthCheck[], query: URLSearchParams): Promise<ApiReply> {
    const excluded = new Set(query.getAll('exclude'));
    let text = '';
    let failed = false;
    for (const check of checks) {
      if (excluded.delete(check.name)) text += `[+]${check.name} excluded: ok\n`;
      else if ((await this.#ask(check, endpoint)) === undefined) text += `[+]${check.name} ok\n`;
      else {
        // Why is in the log of what failed, not for everybody who may ask.
        text += `[-]${check.name} failed: reason withheld\n`;
        failed = true;
      }
    }
    if (excluded.size > 0) text += `warn: some health checks cannot be excluded: no matches for ${[...excluded].toSorted().map((name) => JSON.stringify(name)).join(',')}\n`;
    if (failed) return { type: 'raw', code: 500, headers: HEADERS, body: `${text}${endpoint} check failed\n` };
    return { type: 'raw', code: 200, headers: HEADERS, body: query.has('verbose') ? `${text}${endpoint} check passed\n` : 'ok' };
  }
}
