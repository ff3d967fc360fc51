/** Bearer tokens that are not signed: static ones from the configuration, and bootstrap tokens from secrets. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import { unauthorized } from '#machinery/status.ts';
import { timeToMs } from '#machinery/time.ts';
import type { Caches, User } from '../call.ts';

/** A token of the configuration. */
export interface StaticToken {
  readonly token: string;
  readonly user: User;
}

/** Looks static tokens up by digest, so that the comparison tells nothing about them. */
export function createStaticTokens(tokens: readonly StaticToken[]): (token: string) => User | undefined {
  const users = new Map<string, User>();
  for (const { token, user } of tokens) {
    const groups = user.groups.includes('system:authenticated') ? user.groups : [...user.groups, 'system:authenticated'];
    users.set(digest(token), { ...user, groups });
  }
  return (token) => (users.size === 0 ? undefined : users.get(digest(token)));
}

const BOOTSTRAP_TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const BOOTSTRAP_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** Knows `id.secret` tokens kept in secrets of kube-system. Source: the bootstrap token documentation. */
export function createBootstrapTokens(caches: Caches, clock: Clock): (token: string) => User | undefined {
  return (token) => {
    const match = BOOTSTRAP_TOKEN.exec(token);
    if (!match) return undefined;
    const [, id, secret] = match;
    const stored = caches.get(secrets, 'kube-system', `bootstrap-token-${id}`);
    if (!stored || stored.type !== 'bootstrap.kubernetes.io/token' || stored.metadata.deletionTimestamp !== undefined) return undefined;
    const data = (key: string): string => Buffer.from(stored.data?.[key] ?? '', 'base64').toString();
    if (data('token-id') !== id || !sameText(data('token-secret'), secret!)) return undefined;
    const expiration = data('expiration');
    if (expiration !== '' && timeToMs(expiration) <= clock.now()) throw unauthorized('bootstrap token has expired');
    if (data('usage-bootstrap-authentication') !== 'true') return undefined;
    const extraGroups = data('auth-extra-groups')
      .split(',')
      .map((group) => group.trim())
      .filter((group) => group !== '');
    if (extraGroups.some((group) => !BOOTSTRAP_GROUP.test(group))) return undefined;
    return { name: `system:bootstrap:${id}`, groups: ['system:bootstrappers', ...extraGroups, 'system:authenticated'] };
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
