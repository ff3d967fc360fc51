/**
 * Makes unused tokens in secrets invalid after a year, and deletes them after another.
 *
 * Source: kube-controller-manager `pkg/controller/serviceaccount/legacy_serviceaccount_token_cleaner.go`; KEP-2800.
 */
import type { Informer } from '#client/informer.ts';
import type { ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import type { ControllerEntry } from '#controller/manager.ts';
import { watch } from '#controller/watches.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import type { Secret } from '#kinds/core/secret/schema.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import type { ServiceAccount } from '#kinds/core/service-account/schema.ts';
import { isReason } from '#machinery/status.ts';
import { accountNameOf, TOKEN_SECRET_TYPE } from '../serviceaccount-token/token-secret.ts';
import { dateText, INVALID_SINCE, isDate, TRACKING_MAP, TRACKING_NAMESPACE, TRACKING_SINCE } from './dates.ts';
import { tokenFate } from './doomed.ts';

const KEEP_MS = 365 * 24 * 3_600_000;
const SYNC_MS = 24 * 3_600_000;
/** There is one round for all. */
const ROUND = 'round';

/** How tokens are kept. */
export interface LegacyTokenOptions {
  /** How long an unused token is kept: upstream's `--legacy-service-account-token-clean-up-period`; default a year. */
  readonly keepMs?: number;
}

/** `legacy-serviceaccount-token-cleaner-controller`. */
export function legacyTokenCleanerController({ keepMs = KEEP_MS }: LegacyTokenOptions = {}): ControllerEntry {
  return {
    name: 'legacy-serviceaccount-token-cleaner-controller',
    make({ informers }) {
      const caches: Caches = { tokens: informers.of(secrets, { fieldSelector: `type=${TOKEN_SECRET_TYPE}` }), accounts: informers.of(serviceAccounts), pods: informers.of(pods) };
      const silent = (): string[] => [];
      return {
        name: 'legacy_serviceaccount_token_cleaner',
        concurrency: 1,
        watches: [watch(caches.tokens, silent), watch(caches.accounts, silent), watch(caches.pods, silent)],
        background(_context, enqueue) {
          enqueue(ROUND);
          return Promise.resolve();
        },
        reconcile: (_key, context) => round(caches, keepMs, context),
      };
    },
  };
}

interface Caches {
  readonly tokens: Informer<Secret>;
  readonly accounts: Informer<ServiceAccount>;
  readonly pods: Informer<Pod>;
}

async function round({ tokens, accounts, pods: podInformer }: Caches, keepMs: number, context: ReconcileContext): Promise<ReconcileAgain> {
  const { clock, log } = context;
  const nowMs = clock.now();
  // Before tokens were tracked for long enough, nobody knows which were used.
  const since = await trackedSince(context);
  if (since === undefined || since > dateText(nowMs - keepMs)) return { afterMs: SYNC_MS };
  for (const secret of tokens.lister.list()) {
    const { namespace = '', name = '' } = secret.metadata;
    const account = accounts.lister.get(`${namespace}/${accountNameOf(secret)}`);
    const fate = tokenFate(secret, { account, pods: podInformer.lister.list(namespace), nowMs, keepMs });
    if (fate === 'keep') continue;
    try {
      await carryOut(fate, secret, context);
      log.info('an unused token was cleaned up', { namespace, name, fate });
    } catch (error) {
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error;
    }
  }
  return { afterMs: SYNC_MS };
}

async function trackedSince({ client, signal }: ReconcileContext): Promise<string | undefined> {
  try {
    const { data } = await client.of(configMaps).namespace(TRACKING_NAMESPACE).get(TRACKING_MAP, signal);
    return isDate(data?.[TRACKING_SINCE]) ? data[TRACKING_SINCE] : undefined;
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

async function carryOut(fate: 'invalidate' | 'delete', { metadata }: Secret, { client, clock, signal }: ReconcileContext): Promise<void> {
  const { namespace = '', name = '', uid, resourceVersion } = metadata;
  const api = client.of(secrets).namespace(namespace);
  if (fate === 'delete') await api.delete(name, { preconditions: { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) } }, signal);
  else await api.patch(name, { type: 'merge', body: { metadata: { uid, resourceVersion, labels: { [INVALID_SINCE]: dateText(clock.now()) } } } }, {}, signal);
}
