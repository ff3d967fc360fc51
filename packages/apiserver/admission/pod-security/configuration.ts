/**
 * The configuration of PodSecurity: what holds where labels say nothing, and who is exempt.
 *
 * Source: `PodSecurityConfiguration` of pod-security.admission.config.k8s.io/v1.
 */
import { type ConfigurationType, readConfigurationValue, refuseFindings } from '../../configuration.ts';
import { LEVEL_RULE, type LevelVersion, MODES, type Mode, parseLevel, parseVersion, type Policy, PRIVILEGED_POLICY, VERSION_RULE } from './policy.ts';
import { at, duplicate, type FieldError, invalid } from '#machinery/field-error.ts';
import { typeMeta } from '#machinery/meta.ts';
import { validateDns1123Label, validateDns1123Subdomain } from '#machinery/names.ts';
import { embedded, type Infer, list, message, optional, string } from '#machinery/schema.ts';

/** Whom the plugin lets do anything. */
export interface PodSecurityExemptions {
  readonly usernames: readonly string[];
  readonly runtimeClasses: readonly string[];
  readonly namespaces: readonly string[];
}

/** What the plugin goes by. */
export interface PodSecurityConfiguration {
  readonly defaults: Policy;
  readonly exemptions: PodSecurityExemptions;
}

/** Without a configuration file: no rules where labels set none, and no exemptions. */
export const DEFAULT_POD_SECURITY: PodSecurityConfiguration = {
  defaults: PRIVILEGED_POLICY,
  exemptions: { usernames: [], runtimeClasses: [], namespaces: [] },
};

const schema = message('apiserver.PodSecurityConfiguration', {
  ...typeMeta,
  defaults: embedded(
    0,
    message('apiserver.PodSecurityDefaults', {
      enforce: optional(0, string),
      'enforce-version': optional(0, string),
      audit: optional(0, string),
      'audit-version': optional(0, string),
      warn: optional(0, string),
      'warn-version': optional(0, string),
    }),
  ),
  exemptions: embedded(
    0,
    message('apiserver.PodSecurityExemptions', {
      usernames: optional(0, list(string)),
      namespaces: optional(0, list(string)),
      runtimeClasses: optional(0, list(string)),
    }),
  ),
});

type Sent = Infer<typeof schema>;

const TYPE: ConfigurationType = {
  group: 'pod-security.admission.config.k8s.io',
  versions: ['v1', 'v1beta1', 'v1alpha1'],
  kind: 'PodSecurityConfiguration',
  schema,
};

function readMode(sent: Sent['defaults'], mode: Mode, findings: FieldError[]): LevelVersion {
  const levelText = sent[mode] || 'privileged';
  const versionText = sent[`${mode}-version`] || 'latest';
  const level = parseLevel(levelText);
  const minor = parseVersion(versionText);
  if (level === undefined) findings.push(invalid(`defaults.${mode}`, levelText, LEVEL_RULE));
  if (minor === undefined) findings.push(invalid(`defaults.${mode}-version`, versionText, VERSION_RULE));
  return { level: level ?? 'restricted', minor: minor ?? Infinity };
}

function checkNames(field: string, names: readonly string[], rule: (name: string) => readonly string[]): FieldError[] {
  return names.flatMap((name, index) => [
    ...rule(name).map((why) => invalid(at(field, index), name, why)),
    ...(names.indexOf(name) < index ? [duplicate(at(field, index), name)] : []),
  ]);
}

/** Reads a parsed configuration. @throws ConfigurationError */
export function readPodSecurityConfiguration(value: unknown, from: string): PodSecurityConfiguration {
  const sent = readConfigurationValue<Sent>(value, TYPE, from);
  const findings: FieldError[] = [];
  const [enforce, audit, warn] = MODES.map((mode) => readMode(sent.defaults, mode, findings)) as [LevelVersion, LevelVersion, LevelVersion];
  const { usernames = [], namespaces = [], runtimeClasses = [] } = sent.exemptions;
  findings.push(
    ...checkNames('exemptions.namespaces', namespaces, validateDns1123Label),
    ...checkNames('exemptions.runtimeClasses', runtimeClasses, validateDns1123Subdomain),
    ...checkNames('exemptions.usernames', usernames, (name) => (name === '' ? ['username must not be empty'] : [])),
  );
  refuseFindings(findings, from);
  return { defaults: { enforce, audit, warn }, exemptions: { usernames, namespaces, runtimeClasses } };
}
