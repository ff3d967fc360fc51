/**
 * Clients that act as the service account of a controller, with tokens that the API server gives the controller manager.
 *
 * Source: kube-controller-manager `--use-service-account-credentials`.
 */
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import { createClient } from '#client/api.ts';
import type { TokenSource } from '#client/bearer-token.ts';
import type { Client } from '#client/client.ts';
import { openHttpTransport, type HttpTransportOptions } from '#client/http-transport.ts';
import { CONTROLLER_ACCOUNTS } from '#controller/names.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { isReason } from '#machinery/status.ts';
import { timeToMs } from '#machinery/time.ts';

const NAMESPACE = 'kube-system';
const TOKEN_SECONDS = 3600;
/** Tokens are renewed when this part of their life is left. */
const RENEW_AT_REMAINING = 0.2;
const REQUEST_MS = 10_000;

/** Clients by controller. */
export interface AccountClients extends AsyncDisposable {
  of(controller: string): Client;
}

/** Makes them: `client` is the controller manager itself, `connection` how it reaches the server. */
export function accountClients(options: { readonly client: Client; readonly connection: HttpTransportOptions; readonly clock: Clock; readonly log: Logger }): AccountClients {
  const { client, connection, clock, log } = options;
  const transports = new AsyncDisposableStack();
  const { cert: _, key: __, token: ___, ...anonymous } = connection;
  return {
    of(controller) {
      const account = CONTROLLER_ACCOUNTS[controller];
      if (account === undefined) return client;
      const token = accountToken(client, account, clock, log);
      return createClient(transports.use(openHttpTransport({ ...anonymous, userAgent: `${connection.userAgent} ${account}`, token })));
    },
    [Symbol.asyncDispose]: () => transports.disposeAsync(),
  };
}

interface TokenReply {
  readonly status: { readonly token: string; readonly expirationTimestamp: string };
}

function accountToken(client: Client, account: string, clock: Clock, log: Logger): TokenSource {
  const api = client.of(serviceAccounts).namespace(NAMESPACE);
  let held: { readonly token: string; readonly renewMs: number } | undefined;
  const ask = async (): Promise<TokenReply> => {
    const request = { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: { expirationSeconds: TOKEN_SECONDS } };
    const signal = AbortSignal.timeout(REQUEST_MS);
    try {
      return (await api.sub('POST', account, 'token', request, signal)) as TokenReply;
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      await api.create({ metadata: { name: account, namespace: NAMESPACE } }, {}, signal).catch((failed: unknown) => {
        if (!isReason(failed, 'AlreadyExists')) throw failed;
      });
      return (await api.sub('POST', account, 'token', request, signal)) as TokenReply;
    }
  };
  return async () => {
    const nowMs = clock.now();
    if (held && nowMs < held.renewMs) return held.token;
    try {
      const { status } = await ask();
      const endMs = timeToMs(status.expirationTimestamp);
      held = { token: status.token, renewMs: endMs - (endMs - nowMs) * RENEW_AT_REMAINING };
    } catch (error) {
      if (!held) throw error;
      log.warn('a service account token could not be renewed', { account, ...errorFields(error) });
    }
    return held.token;
  };
}
