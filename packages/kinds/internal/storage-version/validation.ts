/**
 * Rules for what servers say of the versions in which they store a resource.
 *
 * Source: kubernetes `pkg/apis/apiserverinternal/validation`.
 */
import { at, child, type FieldError, invalid, required } from '#machinery/field-error.ts';
import { validateDns1035Label, validateDns1123Subdomain } from '#machinery/names.ts';
import { dnsSubdomain, invalidEach, qualifiedName } from '../../rules.ts';
import type { ServerStorageVersion, StorageVersion, StorageVersionCondition, StorageVersionStatus } from './schema.ts';

const EMPTY = 'must be non-empty';
const NO_VERSION =
  "an apiVersion is a DNS-1035 label, which must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyVersion')";
const DISAGREED = 'should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet';

/** A name: `GROUP.RESOURCE`. */
export function validateStorageVersionName(name: string): string[] {
  const dot = name.lastIndexOf('.');
  if (dot < 0) return ['name must be in the form of <group>.<resource>'];
  return [
    ...validateDns1123Subdomain(name.slice(0, dot)).map((text) => `the group segment ${text}`),
    ...validateDns1035Label(name.slice(dot + 1)).map((text) => `the resource segment ${text}`),
  ];
}

/** A new object, or its new status. */
export function validateStorageVersion({ status }: StorageVersion): FieldError[] {
  const servers = status.storageVersions ?? [];
  return [
    ...servers.flatMap((server, index) => serverRules(at('status.storageVersions', index), server)),
    ...commonRules('status.commonEncodingVersion', status),
    // Upstream leaves `conditions` out of the path.
    ...conditionRules('status', status.conditions ?? []),
  ];
}

function serverRules(field: string, { apiServerID = '', encodingVersion = '', decodableVersions = [] }: ServerStorageVersion): FieldError[] {
  const decodable = child(field, 'decodableVersions');
  const errors = [...dnsSubdomain(child(field, 'apiServerID'), apiServerID), ...versionRules(child(field, 'encodingVersion'), encodingVersion)];
  for (const [index, version] of decodableVersions.entries()) errors.push(...versionRules(at(decodable, index), version));
  if (!decodableVersions.includes(encodingVersion))
    errors.push(invalid(decodable, decodableVersions, `decodableVersions must include encodingVersion ${encodingVersion}`));
  return errors;
}

function versionRules(field: string, apiVersion: string): FieldError[] {
  const texts = versionTexts(apiVersion);
  return texts.length ? [invalid(field, apiVersion, texts.join(','))] : [];
}

function versionTexts(apiVersion: string): string[] {
  const parts = apiVersion.split('/');
  if (parts.length > 2) return [NO_VERSION];
  const [group, version] = parts.length === 2 ? parts : [undefined, parts[0]];
  const texts = group === undefined ? [] : partTexts('group', group, validateDns1123Subdomain);
  return [...texts, ...partTexts('version', version ?? '', validateDns1035Label)];
}

function partTexts(part: string, text: string, rule: (text: string) => string[]): string[] {
  return (text ? rule(text) : [EMPTY]).map((problem) => `${part} part: ${problem}`);
}

function commonRules(field: string, { storageVersions: servers = [], commonEncodingVersion: said }: StorageVersionStatus): FieldError[] {
  const first = servers[0]?.encodingVersion;
  const common = servers.every(({ encodingVersion }) => encodingVersion === first) ? first : undefined;
  if (common === said) return [];
  if (common === undefined) return [invalid(field, said, DISAGREED)];
  return [invalid(field, said, said === undefined ? `the common encoding version is ${common}` : `the actual common encoding version is ${common}`)];
}

function conditionRules(field: string, conditions: readonly StorageVersionCondition[]): FieldError[] {
  return conditions.flatMap(({ type, status, reason, message = '' }, index) => {
    const here = at(field, index);
    const before = conditions.findLastIndex((other, i) => i < index && other.type === type);
    const errors = before < 0 ? [] : [invalid(child(here, 'type'), type, `the type of the condition is not unique, it also appears in conditions[${before}]`)];
    errors.push(...qualifiedName(child(here, 'type'), type));
    errors.push(...invalidEach(child(here, 'status'), type, qualifiedName('', status).map((error) => error.message.slice(error.message.indexOf('": ') + 3))));
    if (!reason) errors.push(required(child(here, 'reason'), 'reason cannot be empty'));
    if (!message) errors.push(required(child(here, 'message'), 'message cannot be empty'));
    return errors;
  });
}
