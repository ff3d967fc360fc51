/**
 * What a component that runs alone has around its work: a client, an endpoint for health and metrics, leadership.
 */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Clock } from '#base/clock.ts';
import { systemClock } from '#base/clock.ts';
import { createLogger, jsonSink, type Logger } from '#base/log.ts';
import { createMetrics, type MetricRegistry } from '#base/metrics.ts';
import { systemRandom, type Random } from '#base/random.ts';
import { addProcessMetrics } from '#apiserver/endpoints/process-metrics.ts';
import { createClient } from '#client/api.ts';
import type { Client } from '#client/client.ts';
import { transportOptions } from '#client/connect.ts';
import { openEventRecorder } from '#client/event-recorder.ts';
import { openHttpTransport, type HttpTransportOptions } from '#client/http-transport.ts';
import type { InformerFactory } from '#client/informer.ts';
import { EMPTY_KUBECONFIG, loadKubeconfig } from '#client/kubeconfig.ts';
import { ClientMetrics } from '#client/request-metrics.ts';
import { runWithLease } from '#client/leader-election.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import { UserError } from '../cluster/spec.ts';
import { KUBERNETES_VERSION } from '../version.ts';
import { whenStopped } from '../when-stopped.ts';
import type { ComponentFlags } from './component-flags.ts';
import { openComponentServer } from './component-server.ts';

/** What the work of a component gets. */
export interface ComponentContext {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly metrics: MetricRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** How the server is reached: with its authority, if there is one. */
  readonly connection: HttpTransportOptions;
  /** Lets the component's endpoint answer further paths with JSON; undefined: not found. */
  answerWith(answers: (path: string) => unknown): void;
  /** Takes what is started; it ends when the component stops or no longer leads. */
  readonly resources: AsyncDisposableStack;
  /** Aborts when the component stops or no longer leads. */
  readonly signal: AbortSignal;
}

/** How the API server is reached. @throws UserError */
async function connectionOf({ kubeconfig, master }: ComponentFlags, userAgent: string): Promise<HttpTransportOptions> {
  if (kubeconfig === undefined && master === undefined) throw new UserError('say how to reach the API server: --kubeconfig FILE (or --master URL)');
  const options = { userAgent: `${userAgent}/${KUBERNETES_VERSION}`, clock: systemClock };
  if (kubeconfig === undefined) return { ...options, server: new URL(master!) };
  const config = await loadKubeconfig([kubeconfig]);
  if (config.currentContext === EMPTY_KUBECONFIG.currentContext) throw new UserError(`${kubeconfig} is no kubeconfig with a current context`);
  const found = await transportOptions(config, options);
  return master === undefined ? found : { ...found, server: new URL(master) };
}

/**
 * Runs a component until SIGTERM or SIGINT: `work` starts it, at once or as soon as it leads.
 * @throws UserError when leadership is lost: whoever led must end
 */
export async function runComponent(name: string, flags: ComponentFlags, work: (context: ComponentContext) => Promise<void> | void): Promise<void> {
  if (flags.leaderElectResourceLock !== 'leases') throw new UserError(`--leader-elect-resource-lock: ${JSON.stringify(flags.leaderElectResourceLock)} is not supported: only leases`);
  const metrics = createMetrics();
  const connection = { ...(await connectionOf(flags, name)), metrics: new ClientMetrics(metrics, systemClock) };
  const log = createLogger(jsonSink((line) => process.stderr.write(line), () => systemClock.now()));
  const { signal } = whenStopped();
  await using resources = new AsyncDisposableStack();
  addProcessMetrics(metrics);
  const client = createClient(resources.use(openHttpTransport(connection)));
  const leading = { since: 0 };
  addLeaderMetric(metrics, flags, leading);
  let further: ((path: string) => unknown) | undefined;
  resources.use(await openComponentServer({ flags, name, client, metrics, answers: (path) => further?.(path), clock: systemClock, random: systemRandom, log }));
  const effects = { clock: systemClock, random: systemRandom, log };
  const lead = async (inner: AbortSignal): Promise<void> => {
    await using started = new AsyncDisposableStack();
    const informers = started.use(createInformerFactory({ client, ...effects }));
    leading.since = systemClock.now();
    await work({ client, informers, metrics, ...effects, connection, resources: started, signal: inner, answerWith: (answers) => (further = answers) });
    await new Promise<void>((resolve) => (inner.aborted ? resolve() : inner.addEventListener('abort', () => resolve(), { once: true })));
    log.info('stopping');
  };
  try {
    if (flags.leaderElect) await runWithLease({ ...leaseOf(flags, resources, client, name, log), ...effects }, lead, signal);
    else await lead(signal);
  } catch (error) {
    if (!signal.aborted) throw error instanceof Error && error.message === 'leader election lost' ? new UserError('leader election lost') : error;
  }
}

function leaseOf(flags: ComponentFlags, resources: AsyncDisposableStack, client: Client, component: string, log: Logger) {
  const events = resources.use(openEventRecorder({ client, component, clock: systemClock, log }));
  return {
    client,
    events,
    identity: `${hostname()}_${systemRandom.uuid()}`,
    namespace: flags.leaderElectResourceNamespace,
    name: flags.leaderElectResourceName,
    leaseMs: flags.leaderElectLeaseDuration,
    renewMs: flags.leaderElectRenewDeadline,
    retryMs: flags.leaderElectRetryPeriod,
  };
}

function addLeaderMetric(metrics: MetricRegistry, flags: ComponentFlags, leading: { readonly since: number }): void {
  if (!flags.leaderElect) return;
  const help = 'Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. \'name\' is the string used to identify the lease. Please make sure to group by name.';
  metrics.gauge({ name: 'leader_election_master_status', help, labels: ['name'] }, () => [{ labels: [flags.leaderElectResourceName], value: leading.since > 0 ? 1 : 0 }]);
}

/** Reads a file that a flag names. @throws UserError naming flag and file */
export async function readFlagFile(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UserError(`--${flag}: ${(error as Error).message}`);
  }
}
