/** Authentication and authorization of one server, made once its caches have loaded. */
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';
import { Authenticator, DEFAULT_ANONYMOUS_PATHS } from './authentication/authenticator.ts';
import { ClientCertificates } from './authentication/client-certificate.ts';
import { FrontProxy } from './authentication/front-proxy.ts';
import { type VerifyingKey, verifyingKey } from './authentication/jwt.ts';
import { type StaticToken, createBootstrapTokens, createStaticTokens } from './authentication/known-tokens.ts';
import { ServiceAccountTokens } from './authentication/service-account-tokens.ts';
import { type TokenSigner, createTokenSigner } from './authentication/token-signer.ts';
import { type Authorizer, authorizerChain, mastersAuthorizer } from './authorization/authorizer.ts';
import { type GrantGuard, createGrantGuard } from './authorization/escalation.ts';
import { NodeAuthorizer } from './authorization/node-authorizer.ts';
import { type RuleResolver, joinedRules, nodeRules, rbacRules } from './authorization/rule-resolver.ts';
import { RbacAuthorizer } from './authorization/rbac-authorizer.ts';
import type { Caches, User } from './call.ts';
import type { Pki } from './pki/pki.ts';

/** How users are known, beside the cluster's own certificates and tokens. */
export interface SecurityConfig {
  /** The issuer of service account tokens. */
  readonly issuer?: string;
  /** Audiences that the server goes by; default: the issuer. */
  readonly audiences?: readonly string[];
  /** PEM of the private key (P-256 or RSA) that signs service account tokens; default: the cluster's own. */
  readonly signingKey?: string;
  /** PEM of further public or private keys by which such tokens may be signed. */
  readonly verifyingKeys?: readonly string[];
  readonly staticTokens?: readonly StaticToken[];
  /** Where requests without credentials are let in as `system:anonymous`. */
  readonly anonymous?: 'all' | readonly string[];
}

/** The parts. */
export interface Security extends Disposable {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly rules: RuleResolver;
  readonly grants: GrantGuard;
  readonly signer: TokenSigner;
  readonly keys: readonly VerifyingKey[];
}

/** Names that front proxies may have. */
export const FRONT_PROXY_NAMES: readonly string[] = ['front-proxy-client'];

const DEFAULT_ISSUER = 'https://kubernetes.default.svc.cluster.local';

/** Makes them. */
export function createSecurity(caches: Caches, pki: Pki, config: SecurityConfig, effects: { readonly clock: Clock; readonly random: Random }): Security {
  const { clock, random } = effects;
  const issuer = config.issuer ?? DEFAULT_ISSUER;
  const audiences = config.audiences ?? [issuer];
  const privateKey = config.signingKey ?? pki.serviceAccountKey;
  const signer = createTokenSigner({ privateKey, issuer, audiences, clock, random });
  const keys = [privateKey, ...(config.verifyingKeys ?? [])].map(verifyingKey).filter(({ id }, i, all) => all.findIndex((one) => one.id === id) === i);
  const accountTokens = new ServiceAccountTokens({ keys: () => keys, issuers: [issuer], audiences, caches, clock });
  const plain = (find: (token: string) => User | undefined) => (token: string, asked: readonly string[] = audiences) => {
    const user = find(token);
    return user && { user, audiences: asked.filter((audience) => audiences.includes(audience)) };
  };
  const certificates = new ClientCertificates([pki.caCert], clock);
  const frontProxy = new FrontProxy({ authorities: [pki.frontProxyCaCert], allowedNames: FRONT_PROXY_NAMES }, clock);
  const authenticator = new Authenticator({
    frontProxy: (exchange) => frontProxy.authenticate(exchange),
    clientCertificate: (peer) => certificates.authenticate(peer),
    tokens: [(token, asked) => accountTokens.authenticate(token, asked), plain(createStaticTokens(config.staticTokens ?? [])), plain(createBootstrapTokens(caches, clock))],
    anonymous: config.anonymous ?? DEFAULT_ANONYMOUS_PATHS,
  });
  const rbac = new RbacAuthorizer(caches);
  const nodes = new NodeAuthorizer(caches);
  const authorizer = authorizerChain([mastersAuthorizer, nodes, rbac]);
  return {
    authenticator,
    authorizer,
    rules: joinedRules([nodeRules, rbacRules(rbac)]),
    grants: createGrantGuard(rbac, authorizer),
    signer,
    keys,
    [Symbol.dispose]() {
      rbac[Symbol.dispose]();
      nodes[Symbol.dispose]();
    },
  };
}
