/** Reads the files about access again when they change. Source: kube-apiserver's reload of authentication and authorization configuration, KEP-3331, KEP-3221. */
import { readFile } from 'node:fs/promises';
import type { SecurityConfig } from '#apiserver/security.ts';
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { MetricRegistry } from '#base/metrics.ts';
import type { AccessFlags } from './access-flags.ts';

/** How often the files are looked at. */
const LOOK_MS = 10_000;

/** What is reloaded, and how. */
export interface AccessReloadOptions {
  readonly flags: AccessFlags;
  /** What the flags and files say now. @throws Error saying what cannot be used */
  readonly read: () => Promise<SecurityConfig>;
  /** @throws Error for what cannot be used */
  readonly apply: (config: SecurityConfig) => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: MetricRegistry;
}

/** Files whose changes take effect; a token file is read once, as upstream. */
function filesOf(flags: AccessFlags): ReadonlyMap<string, string> {
  const { authenticationConfig, authorizationConfig, clientCaFile, requestheaderClientCaFile } = flags;
  const named = { authentication: authenticationConfig, authorization: authorizationConfig, 'client-ca': clientCaFile, 'front-proxy-ca': requestheaderClientCaFile };
  return new Map(Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Looks until `signal` aborts. What cannot be used changes nothing. */
export async function reloadAccess({ flags, read, apply, clock, log, metrics }: AccessReloadOptions, signal: AbortSignal): Promise<void> {
  const files = filesOf(flags);
  if (files.size === 0) return;
  const note = new Map(['authentication', 'authorization'].map((what) => [what, reloadMetrics(metrics, what)] as const));
  const texts = new Map<string, string>();
  for (const [what, path] of files) texts.set(what, await readFile(path, 'utf8'));
  for (;;) {
    await clock.sleep(LOOK_MS, signal);
    const changed: string[] = [];
    for (const [what, path] of files) {
      // A file that is being replaced is there again the next time.
      const text = await readFile(path, 'utf8').catch(() => undefined);
      if (text === undefined || text === texts.get(what)) continue;
      texts.set(what, text);
      changed.push(what);
    }
    if (changed.length === 0) continue;
    let status: 'success' | 'failure' = 'success';
    try {
      apply(await read());
      log.info('access was configured anew', { changed });
    } catch (error) {
      status = 'failure';
      log.error('changed files about access cannot be used', { changed, ...errorFields(error) });
    }
    for (const what of changed) note.get(what)?.(status, clock.now());
  }
}

function reloadMetrics(metrics: MetricRegistry, what: string): (status: 'success' | 'failure', nowMs: number) => void {
  const prefix = `apiserver_${what}_config_controller_automatic_reload`;
  const total = metrics.counter({ name: `${prefix}s_total`, help: `Total number of automatic reloads of ${what} configuration split by status and apiserver identity.`, labels: ['status'] });
  const latest = new Map<string, number>();
  metrics.gauge({ name: `${prefix}_last_timestamp_seconds`, help: `Timestamp of the last automatic reload of ${what} configuration split by status and apiserver identity.`, labels: ['status'] }, () =>
    [...latest].map(([status, value]) => ({ labels: [status], value })),
  );
  return (status, nowMs) => {
    total.increment([status]);
    latest.set(status, nowMs / 1000);
  };
}
