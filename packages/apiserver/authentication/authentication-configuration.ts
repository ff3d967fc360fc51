/**
 * `AuthenticationConfiguration`: token issuers and what anonymous users may ask for.
 *
 * Source: apiserver.config.k8s.io/v1; apiserver `apis/apiserver/validation`.
 */
import { type ConfigurationType, readConfigurationText, refuseFindings } from '../configuration.ts';
import type { AnonymousRule } from './authenticator.ts';
import type { JwtAuthenticatorConfig, PrefixedClaim } from './jwt-authenticator.ts';
import { at, child, duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import { typeMeta } from '#machinery/meta.ts';
import { bool, embedded, type Infer, list, message, optional, pointer, required as requiredField, string } from '#machinery/schema.ts';

/** What the file says. */
export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtAuthenticatorConfig[];
  /** Absent: as the flags say. */
  readonly anonymous?: AnonymousRule;
}

const MAX_ISSUERS = 64;

const prefixedClaim = message('apiserver.PrefixedClaimOrExpression', {
  claim: optional(0, string),
  prefix: pointer(0, string),
  expression: optional(0, string),
});
const claimOrExpression = message('apiserver.ClaimOrExpression', { claim: optional(0, string), expression: optional(0, string) });
const issuer = message('apiserver.Issuer', {
  url: requiredField(0, string),
  discoveryURL: pointer(0, string),
  certificateAuthority: optional(0, string),
  audiences: requiredField(0, list(string)),
  audienceMatchPolicy: optional(0, string),
  egressSelectorType: optional(0, string),
});
const jwtAuthenticator = message('apiserver.JWTAuthenticator', {
  issuer: embedded(0, issuer),
  claimValidationRules: optional(
    0,
    list(
      message('apiserver.ClaimValidationRule', {
        claim: optional(0, string),
        requiredValue: optional(0, string),
        expression: optional(0, string),
        message: optional(0, string),
      }),
    ),
  ),
  claimMappings: embedded(
    0,
    message('apiserver.ClaimMappings', {
      username: embedded(0, prefixedClaim),
      groups: embedded(0, prefixedClaim),
      uid: embedded(0, claimOrExpression),
      extra: optional(0, list(message('apiserver.ExtraMapping', { key: requiredField(0, string), valueExpression: requiredField(0, string) }))),
    }),
  ),
  userValidationRules: optional(
    0,
    list(message('apiserver.UserValidationRule', { expression: requiredField(0, string), message: optional(0, string) })),
  ),
});
const schema = message('apiserver.AuthenticationConfiguration', {
  ...typeMeta,
  jwt: optional(0, list(jwtAuthenticator)),
  anonymous: pointer(
    0,
    message('apiserver.AnonymousAuthConfig', {
      enabled: requiredField(0, bool),
      conditions: optional(0, list(message('apiserver.AnonymousAuthCondition', { path: requiredField(0, string) }))),
    }),
  ),
});

type Sent = Infer<typeof schema>;
type Jwt = Infer<typeof jwtAuthenticator>;

const TYPE: ConfigurationType = {
  group: 'apiserver.config.k8s.io',
  versions: ['v1', 'v1beta1', 'v1alpha1'],
  kind: 'AuthenticationConfiguration',
  schema,
};

/** What stands where an expression of the Common Expression Language would be. */
const NO_EXPRESSIONS = 'expressions are not supported by this server: use claims';

/** Reads the file. `ownIssuers` are those of service account tokens, which nobody else may be. @throws ConfigurationError */
export function readAuthenticationConfiguration(text: string, from: string, ownIssuers: readonly string[]): AuthenticationConfiguration {
  const { jwt = [], anonymous } = readConfigurationText<Sent>(text, TYPE, from);
  const findings: FieldError[] = [];
  if (jwt.length > MAX_ISSUERS)
    findings.push({ type: 'FieldValueTooMany', field: 'jwt', message: `Too many: ${jwt.length}: must have at most ${MAX_ISSUERS} items` });
  for (const [index, one] of jwt.entries()) {
    findings.push(...jwtRules(at('jwt', index), one, ownIssuers));
    if (jwt.findIndex((other) => other.issuer.url === one.issuer.url) < index) findings.push(duplicate(`jwt[${index}].issuer.url`, one.issuer.url));
  }
  if (anonymous && !anonymous.enabled && anonymous.conditions?.length)
    findings.push(invalid('anonymous.conditions', anonymous.conditions, 'enabled should be set to true when conditions are defined'));
  refuseFindings(findings, from);
  return { jwt: jwt.map(configOf), ...(anonymous ? { anonymous: anonymousRule(anonymous) } : {}) };
}

function anonymousRule({ enabled, conditions = [] }: NonNullable<Sent['anonymous']>): AnonymousRule {
  if (!enabled) return 'nowhere';
  return conditions.length > 0 ? { paths: conditions.map(({ path }) => path) } : 'everywhere';
}

/** What is wrong with the address of an issuer. */
export function issuerUrlRules(field: string, text: string): FieldError[] {
  if (text === '') return [required(field, 'URL is required')];
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) return [invalid(field, text, 'not a URL')];
  const findings: FieldError[] = [];
  if (url.protocol !== 'https:') findings.push(invalid(field, text, 'URL scheme must be https'));
  if (url.username || url.password) findings.push(invalid(field, text, 'URL must not contain a username or password'));
  if (url.search) findings.push(invalid(field, text, 'URL must not contain a query'));
  if (url.hash) findings.push(invalid(field, text, 'URL must not contain a fragment'));
  return findings;
}

function jwtRules(
  field: string,
  { issuer: from, claimValidationRules = [], claimMappings, userValidationRules = [] }: Jwt,
  ownIssuers: readonly string[],
): FieldError[] {
  const here = child(field, 'issuer');
  const findings = issuerUrlRules(child(here, 'url'), from.url);
  if (ownIssuers.includes(from.url))
    findings.push(invalid(child(here, 'url'), from.url, `URL must not overlap with disallowed issuers: [${ownIssuers.join(' ')}]`));
  if (from.discoveryURL !== undefined) {
    findings.push(...issuerUrlRules(child(here, 'discoveryURL'), from.discoveryURL));
    if (from.discoveryURL === from.url)
      findings.push(invalid(child(here, 'discoveryURL'), from.discoveryURL, 'discoveryURL must be different from URL'));
  }
  if (!from.audiences?.length) findings.push(required(child(here, 'audiences'), `at least one ${child(here, 'audiences')} is required`));
  for (const [index, audience] of (from.audiences ?? []).entries())
    if (audience === '') findings.push(required(at(child(here, 'audiences'), index), "audience can't be empty"));
  if ((from.audiences?.length ?? 0) > 1 && from.audienceMatchPolicy !== 'MatchAny')
    findings.push(
      invalid(
        child(here, 'audienceMatchPolicy'),
        from.audienceMatchPolicy ?? '',
        'audienceMatchPolicy must be set to MatchAny for multiple audiences',
      ),
    );
  if (from.audienceMatchPolicy && from.audienceMatchPolicy !== 'MatchAny')
    findings.push(notSupported(child(here, 'audienceMatchPolicy'), from.audienceMatchPolicy, ['MatchAny']));
  if (from.certificateAuthority && !from.certificateAuthority.includes('-----BEGIN CERTIFICATE-----'))
    findings.push(invalid(child(here, 'certificateAuthority'), '<omitted>', 'data does not contain any valid RSA or ECDSA certificates'));
  for (const [index, rule] of claimValidationRules.entries()) findings.push(...ruleRules(at(child(field, 'claimValidationRules'), index), rule));
  const mappings = child(field, 'claimMappings');
  findings.push(
    ...prefixedRules(child(mappings, 'username'), claimMappings.username, true),
    ...prefixedRules(child(mappings, 'groups'), claimMappings.groups, false),
  );
  if (claimMappings.uid.expression) findings.push(forbiddenField(child(mappings, 'uid', 'expression'), NO_EXPRESSIONS));
  if (claimMappings.extra?.length) findings.push(forbiddenField(child(mappings, 'extra'), NO_EXPRESSIONS));
  if (userValidationRules.length > 0) findings.push(forbiddenField(child(field, 'userValidationRules'), NO_EXPRESSIONS));
  return findings;
}

function ruleRules(field: string, { claim, expression, message: words }: NonNullable<Jwt['claimValidationRules']>[number]): FieldError[] {
  if (claim && expression) return [invalid(field, claim, "claim and expression can't both be set")];
  if (expression) return [forbiddenField(child(field, 'expression'), NO_EXPRESSIONS)];
  if (!claim) return [required(field, 'claim or expression is required')];
  return words ? [invalid(child(field, 'message'), words, "message can't be set when claim is set")] : [];
}

function prefixedRules(field: string, { claim, prefix, expression }: Jwt['claimMappings']['username'], needed: boolean): FieldError[] {
  if (claim && expression) return [invalid(field, '', "claim and expression can't both be set")];
  if (expression) return [forbiddenField(child(field, 'expression'), NO_EXPRESSIONS)];
  if (claim && prefix === undefined)
    return [required(child(field, 'prefix'), 'prefix is required when claim is set. It can be set to an empty string to disable prefixing')];
  if (!claim && prefix) return [invalid(child(field, 'prefix'), prefix, "prefix can't be set when claim is not set")];
  return !claim && needed ? [required(field, 'claim or expression is required')] : [];
}

function configOf({ issuer: from, claimValidationRules = [], claimMappings }: Jwt): JwtAuthenticatorConfig {
  const { username, groups, uid } = claimMappings;
  const prefixed = ({ claim = '', prefix = '' }: Jwt['claimMappings']['username']): PrefixedClaim => ({ claim, prefix: prefix ?? '' });
  return {
    issuer: from.url,
    ...(from.discoveryURL ? { discoveryUrl: from.discoveryURL } : {}),
    ...(from.certificateAuthority ? { certificateAuthority: from.certificateAuthority } : {}),
    audiences: from.audiences ?? [],
    username: prefixed(username),
    ...(groups.claim ? { groups: prefixed(groups) } : {}),
    ...(uid.claim ? { uidClaim: uid.claim } : {}),
    requiredClaims: claimValidationRules.map(({ claim = '', requiredValue = '' }) => ({ claim, value: requiredValue })),
  };
}
