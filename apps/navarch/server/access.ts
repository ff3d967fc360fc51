/**
 * From the flags about access to what the API server is made with; reads the files that they name.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readAdmissionConfiguration } from '#apiserver/admission/configuration.ts';
import { type AdmissionConfig, checkAdmissionConfig } from '#apiserver/admission/plugins.ts';
import {
  type AuthenticationConfiguration,
  issuerUrlRules,
  readAuthenticationConfiguration,
} from '#apiserver/authentication/authentication-configuration.ts';
import { FRONT_PROXY_HEADERS, type FrontProxyOptions } from '#apiserver/authentication/front-proxy.ts';
import type { JwtAuthenticatorConfig } from '#apiserver/authentication/jwt-authenticator.ts';
import { readTokenFile } from '#apiserver/authentication/token-file.ts';
import { TOKEN_WEBHOOK_CACHE_MS } from '#apiserver/authentication/token-webhook.ts';
import { readAuthorizationConfiguration } from '#apiserver/authorization/authorization-configuration.ts';
import { ConfigurationError, refuseFindings } from '#apiserver/configuration.ts';
import type { PeerAddress } from '#apiserver/outbound/https-peer.ts';
import { type AuthorizerConfig, DEFAULT_ISSUER, type SecurityConfig } from '#apiserver/security.ts';
import { systemClock } from '#base/clock.ts';
import { transportOptions } from '#client/connect.ts';
import { parseKubeconfig } from '#client/kubeconfig.ts';
import { parseDuration } from '#machinery/duration.ts';
import { UserError } from '../cluster/spec.ts';
import { KUBERNETES_VERSION } from '../version.ts';
import type { AccessFlags } from './access-flags.ts';

/** What the flags say. */
export interface Access {
  readonly security: SecurityConfig;
  readonly admission: AdmissionConfig;
}

const AUTHORIZED_MS = 300_000;
const UNAUTHORIZED_MS = 30_000;
const WEBHOOK_TIMEOUT_MS = 30_000;
const MODES = ['Node', 'RBAC', 'AlwaysAllow', 'AlwaysDeny', 'Webhook'] as const;

/** Reads everything. @throws UserError saying which flag or file cannot be used, and why */
export async function readAccess(flags: AccessFlags): Promise<Access> {
  try {
    return { security: { ...(await authentication(flags)), authorizers: await authorizers(flags) }, admission: admission(flags) };
  } catch (error) {
    if (error instanceof ConfigurationError) throw new UserError(error.message);
    throw error;
  }
}

function admission({
  enableAdmissionPlugins: enable,
  disableAdmissionPlugins: disable,
  admissionControlConfigFile: file,
}: AccessFlags): AdmissionConfig {
  const config = {
    ...(enable ? { enable } : {}),
    ...(disable ? { disable } : {}),
    ...(file ? { plugins: readAdmissionConfiguration(resolve(file), readText) } : {}),
  };
  checkAdmissionConfig(config);
  return config;
}

/** @throws ConfigurationError naming the file */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError(`the file ${path} cannot be read: ${(error as Error).message}`);
  }
}

async function authentication(flags: AccessFlags): Promise<SecurityConfig> {
  const {
    tokenAuthFile,
    serviceAccountIssuer = [],
    serviceAccountJwksUri,
    apiAudiences,
    serviceAccountExtendTokenExpiration: extend,
    serviceAccountMaxTokenExpiration: max,
  } = flags;
  const [issuer = DEFAULT_ISSUER, ...formerIssuers] = serviceAccountIssuer;
  const { jwt, anonymous } = issuers(flags, [issuer, ...formerIssuers]);
  const webhook = flags.authenticationTokenWebhookConfigFile;
  const frontProxy = frontProxyOf(flags);
  return {
    issuer,
    formerIssuers,
    jwt,
    ...(anonymous === undefined ? {} : { anonymous }),
    ...(apiAudiences ? { audiences: apiAudiences } : {}),
    ...(serviceAccountJwksUri ? { jwksUri: serviceAccountJwksUri } : {}),
    ...(max ? { maxTokenSeconds: maxTokenSeconds(max) } : {}),
    ...(extend === undefined ? {} : { extendTokens: extend }),
    ...(flags.clientCaFile ? { clientAuthorities: certificatesOf(flags.clientCaFile) } : {}),
    ...(tokenAuthFile ? { staticTokens: readTokenFile(readText(tokenAuthFile), tokenAuthFile) } : {}),
    ...(frontProxy ? { frontProxy } : {}),
    ...(webhook
      ? {
          tokenWebhook: {
            address: await peerOf(webhook),
            version: version('authentication-token-webhook-version', flags.authenticationTokenWebhookVersion),
            cacheMs: duration('authentication-token-webhook-cache-ttl', flags.authenticationTokenWebhookCacheTtl, TOKEN_WEBHOOK_CACHE_MS),
          },
        }
      : {}),
  };
}

const HOUR_SECONDS = 3_600;
const MOST_SECONDS = 2 ** 32;

function maxTokenSeconds(text: string): number {
  const seconds = Math.floor(duration('service-account-max-token-expiration', text, 0) / 1000);
  if (seconds < HOUR_SECONDS || seconds > MOST_SECONDS)
    throw new ConfigurationError('the service-account-max-token-expiration must be between 1 hour and 2^32 seconds');
  return seconds;
}

/** Providers and anonymous users: by the file, or by the flags. */
function issuers(flags: AccessFlags, ownIssuers: readonly string[]): AuthenticationConfiguration {
  const { authenticationConfig: file, anonymousAuth } = flags;
  const byFlags = Object.entries(flags).some(([name, value]) => name.startsWith('oidc') && value !== undefined);
  const anonymous = anonymousAuth === undefined ? undefined : anonymousAuth ? 'everywhere' : 'nowhere';
  if (!file) return { jwt: byFlags ? [oidc(flags)] : [], ...(anonymous ? { anonymous } : {}) };
  if (byFlags) throw new ConfigurationError('authentication-config file and oidc-* flags are mutually exclusive');
  const read = readAuthenticationConfiguration(readText(file), file, ownIssuers);
  if (read.anonymous !== undefined && anonymous)
    throw new ConfigurationError('--anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file');
  return anonymous ? { ...read, anonymous } : read;
}

function oidc(flags: AccessFlags): JwtAuthenticatorConfig {
  const {
    oidcIssuerUrl: issuer,
    oidcClientId,
    oidcCaFile,
    oidcUsernameClaim: claim = 'sub',
    oidcUsernamePrefix,
    oidcGroupsClaim,
    oidcGroupsPrefix = '',
  } = flags;
  if (!issuer || !oidcClientId)
    throw new ConfigurationError('oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set');
  refuseFindings(issuerUrlRules('oidc-issuer-url', issuer), 'flags');
  const usual = claim === 'email' ? '' : `${issuer}#`;
  const prefix = oidcUsernamePrefix === '-' ? '' : (oidcUsernamePrefix ?? usual);
  const required = (flags.oidcRequiredClaim ?? []).map((pair) => {
    const split = pair.indexOf('=');
    if (split < 1) throw new ConfigurationError(`oidc-required-claim: ${pair} must be formatted as key=value`);
    return { claim: pair.slice(0, split), value: pair.slice(split + 1) };
  });
  return {
    issuer,
    audiences: [oidcClientId],
    username: { claim, prefix },
    ...(oidcCaFile ? { certificateAuthority: readText(oidcCaFile) } : {}),
    ...(oidcGroupsClaim ? { groups: { claim: oidcGroupsClaim, prefix: oidcGroupsPrefix } } : {}),
    requiredClaims: required,
    algorithms: flags.oidcSigningAlgs ?? ['RS256'],
  };
}

/** The certificates of a file, one by one. */
function certificatesOf(file: string): readonly string[] {
  const found = readText(file).match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/g);
  if (!found) throw new ConfigurationError(`the file ${file} has no certificate`);
  return found;
}

function frontProxyOf(flags: AccessFlags): Partial<FrontProxyOptions> | undefined {
  const { requestheaderClientCaFile: file, requestheaderAllowedNames: allowedNames } = flags;
  const lower = (names: readonly string[] | undefined, usual: readonly string[]): readonly string[] =>
    names?.map((name) => name.toLowerCase()) ?? usual;
  const authorities = file ? certificatesOf(file) : undefined;
  const headers = {
    user: lower(flags.requestheaderUsernameHeaders, FRONT_PROXY_HEADERS.user),
    uid: lower(flags.requestheaderUidHeaders, FRONT_PROXY_HEADERS.uid),
    group: lower(flags.requestheaderGroupHeaders, FRONT_PROXY_HEADERS.group),
    extraPrefix: lower(flags.requestheaderExtraHeadersPrefix, FRONT_PROXY_HEADERS.extraPrefix),
  };
  if (authorities) return { authorities, allowedNames: allowedNames ?? [], headers };
  return { ...(allowedNames ? { allowedNames } : {}), headers };
}

async function authorizers(flags: AccessFlags): Promise<readonly AuthorizerConfig[]> {
  const { authorizationConfig: file, authorizationMode: modes, authorizationWebhookConfigFile: webhook } = flags;
  if (file) {
    const byFlags = Object.entries(flags).some(
      ([name, value]) => (name === 'authorizationMode' || name.startsWith('authorizationWebhook')) && value !== undefined,
    );
    if (byFlags)
      throw new ConfigurationError(
        '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined',
      );
    return Promise.all(
      readAuthorizationConfiguration(readText(file), file).map(async (one) =>
        one.type === 'Webhook' ? { type: one.type, address: await peerOf(one.kubeConfigFile), ...one.settings } : one,
      ),
    );
  }
  if (webhook && !modes?.includes('Webhook')) throw new ConfigurationError('cannot specify --authorization-webhook-config-file without mode Webhook');
  return Promise.all((modes ?? ['Node', 'RBAC']).map((mode, index, all) => authorizerOf(mode, all.indexOf(mode) < index, flags)));
}

async function authorizerOf(mode: string, again: boolean, flags: AccessFlags): Promise<AuthorizerConfig> {
  const type = MODES.find((one) => one === mode);
  if (!type) throw new ConfigurationError(`authorization-mode ${JSON.stringify(mode)} is not a valid mode`);
  if (again) throw new ConfigurationError(`authorization-mode [${flags.authorizationMode?.join(' ')}] has mode specified more than once`);
  if (type !== 'Webhook') return { type };
  const file = flags.authorizationWebhookConfigFile;
  if (!file) throw new ConfigurationError("authorization-mode Webhook's authorization config file not passed");
  return {
    type,
    address: await peerOf(file),
    version: version('authorization-webhook-version', flags.authorizationWebhookVersion),
    authorizedMs: duration('authorization-webhook-cache-authorized-ttl', flags.authorizationWebhookCacheAuthorizedTtl, AUTHORIZED_MS),
    unauthorizedMs: duration('authorization-webhook-cache-unauthorized-ttl', flags.authorizationWebhookCacheUnauthorizedTtl, UNAUTHORIZED_MS),
    timeoutMs: WEBHOOK_TIMEOUT_MS,
    onFailure: 'NoOpinion',
  };
}

/** The server that a kubeconfig's current context is about. @throws ConfigurationError */
export async function peerOf(file: string): Promise<PeerAddress> {
  try {
    const { server, ca, cert, key, token, serverName, insecureSkipVerify } = await transportOptions(
      parseKubeconfig(await readFile(file, 'utf8'), dirname(resolve(file))),
      { userAgent: `kube-apiserver/${KUBERNETES_VERSION}`, clock: systemClock },
    );
    return {
      url: server,
      ...(ca ? { ca } : {}),
      ...(cert ? { cert } : {}),
      ...(key ? { key } : {}),
      ...(token ? { token } : {}),
      ...(serverName ? { serverName } : {}),
      ...(insecureSkipVerify ? { insecureSkipVerify } : {}),
    };
  } catch (error) {
    throw new ConfigurationError(`the kubeconfig ${file} cannot be used: ${(error as Error).message}`);
  }
}

function version(flag: string, text = 'v1beta1'): 'v1' | 'v1beta1' {
  if (text !== 'v1' && text !== 'v1beta1') throw new ConfigurationError(`--${flag}: v1 or v1beta1 is needed`);
  return text;
}

/** Milliseconds. */
function duration(flag: string, text: string | undefined, usualMs: number): number {
  if (text === undefined) return usualMs;
  try {
    return Number(parseDuration(text) / 1_000_000n);
  } catch (error) {
    throw new ConfigurationError(`--${flag}: ${(error as Error).message}`);
  }
}
