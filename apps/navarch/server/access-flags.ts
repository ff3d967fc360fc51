/**
 * The flags of `navarch server` about who is let in, who may do what, and what admission adds: named as kube-apiserver names them.
 */
import { type Command, InvalidArgumentError } from 'commander';

/** The flags as commander hands them over. */
export interface AccessFlags {
  readonly clientCaFile?: string;
  readonly tokenAuthFile?: string;
  readonly anonymousAuth?: boolean;
  readonly authenticationConfig?: string;
  readonly oidcIssuerUrl?: string;
  readonly oidcClientId?: string;
  readonly oidcCaFile?: string;
  readonly oidcUsernameClaim?: string;
  readonly oidcUsernamePrefix?: string;
  readonly oidcGroupsClaim?: string;
  readonly oidcGroupsPrefix?: string;
  readonly oidcSigningAlgs?: readonly string[];
  readonly oidcRequiredClaim?: readonly string[];
  readonly authenticationTokenWebhookConfigFile?: string;
  readonly authenticationTokenWebhookVersion?: string;
  readonly authenticationTokenWebhookCacheTtl?: string;
  readonly requestheaderClientCaFile?: string;
  readonly requestheaderAllowedNames?: readonly string[];
  readonly requestheaderUsernameHeaders?: readonly string[];
  readonly requestheaderUidHeaders?: readonly string[];
  readonly requestheaderGroupHeaders?: readonly string[];
  readonly requestheaderExtraHeadersPrefix?: readonly string[];
  readonly apiAudiences?: readonly string[];
  readonly serviceAccountIssuer?: readonly string[];
  readonly serviceAccountJwksUri?: string;
  readonly serviceAccountMaxTokenExpiration?: string;
  readonly serviceAccountExtendTokenExpiration?: boolean;
  readonly authorizationMode?: readonly string[];
  readonly authorizationConfig?: string;
  readonly authorizationWebhookConfigFile?: string;
  readonly authorizationWebhookVersion?: string;
  readonly authorizationWebhookCacheAuthorizedTtl?: string;
  readonly authorizationWebhookCacheUnauthorizedTtl?: string;
  readonly enableAdmissionPlugins?: readonly string[];
  readonly disableAdmissionPlugins?: readonly string[];
  readonly admissionControlConfigFile?: string;
}

/** Values separated by commas; the flag may be repeated. */
const values = (text: string, all: readonly string[] = []): readonly string[] => [...all, ...text.split(',').filter((one) => one !== '')];

const flag = (text: string): boolean => {
  if (text !== 'true' && text !== 'false') throw new InvalidArgumentError('true or false is needed.');
  return text === 'true';
};

/** Adds them. */
export function addAccessFlags(command: Command): Command {
  addAuthenticationFlags(command);
  return command
    .option('--authorization-mode <modes>', 'Node, RBAC, Webhook, AlwaysAllow, AlwaysDeny, in order (default Node,RBAC)', values)
    .option('--authorization-config <file>', 'AuthorizationConfiguration')
    .option('--authorization-webhook-config-file <file>', 'kubeconfig of the webhook that decides in mode Webhook')
    .option('--authorization-webhook-version <version>', 'version of SubjectAccessReview that the webhook knows (default v1beta1)')
    .option('--authorization-webhook-cache-authorized-ttl <duration>', 'how long its permissions are believed (default 5m)')
    .option('--authorization-webhook-cache-unauthorized-ttl <duration>', 'how long its refusals are believed (default 30s)')
    .option('--enable-admission-plugins <names>', 'admission plugins beside those that are on by default', values)
    .option('--disable-admission-plugins <names>', 'admission plugins that are not to be on', values)
    .option('--admission-control-config-file <file>', 'AdmissionConfiguration');
}

function addAuthenticationFlags(command: Command): void {
  command
    .option('--client-ca-file <file>', 'authorities whose client certificates name users, besides the cluster’s own')
    .option('--token-auth-file <file>', 'static tokens: token,user,uid,"groups" in lines')
    .option('--anonymous-auth <bool>', 'whether requests without credentials pass as system:anonymous (default: for health and version only)', flag)
    .option('--authentication-config <file>', 'AuthenticationConfiguration')
    .option('--oidc-issuer-url <url>', 'OpenID provider whose tokens are accepted')
    .option('--oidc-client-id <id>', 'audience that such tokens are for')
    .option('--oidc-ca-file <file>', 'authority of the provider’s certificate')
    .option('--oidc-username-claim <claim>', 'claim that is the user name (default sub)')
    .option('--oidc-username-prefix <prefix>', 'put before user names; - for nothing (default: the issuer and #, nothing for email)')
    .option('--oidc-groups-claim <claim>', 'claim that names groups')
    .option('--oidc-groups-prefix <prefix>', 'put before names of groups')
    .option('--oidc-signing-algs <names>', 'accepted signing algorithms (default RS256)', values)
    .option('--oidc-required-claim <key=value>', 'a claim that tokens must have (repeatable)', values)
    .option('--authentication-token-webhook-config-file <file>', 'kubeconfig of the webhook that knows tokens')
    .option('--authentication-token-webhook-version <version>', 'version of TokenReview that the webhook knows (default v1beta1)')
    .option('--authentication-token-webhook-cache-ttl <duration>', 'how long its answers are believed (default 2m)')
    .option('--requestheader-client-ca-file <file>', 'authority of front proxies')
    .option('--requestheader-allowed-names <names>', 'common names that front proxies may have', values)
    .option('--requestheader-username-headers <names>', 'headers that name the user (default X-Remote-User)', values)
    .option('--requestheader-uid-headers <names>', 'headers that give the uid (default X-Remote-Uid)', values)
    .option('--requestheader-group-headers <names>', 'headers that name groups (default X-Remote-Group)', values)
    .option('--requestheader-extra-headers-prefix <prefixes>', 'beginnings of headers with more (default X-Remote-Extra-)', values)
    .option('--api-audiences <names>', 'audiences that the server goes by (default: the issuer)', values)
    .option('--service-account-issuer <url>', 'issuer of service account tokens; further ones are accepted too (repeatable)', values)
    .option('--service-account-jwks-uri <url>', 'where relying parties find the keys')
    .option('--service-account-max-token-expiration <duration>', 'the longest life of a token')
    .option('--service-account-extend-token-expiration <bool>', 'whether tokens that pods do not renew live for a year (default true)', flag);
}
