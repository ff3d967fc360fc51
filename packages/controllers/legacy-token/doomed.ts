/**
 * What becomes of a token secret that was made for an account and is not used.
 *
 * Source: kube-controller-manager `pkg/controller/serviceaccount/legacy_serviceaccount_token_cleaner.go`.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Secret } from '#kinds/core/secret/schema.ts';
import type { ServiceAccount } from '#kinds/core/service-account/schema.ts';
import { timeToMs } from '#machinery/time.ts';
import { isTokenOf } from '../serviceaccount-token/token-secret.ts';
import { dateText, INVALID_SINCE, isDate, LAST_USED } from './dates.ts';

/** What to do with it. */
export type TokenFate = 'keep' | 'invalidate' | 'delete';

/** What is known around the secret. */
export interface TokenFacts {
  readonly account: ServiceAccount | undefined;
  /** Pods of its namespace. */
  readonly pods: readonly Pod[];
  readonly nowMs: number;
  /** How long an unused token is kept, and then again as long after it was made invalid. */
  readonly keepMs: number;
}

/** Decides. Tokens that people made for themselves, that is which the account does not list, stay. */
export function tokenFate(secret: Secret, { account, pods, nowMs, keepMs }: TokenFacts): TokenFate {
  const { name = '', labels = {}, creationTimestamp, deletionTimestamp } = secret.metadata;
  if (deletionTimestamp || (creationTimestamp && timeToMs(creationTimestamp) >= nowMs - keepMs)) return 'keep';
  const oldest = dateText(nowMs - keepMs);
  const used = labels[LAST_USED];
  if (used !== undefined && (!isDate(used) || used >= oldest)) return 'keep';
  if (!account || !isTokenOf(secret, account) || !account.secrets?.some((one) => one.name === name)) return 'keep';
  if (pods.some((pod) => pod.spec.volumes?.some((volume) => volume.secret?.secretName === name))) return 'keep';
  const invalid = labels[INVALID_SINCE];
  if (!isDate(invalid)) return 'invalidate';
  return invalid >= oldest ? 'keep' : 'delete';
}
