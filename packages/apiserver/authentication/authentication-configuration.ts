/**
 * `AuthenticationConfiguration`: token issuers and what anonymous users may ask for.
 *
 * Source: apiserver.config.k8s.io/v1; apiserver `apis/apiserver/validation`.
 */
import { type ConfigurationType, readConfigurationText, refuseFindings } from '../configuration.ts';
import type { CompiledExpression } from '#kinds/expressions.ts';
import type { Program } from '#machinery/cel/compile.ts';
import { readsField } from '#machinery/cel/walk.ts';
import type { AnonymousRule } from './authenticator.ts';
import { compileClaimsRule, compileMapping, compileUserRule } from './claim-expressions.ts';
import type { JwtAuthenticatorConfig } from './jwt-authenticator.ts';
import { at, child, duplicate, type FieldError, invalid, notSupported, required } from '#machinery/field-error.ts';
import { typeMeta } from '#machinery/meta.ts';
import { validateDomainPrefixedPath } from '#machinery/names.ts';
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
  return [...findings, ...expressionRules(field, { claimValidationRules, claimMappings, userValidationRules })];
}

const EMAIL_UNVERIFIED =
  'claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression';

function expressionRules(field: string, { claimValidationRules = [], claimMappings, userValidationRules = [] }: Pick<Jwt, 'claimValidationRules' | 'claimMappings' | 'userValidationRules'>): FieldError[] {
  const mappings = child(field, 'claimMappings');
  const { username, groups, uid, extra = [] } = claimMappings;
  const findings = [
    ...eachOnce(claimValidationRules, child(field, 'claimValidationRules'), { key: ({ expression = '' }) => expression, name: 'expression', rules: ruleRules }),
    ...prefixedRules(child(mappings, 'username'), username, true),
    ...prefixedRules(child(mappings, 'groups'), groups, false),
  ];
  if (uid.claim && uid.expression) findings.push(invalid(child(mappings, 'uid'), '', "claim and expression can't both be set"));
  else if (uid.expression) findings.push(...compiles(child(mappings, 'uid', 'expression'), uid.expression, compileMapping(uid.expression)));
  findings.push(...eachOnce(extra, child(mappings, 'extra'), { key: ({ key }) => key, name: 'key', rules: extraRules }));
  const verifying = [username.expression, ...extra.map(({ valueExpression }) => valueExpression), ...claimValidationRules.map(({ expression }) => expression)];
  if (username.expression && readsClaim(username.expression, 'email') && !verifying.some((one) => one && readsClaim(one, 'email_verified')))
    findings.push(invalid(child(mappings, 'username', 'expression'), username.expression, EMAIL_UNVERIFIED));
  const userRules = (here: string, { expression }: { readonly expression: string }): FieldError[] =>
    expression ? compiles(child(here, 'expression'), expression, compileUserRule(expression)) : [required(child(here, 'expression'))];
  findings.push(...eachOnce(userValidationRules, child(field, 'userValidationRules'), { key: ({ expression }) => expression, name: 'expression', rules: userRules }));
  return findings;
}

interface ItemRules<T> {
  readonly key: (item: T) => string;
  /** The field that `key` is. */
  readonly name: string;
  readonly rules: (field: string, item: T) => FieldError[];
}

/** Rules of items whose keys, where they have one, must differ. */
function eachOnce<T>(items: readonly T[], field: string, { key, name, rules }: ItemRules<T>): FieldError[] {
  const keys = items.map(key);
  return items.flatMap((item, index) => {
    const here = at(field, index);
    return keys[index] && keys.indexOf(keys[index]) < index ? [duplicate(child(here, name), keys[index])] : rules(here, item);
  });
}

const compiles = (field: string, expression: string, compiled: CompiledExpression): FieldError[] => ('error' in compiled ? [invalid(field, expression, compiled.error)] : []);

function readsClaim(expression: string, claim: string): boolean {
  const compiled = compileMapping(expression);
  return 'program' in compiled && readsField(compiled.program.tree, 'claims', claim);
}

function ruleRules(field: string, { claim, requiredValue, expression, message: words }: NonNullable<Jwt['claimValidationRules']>[number]): FieldError[] {
  if (claim && expression) return [invalid(field, claim, "claim and expression can't both be set")];
  if (expression) {
    const findings = compiles(child(field, 'expression'), expression, compileClaimsRule(expression));
    return requiredValue ? [invalid(child(field, 'requiredValue'), requiredValue, 'may not be specified when expression is set'), ...findings] : findings;
  }
  if (!claim) return [required(field, 'claim or expression is required')];
  return words ? [invalid(child(field, 'message'), words, 'may not be specified when claim is set')] : [];
}

function prefixedRules(field: string, { claim, prefix, expression }: Jwt['claimMappings']['username'], needed: boolean): FieldError[] {
  if (claim && expression) return [invalid(field, '', "claim and expression can't both be set")];
  if (expression) {
    const findings = compiles(child(field, 'expression'), expression, compileMapping(expression));
    return prefix === undefined ? findings : [invalid(child(field, 'prefix'), prefix, 'may not be specified when expression is set'), ...findings];
  }
  if (claim && prefix === undefined)
    return [required(child(field, 'prefix'), 'prefix is required when claim is set. It can be set to an empty string to disable prefixing')];
  if (!claim && prefix) return [invalid(child(field, 'prefix'), prefix, "prefix can't be set when claim is not set")];
  return !claim && needed ? [required(field, 'claim or expression is required')] : [];
}

type ExtraMapping = NonNullable<Jwt['claimMappings']['extra']>[number];

function extraRules(field: string, { key, valueExpression }: ExtraMapping): FieldError[] {
  const here = child(field, 'key');
  const findings = key ? validateDomainPrefixedPath(key).map((why) => invalid(here, key, why)) : [required(here)];
  if (key !== key.toLowerCase()) findings.push(invalid(here, key, 'must be lowercase'));
  if (/^(?:[^/]*\.)?(?:k8s|kubernetes)\.io\//.test(key))
    findings.push(invalid(here, key, 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use'));
  const value = child(field, 'valueExpression');
  return [...findings, ...(valueExpression ? compiles(value, valueExpression, compileMapping(valueExpression)) : [required(value)])];
}

/** The program of an expression that has been found good. */
function programOf(compiled: CompiledExpression): Program {
  if ('error' in compiled) throw new Error(compiled.error);
  return compiled.program;
}

function configOf({ issuer: from, claimValidationRules = [], claimMappings, userValidationRules = [] }: Jwt): JwtAuthenticatorConfig {
  const { username, groups, uid, extra = [] } = claimMappings;
  const mapping = ({ claim = '', prefix = '', expression }: Jwt['claimMappings']['username']): JwtAuthenticatorConfig['username'] =>
    expression ? { program: programOf(compileMapping(expression)) } : { claim, prefix: prefix ?? '' };
  const claims = claimValidationRules.filter(({ claim }) => claim);
  const conditions = claimValidationRules.filter(({ expression }) => expression);
  return {
    issuer: from.url,
    ...(from.discoveryURL ? { discoveryUrl: from.discoveryURL } : {}),
    ...(from.certificateAuthority ? { certificateAuthority: from.certificateAuthority } : {}),
    audiences: from.audiences ?? [],
    username: mapping(username),
    ...(groups.claim || groups.expression ? { groups: mapping(groups) } : {}),
    ...(uid.claim ? { uid: { claim: uid.claim } } : {}),
    ...(uid.expression ? { uid: { program: programOf(compileMapping(uid.expression)) } } : {}),
    ...(extra.length > 0 ? { extra: extra.map(({ key, valueExpression }) => ({ key, program: programOf(compileMapping(valueExpression)) })) } : {}),
    requiredClaims: claims.map(({ claim = '', requiredValue = '' }) => ({ claim, value: requiredValue })),
    ...(conditions.length > 0
      ? { claimRules: conditions.map(({ expression = '', message: words = '' }) => ({ program: programOf(compileClaimsRule(expression)), message: words })) }
      : {}),
    ...(userValidationRules.length > 0
      ? { userRules: userValidationRules.map(({ expression, message: words = '' }) => ({ program: programOf(compileUserRule(expression)), message: words })) }
      : {}),
  };
}
