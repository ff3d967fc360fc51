/** Notes on secrets that the tokens in them are used. Source: KEP-2799; kubernetes `pkg/serviceaccount/legacy.go`. */
import { type Logger, errorFields } from '#base/log.ts';
import type { Client } from '#client/client.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import type { Secret } from '#kinds/core/secret/schema.ts';
import { LEGACY_LAST_USED } from './service-account-tokens.ts';

/** Writes the day into a label; what goes wrong is logged, since the request that used the token is none the worse for it. */
export async function noteLegacyUse(client: Client, log: Logger, { metadata }: Secret, day: string, signal: AbortSignal): Promise<void> {
  const { name = '', namespace = '' } = metadata;
  try {
    await client
      .of(secrets)
      .namespace(namespace)
      .patch(name, { type: 'merge', body: { metadata: { labels: { [LEGACY_LAST_USED]: day } } } }, {}, signal);
  } catch (error) {
    log.warn('the use of a token could not be noted', { secret: `${namespace}/${name}`, ...errorFields(error) });
  }
}
