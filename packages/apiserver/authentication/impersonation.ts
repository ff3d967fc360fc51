/** Acting as someone else, for those who may. Source: apiserver `endpoints/filters/impersonation`. */
import { StatusError } from '#machinery/status.ts';
import type { ActiveCall } from '../active-call.ts';
import { type Attributes, type Authorizer, denialError, resourceAttributes } from '../authorization/authorizer.ts';
import type { User } from '../call.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Stage } from '../pipeline.ts';
import { safeDecode } from './front-proxy.ts';

const USER = 'impersonate-user';
const UID = 'impersonate-uid';
const GROUP = 'impersonate-group';
const EXTRA_PREFIX = 'impersonate-extra-';
const SERVICE_ACCOUNT = /^system:serviceaccount:([a-z0-9]([-a-z0-9]*[a-z0-9])?):([a-z0-9]([-a-z0-9.]*[a-z0-9])?)$/;
const AUTHENTICATION_GROUP = 'authentication.k8s.io';

/** Lets users act as others where the verb `impersonate` is granted. */
export function impersonationStage(authorizer: Authorizer): Stage {
  const enter = async (call: ActiveCall, exchange: Exchange): Promise<void> => {
    const impersonator = call.user;
    const user = impersonated(exchange);
    for (const asked of questions(user, exchange)) {
      const decision = await authorizer.authorize(impersonator, asked);
      if (decision.verdict !== 'allow') throw denialError(impersonator, asked, decision);
    }
    call.impersonator = impersonator;
    call.user = user;
  };
  return {
    name: 'impersonation',
    enter(call) {
      const { exchange } = call;
      return exchange && asks(exchange) ? enter(call, exchange) : undefined;
    },
  };
}

function asks({ headers }: Exchange): boolean {
  const { pairs } = headers;
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i]!.startsWith('impersonate-')) return true;
  return false;
}

/** The headers as the original shows them in an error: an ObjectReference each. */
function requested({ headers }: Exchange): string {
  const references = headers.all(GROUP).map((group) => `{Group  ${group}    }`);
  for (const [key, values] of headers.withPrefix(EXTRA_PREFIX)) for (const value of values) references.push(`{UserExtra  ${value}  authentication.k8s.io/v1  ${safeDecode(key)}}`);
  for (const uid of headers.all(UID)) references.push(`{UID  ${uid}  authentication.k8s.io/v1  }`);
  return `[${references.join(' ')}]`;
}

/** @throws StatusError when headers name groups or more of a user but not the user. */
function impersonated(exchange: Exchange): User {
  const { headers } = exchange;
  const name = headers.get(USER);
  if (!name) {
    const why = `requested ${requested(exchange)} without impersonating a user`;
    throw new StatusError({ code: 500, reason: 'InternalError', message: `Internal Server Error: ${JSON.stringify(exchange.url)}: ${why}`, details: { causes: [{ message: why }] } });
  }
  const uid = headers.get(UID);
  const asked = headers.all(GROUP);
  const account = SERVICE_ACCOUNT.exec(name);
  const accountGroups = account && asked.length === 0 ? ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`] : [];
  const groups = [...asked, ...accountGroups];
  if (name === 'system:anonymous') {
    if (!groups.includes('system:unauthenticated')) groups.push('system:unauthenticated');
  } else if (!groups.includes('system:authenticated') && !groups.includes('system:unauthenticated')) groups.push('system:authenticated');
  const extra = Object.fromEntries([...headers.withPrefix(EXTRA_PREFIX)].map(([key, values]) => [safeDecode(key), values]));
  return { name, ...(uid ? { uid } : {}), groups, ...(Object.keys(extra).length > 0 ? { extra } : {}) };
}

/** What the impersonator must be allowed. */
function questions(user: User, exchange: Exchange): Attributes[] {
  const account = SERVICE_ACCOUNT.exec(user.name);
  const asked = [
    account
      ? resourceAttributes({ verb: 'impersonate', version: 'v1', resource: 'serviceaccounts', namespace: account[1]!, name: account[3]! })
      : resourceAttributes({ verb: 'impersonate', version: 'v1', resource: 'users', name: user.name }),
  ];
  for (const name of exchange.headers.all(GROUP)) asked.push(resourceAttributes({ verb: 'impersonate', version: 'v1', resource: 'groups', name }));
  for (const [key, values] of Object.entries(user.extra ?? {})) {
    for (const name of values) asked.push(resourceAttributes({ verb: 'impersonate', group: AUTHENTICATION_GROUP, version: 'v1', resource: 'userextras', subresource: key, name }));
  }
  if (user.uid) asked.push(resourceAttributes({ verb: 'impersonate', group: AUTHENTICATION_GROUP, version: 'v1', resource: 'uids', name: user.uid }));
  return asked;
}

/** The user a call is in truth made by. */
export function realUser(call: ActiveCall): User {
  return call.impersonator ?? call.user;
}
