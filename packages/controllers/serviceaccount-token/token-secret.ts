/**
 * What a secret of type `kubernetes.io/service-account-token` must hold.
 */
import type { Secret } from '#kinds/core/secret/schema.ts';
import type { ServiceAccount } from '#kinds/core/service-account/schema.ts';

/** The type of secrets that hold tokens. */
export const TOKEN_SECRET_TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

/** Signs a token without expiry. */
export type LegacyTokenSigner = (namespace: string, account: { readonly name: string; readonly uid: string }, secretName: string) => string;

/** The account that a token secret names; empty when it names none. */
export function accountNameOf(secret: Secret): string {
  return secret.metadata.annotations?.[ACCOUNT_NAME] ?? '';
}

/** Whether the secret is meant for this very account. */
export function isTokenOf(secret: Secret, account: ServiceAccount): boolean {
  const uid = secret.metadata.annotations?.[ACCOUNT_UID];
  return accountNameOf(secret) === account.metadata.name && (!uid || uid === account.metadata.uid);
}

/** The secret with token, CA and namespace filled in; `undefined` when nothing is missing. */
export function completedSecret(secret: Secret, account: ServiceAccount, caPem: string, sign: LegacyTokenSigner): Secret | undefined {
  const { data = {}, metadata } = secret;
  const { name = '', namespace = '', annotations = {} } = metadata;
  const ca = base64(caPem);
  const needsCa = caPem !== '' && data['ca.crt'] !== ca;
  if (!needsCa && data['namespace'] && data['token']) return undefined;
  const identity = { name: account.metadata.name ?? '', uid: account.metadata.uid ?? '' };
  return {
    ...secret,
    metadata: { ...metadata, annotations: { ...annotations, [ACCOUNT_NAME]: identity.name, [ACCOUNT_UID]: identity.uid } },
    data: {
      ...data,
      ...(needsCa ? { 'ca.crt': ca } : {}),
      namespace: data['namespace'] || base64(namespace),
      token: data['token'] || base64(sign(namespace, identity, name)),
    },
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
