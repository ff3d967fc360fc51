/**
 * Fills secrets of type `kubernetes.io/service-account-token`, and removes them with their account.
 *
 * Source: kube-controller-manager `pkg/controller/serviceaccount`, tokens controller.
 */
import type { Client } from '#client/client.ts';
import { objectKey, splitKey } from '#client/object-key.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import type { Controller, ReconcileContext } from '#controller/controller.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import type { Secret } from '#kinds/core/secret/schema.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import type { ServiceAccount } from '#kinds/core/service-account/schema.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';
import { accountNameOf, completedSecret, isTokenOf, TOKEN_SECRET_TYPE } from './token-secret.ts';
import type { LegacyTokenSigner } from './token-secret.ts';

/** What tokens are made with. */
export interface ServiceAccountTokenOptions {
  readonly sign: LegacyTokenSigner;
  /** PEM bundle that verifies the API server; empty: secrets get none. */
  readonly caPem: string;
}

/** Token secrets by the account they name. */
const BY_ACCOUNT = 'service-account';

/** `serviceaccount-token-controller`. */
export function serviceAccountTokenController(options: ServiceAccountTokenOptions): ControllerEntry {
  return { name: 'serviceaccount-token-controller', make: (dependencies) => makeTokens(dependencies, options) };
}

function makeTokens({ informers }: ControllerDependencies, options: ServiceAccountTokenOptions): Controller {
  const accounts = informers.of(serviceAccounts);
  const tokens = informers.of(secrets, { fieldSelector: `type=${TOKEN_SECRET_TYPE}` });
  tokens.addIndex(BY_ACCOUNT, (secret) => [`${secret.metadata.namespace ?? ''}/${accountNameOf(secret)}`]);
  return {
    name: 'serviceaccount_tokens_service',
    watches: [
      watchSelf(tokens),
      watch(accounts, (account) => tokens.lister.byIndex(BY_ACCOUNT, objectKey(account)).map(objectKey), { changed: () => false }),
    ],
    async reconcile(key, context) {
      const secret = tokens.lister.get(key);
      if (!secret) return dropReferences(key, accounts.lister.list(splitKey(key).namespace), context);
      if (secret.metadata.deletionTimestamp || accountNameOf(secret) === '') return;
      const cached = accounts.lister.get(`${secret.metadata.namespace ?? ''}/${accountNameOf(secret)}`);
      const account = cached && isTokenOf(secret, cached) ? cached : await accountOf(secret, context);
      if (account) await fill(secret, account, options, context);
      else await discard(secret, context);
    },
  };
}

/** The account a secret is meant for, asked of the server: the cache may lag behind. */
async function accountOf(secret: Secret, { client, signal }: ReconcileContext): Promise<ServiceAccount | undefined> {
  const account = await getOrNothing(client, serviceAccounts, `${secret.metadata.namespace ?? ''}/${accountNameOf(secret)}`, signal);
  return account && isTokenOf(secret, account) ? account : undefined;
}

async function fill(
  secret: Secret,
  account: ServiceAccount,
  options: ServiceAccountTokenOptions,
  { client, signal }: ReconcileContext,
): Promise<void> {
  const complete = completedSecret(secret, account, options.caPem, options.sign);
  // The update carries the resourceVersion of the cached secret: a stale cache means a conflict, and another look.
  if (complete) await client.of(secrets).update(complete, {}, signal);
}

async function discard(secret: Secret, { client, signal }: ReconcileContext): Promise<void> {
  const { namespace = '', name = '', uid } = secret.metadata;
  try {
    await client
      .of(secrets)
      .namespace(namespace)
      .delete(name, uid ? { preconditions: { uid } } : {}, signal);
  } catch (error) {
    if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error;
  }
}

/** Accounts no longer list a token secret that is gone. */
async function dropReferences(key: string, candidates: readonly ServiceAccount[], { client, signal }: ReconcileContext): Promise<void> {
  const { name } = splitKey(key);
  const listing = candidates.filter((account) => account.secrets?.some((reference) => reference.name === name));
  if (listing.length === 0 || (await getOrNothing(client, secrets, key, signal))) return;
  for (const account of listing) {
    const rest = account.secrets?.filter((reference) => reference.name !== name) ?? [];
    await client.of(serviceAccounts).update({ ...account, secrets: rest }, {}, signal);
  }
}

async function getOrNothing<T extends KubeObject>(client: Client, kind: Kind<T>, key: string, signal: AbortSignal): Promise<T | undefined> {
  const { namespace, name } = splitKey(key);
  try {
    return await client.of(kind).namespace(namespace).get(name, signal);
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}
