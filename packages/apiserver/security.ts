/** Authentication and authorization of one server, made once its caches have loaded. */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import { type AnonymousRule, type Authentication, Authenticator, type TokenAuthenticator } from './authentication/authenticator.ts';
import { ClientCertificates } from './authentication/client-certificate.ts';
import { FrontProxy, type FrontProxyOptions } from './authentication/front-proxy.ts';
import { JwtAuthenticator, type JwtAuthenticatorConfig } from './authentication/jwt-authenticator.ts';
import { type VerifyingKey, verifyingKey } from './authentication/jwt.ts';
import { type StaticToken, createBootstrapTokens, createStaticTokens } from './authentication/known-tokens.ts';
import { ServiceAccountTokens } from './authentication/service-account-tokens.ts';
import { cachedTokens } from './authentication/token-cache.ts';
import { type TokenSigner, createTokenSigner } from './authentication/token-signer.ts';
import { TokenWebhook, type TokenWebhookConfig } from './authentication/token-webhook.ts';
import { type Authorizer, allowAllAuthorizer, authorizerChain, denyAllAuthorizer, mastersAuthorizer } from './authorization/authorizer.ts';
import { type GrantGuard, createGrantGuard } from './authorization/escalation.ts';
import { NodeAuthorizer } from './authorization/node-authorizer.ts';
import { RbacAuthorizer } from './authorization/rbac-authorizer.ts';
import { type RuleResolver, allowAllRules, joinedRules, nodeRules, rbacRules, webhookRules } from './authorization/rule-resolver.ts';
import { WebhookAuthorizer, type WebhookAuthorizerConfig } from './authorization/webhook-authorizer.ts';
import type { Secret } from '#kinds/core/secret/schema.ts';
import type { Caches, User } from './call.ts';
import type { Pki } from './pki/pki.ts';

/** One authorizer; they are asked in the order given. */
export type AuthorizerConfig =
  | { readonly type: 'Node' | 'RBAC' | 'AlwaysAllow' | 'AlwaysDeny' }
  | ({ readonly type: 'Webhook' } & WebhookAuthorizerConfig);

/** How users are known, beside the cluster's own certificates and tokens, and what decides on what they may do. */
export interface SecurityConfig {
  /** The issuer of service account tokens. */
  readonly issuer?: string;
  /** Issuers whose service account tokens are accepted too. */
  readonly formerIssuers?: readonly string[];
  /** Audiences that the server goes by; default: the issuer. */
  readonly audiences?: readonly string[];
  /** PEM of the private key (P-256 or RSA) that signs service account tokens; default: the cluster's own. */
  readonly signingKey?: string;
  /** PEM of further public or private keys by which such tokens may be signed. */
  readonly verifyingKeys?: readonly string[];
  /** Where relying parties find the keys, in the provider document; default: at this server. */
  readonly jwksUri?: string;
  /** No token lives longer; default: as long as is asked for. */
  readonly maxTokenSeconds?: number;
  /** Whether tokens that pods do not renew in time live for a year. Default true. */
  readonly extendTokens?: boolean;
  readonly staticTokens?: readonly StaticToken[];
  /** PEM of authorities whose client certificates name users, besides the cluster's own. */
  readonly clientAuthorities?: readonly string[];
  readonly frontProxy?: Partial<FrontProxyOptions>;
  readonly jwt?: readonly JwtAuthenticatorConfig[];
  readonly tokenWebhook?: TokenWebhookConfig;
  /** Default: where health and version are asked for. */
  readonly anonymous?: AnonymousRule;
  /** Default: Node, RBAC. */
  readonly authorizers?: readonly AuthorizerConfig[];
}

/** The parts. */
export interface Security extends Disposable {
  readonly authenticator: Authentication;
  readonly authorizer: Authorizer;
  readonly rules: RuleResolver;
  readonly grants: GrantGuard;
  readonly signer: TokenSigner;
  readonly keys: readonly VerifyingKey[];
  /** From now on users are known, and decided on, as `config` says; issuer, keys and audiences stay. @throws Error, changing nothing, for what cannot be used */
  reload(config: SecurityConfig): void;
}

/** What the parts need of the process. */
export interface SecurityEffects {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Told of tokens in secrets that are used for the first time on a day. */
  readonly onLegacyUse?: (secret: Secret, day: string) => Promise<void>;
}

/** Names that front proxies may have. */
export const FRONT_PROXY_NAMES: readonly string[] = ['front-proxy-client'];

/** The issuer of service account tokens, unless configured otherwise. */
export const DEFAULT_ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** How long requests that have begun may still ask what was there before a reload. */
const OUTGOING_MS = 60_000;
const DEFAULT_AUTHORIZERS: readonly AuthorizerConfig[] = [{ type: 'Node' }, { type: 'RBAC' }];
/** Source: apiserver: verified tokens of providers are believed this long. */
const JWT_CACHE_MS = 10_000;

/** Makes them. */
export function createSecurity(caches: Caches, pki: Pki, config: SecurityConfig, effects: SecurityEffects): Security {
  const { clock, random } = effects;
  const issuer = config.issuer ?? DEFAULT_ISSUER;
  const audiences = config.audiences ?? [issuer];
  const privateKey = config.signingKey ?? pki.serviceAccountKey;
  const signer = createTokenSigner({
    privateKey,
    issuer,
    audiences,
    clock,
    random,
    maxSeconds: config.maxTokenSeconds,
    extend: config.extendTokens ?? true,
  });
  const keys = [privateKey, ...(config.verifyingKeys ?? [])]
    .map(verifyingKey)
    .filter(({ id }, i, all) => all.findIndex((one) => one.id === id) === i);
  const accountTokens = new ServiceAccountTokens({
    keys: () => keys,
    issuers: [issuer, ...(config.formerIssuers ?? [])],
    audiences,
    caches,
    clock,
    onLegacyUse: effects.onLegacyUse,
  });
  const rbac = new RbacAuthorizer(caches);
  const make = (from: SecurityConfig): Deciding => {
    const resources = new DisposableStack();
    const authenticator = createAuthenticator({ pki, config: from, effects, resources }, audiences, [
      (token, asked) => accountTokens.authenticate(token, asked),
      audienceless(createStaticTokens(from.staticTokens ?? []), audiences),
      audienceless(createBootstrapTokens(caches, clock), audiences),
    ]);
    const decided = createAuthorizers({ caches, rbac, effects, resources }, from.authorizers ?? DEFAULT_AUTHORIZERS);
    return { authenticator, authorizer: authorizerChain([mastersAuthorizer, ...decided.authorizers]), rules: joinedRules(decided.resolvers), resources };
  };
  let current = make(config);
  const authorizer: Authorizer = { authorize: (user, asked) => current.authorizer.authorize(user, asked) };
  return {
    authenticator: {
      authenticate: (exchange, path, warn) => current.authenticator.authenticate(exchange, path, warn),
      authenticateToken: (token, asked) => current.authenticator.authenticateToken(token, asked),
    },
    authorizer,
    rules: { rulesFor: (user, namespace) => current.rules.rulesFor(user, namespace) },
    grants: createGrantGuard(rbac, authorizer),
    signer,
    keys,
    reload(next) {
      const { resources } = current;
      current = make(next);
      clock.after(OUTGOING_MS, () => resources.dispose());
    },
    [Symbol.dispose]() {
      current.resources.dispose();
      rbac[Symbol.dispose]();
    },
  };
}

/** What a reload replaces. */
interface Deciding {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly rules: RuleResolver;
  readonly resources: DisposableStack;
}

/** Tokens that say nothing of audiences are for the server itself. */
function audienceless(find: (token: string) => User | undefined, audiences: readonly string[]): TokenAuthenticator {
  return (token, asked = audiences) => {
    const user = find(token);
    const common = user ? asked.filter((audience) => audiences.includes(audience)) : [];
    return user && common.length > 0 ? { user, audiences: common } : undefined;
  };
}

interface AuthenticationParts {
  readonly pki: Pki;
  readonly config: SecurityConfig;
  readonly effects: SecurityEffects;
  readonly resources: DisposableStack;
}

/** Certificates first, then tokens: the cluster's own, those of providers, those that a webhook knows. */
function createAuthenticator(
  { pki, config, effects, resources }: AuthenticationParts,
  audiences: readonly string[],
  own: readonly TokenAuthenticator[],
): Authenticator {
  const { clock, log } = effects;
  const certificates = new ClientCertificates([pki.caCert, ...(config.clientAuthorities ?? [])], clock);
  const frontProxy = new FrontProxy({ authorities: [pki.frontProxyCaCert], allowedNames: FRONT_PROXY_NAMES, ...config.frontProxy }, clock);
  const providers = (config.jwt ?? []).map((one) => resources.use(new JwtAuthenticator(one, { clock, log, serverAudiences: audiences })));
  const foreign = providers.map((provider) =>
    cachedTokens((token, asked) => provider.authenticate(token, asked), { knownMs: JWT_CACHE_MS, unknownMs: 0, clock }),
  );
  const webhook = config.tokenWebhook && resources.use(new TokenWebhook(config.tokenWebhook, { clock, serverAudiences: audiences }));
  return new Authenticator({
    frontProxy: (exchange) => frontProxy.authenticate(exchange),
    clientCertificate: (peer) => certificates.authenticate(peer),
    tokens: [...own, ...foreign, ...(webhook ? [webhook.authenticate] : [])],
    anonymous: config.anonymous,
  });
}

interface AuthorizationParts {
  readonly caches: Caches;
  readonly rbac: RbacAuthorizer;
  readonly effects: SecurityEffects;
  readonly resources: DisposableStack;
}

function createAuthorizers(
  { caches, rbac, effects, resources }: AuthorizationParts,
  configs: readonly AuthorizerConfig[],
): { authorizers: Authorizer[]; resolvers: RuleResolver[] } {
  const authorizers: Authorizer[] = [];
  const resolvers: RuleResolver[] = [];
  const add = (authorizer: Authorizer, resolver?: RuleResolver): void => {
    authorizers.push(authorizer);
    if (resolver) resolvers.push(resolver);
  };
  for (const config of configs) {
    switch (config.type) {
      case 'Node':
        add(resources.use(new NodeAuthorizer(caches)), nodeRules);
        break;
      case 'RBAC':
        add(rbac, rbacRules(rbac));
        break;
      case 'AlwaysAllow':
        add(allowAllAuthorizer, allowAllRules);
        break;
      case 'AlwaysDeny':
        add(denyAllAuthorizer);
        break;
      case 'Webhook':
        add(resources.use(new WebhookAuthorizer(config, effects)), webhookRules);
        break;
    }
  }
  return { authorizers, resolvers };
}
