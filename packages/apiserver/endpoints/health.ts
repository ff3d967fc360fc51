/** `/healthz`, `/livez` and `/readyz`. Source: apiserver `server/healthz`. */
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

/** Answers a health path; `undefined` when `path` is none. */
export function answerHealth(checks: readonly HealthCheck[], call: ApiCall): Promise<ApiReply> | undefined {
  const [, endpoint, name, ...rest] = call.info.path.split('/');
  if (!ENDPOINTS.includes(endpoint as HealthEndpoint) || rest.length > 0) return undefined;
  const asked = checks.filter((check) => check.of.includes(endpoint as HealthEndpoint));
  if (!name) return checkAll(endpoint!, asked, call.query);
  const check = asked.find((one) => one.name.replaceAll('/', '-') === name || one.name === name);
  return check && checkOne(check);
}

async function isWell(check: HealthCheck): Promise<boolean> {
  try {
    await check.check();
    return true;
  } catch {
    // Why is in the log of what failed, not for everybody who may ask.
    return false;
  }
}

async function checkOne(check: HealthCheck): Promise<ApiReply> {
  if (await isWell(check)) return { type: 'raw', code: 200, headers: HEADERS, body: 'ok' };
  return { type: 'raw', code: 500, headers: HEADERS, body: `internal server error: ${check.name} failed: reason withheld\n` };
}

async function checkAll(endpoint: string, checks: readonly HealthCheck[], query: URLSearchParams): Promise<ApiReply> {
  const excluded = new Set(query.getAll('exclude'));
  let text = '';
  let failed = false;
  for (const check of checks) {
    if (excluded.delete(check.name)) text += `[+]${check.name} excluded: ok\n`;
    else if (await isWell(check)) text += `[+]${check.name} ok\n`;
    else {
      text += `[-]${check.name} failed: reason withheld\n`;
      failed = true;
    }
  }
  if (excluded.size > 0) text += `warn: some health checks cannot be excluded: no matches for ${[...excluded].map((name) => JSON.stringify(name)).join(', ')}\n`;
  if (failed) return { type: 'raw', code: 500, headers: HEADERS, body: `${text}${endpoint} check failed\n` };
  return { type: 'raw', code: 200, headers: HEADERS, body: query.has('verbose') ? `${text}${endpoint} check passed\n` : 'ok' };
}
