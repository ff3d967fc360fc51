/**
 * Signatures over the public kubeconfig, one per token, by which a new node knows that it talks to the right cluster.
 *
 * Source: the documented `cluster-info` ConfigMap; RFC 7515 with detached content.
 */
import { createHmac } from 'node:crypto';
import type { SigningToken } from './bootstrap-token.ts';

const SIGNATURE_PREFIX = 'jws-kubeconfig-';
/** The key of the signed text. */
export const KUBECONFIG_KEY = 'kubeconfig';

/** `HEADER..SIGNATURE`: a JSON web signature of `content` whose payload is left out. */
export function detachedSignature(content: string, token: SigningToken): string {
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: token.id })).toString('base64url');
  const payload = Buffer.from(content).toString('base64url');
  const signature = createHmac('sha256', token.secret).update(`${header}.${payload}`).digest('base64url');
  return `${header}..${signature}`;
}

/** The data with the signatures of exactly these tokens; `undefined` when it has them, or has nothing to sign. */
export function signedData(data: Readonly<Record<string, string>>, tokens: readonly SigningToken[]): Readonly<Record<string, string>> | undefined {
  const content = data[KUBECONFIG_KEY];
  if (content === undefined) return undefined;
  const kept = Object.entries(data).filter(([key]) => !key.startsWith(SIGNATURE_PREFIX));
  const next = Object.fromEntries([
    ...kept,
    ...tokens.map((token) => [`${SIGNATURE_PREFIX}${token.id}`, detachedSignature(content, token)] as const),
  ]);
  const same = Object.keys(next).length === Object.keys(data).length && Object.entries(next).every(([key, value]) => data[key] === value);
  return same ? undefined : next;
}
