/**
 * Rules for how a pod resolves names, and what it is called itself.
 *
 * Source: kubernetes `pkg/apis/core/validation` validatePodDNSConfig, validatePodHostName, ValidateHostAliases.
 */
import { at, child, type FieldError, forbiddenField, invalid, required, tooLong } from '#machinery/field-error.ts';
import { dnsSubdomain, invalidEach, legacyIp } from '../../../rules.ts';
import type { HostAlias, PodDNSConfig, PodSpec } from '../schema.ts';

const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;
const MAX_SEARCH = 253;
const MAX_HOSTNAME_OVERRIDE = 64;

const SEARCH_LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SEARCH_FORMAT = `${SEARCH_LABEL}(\\.${SEARCH_LABEL})*`;
const SEARCH_REGEX = new RegExp(`^${SEARCH_FORMAT}$`);
const SEARCH_TEXT = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SEARCH_FORMAT}')`;

/** Name servers, search domains and options. */
export function dnsConfigRules(field: string, config: PodDNSConfig | undefined, policy: string | undefined): FieldError[] {
  const here = child(field, 'nameservers');
  if (policy === 'None') {
    if (!config) return [required(field, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if (!config.nameservers?.length) return [required(here, 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  }
  if (!config) return [];
  const { nameservers = [], options = [] } = config;
  const errors: FieldError[] = [];
  if (nameservers.length > MAX_NAMESERVERS) errors.push(invalid(here, nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`));
  for (const [index, server] of nameservers.entries()) errors.push(...legacyIp(at(here, index), server));
  errors.push(...searchesRules(child(field, 'searches'), config.searches ?? []));
  for (const [index, { name }] of options.entries()) if (!name) errors.push(required(at(child(field, 'options'), index), 'must not be empty'));
  return errors;
}

function searchesRules(field: string, searches: readonly string[]): FieldError[] {
  const errors = searches.length > MAX_SEARCHES ? [invalid(field, searches, `must not have more than ${MAX_SEARCHES} search paths`)] : [];
  if (Buffer.byteLength(searches.join(' ')) > MAX_SEARCH_CHARACTERS) {
    errors.push(invalid(field, searches, `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`));
  }
  for (const [index, search] of searches.entries()) {
    if (search === '.') continue;
    const name = search.replace(/\.$/, '');
    const texts = Buffer.byteLength(name) > MAX_SEARCH ? [`must be no more than ${MAX_SEARCH} characters`] : [];
    if (!SEARCH_REGEX.test(name)) texts.push(SEARCH_TEXT);
    errors.push(...invalidEach(at(field, index), name, texts));
  }
  return errors;
}

/** A host name that replaces the one made of name and domain. */
export function hostnameOverride(field: string, { hostnameOverride: name, hostNetwork, setHostnameAsFQDN }: PodSpec): FieldError[] {
  if (name === undefined) return [];
  const here = child(field, 'hostnameOverride');
  const errors: FieldError[] = [];
  if (setHostnameAsFQDN) errors.push(forbiddenField(here, 'may not be specified when setHostnameAsFQDN is true'));
  if (hostNetwork) errors.push(forbiddenField(here, 'may not be specified when hostNetwork is true'));
  if (Buffer.byteLength(name) > MAX_HOSTNAME_OVERRIDE) errors.push(tooLong(here, MAX_HOSTNAME_OVERRIDE));
  return [...errors, ...dnsSubdomain(here, name)];
}

/** Lines of the pod's `/etc/hosts`. */
export function hostAliases(field: string, aliases: readonly HostAlias[]): FieldError[] {
  return aliases.flatMap(({ ip, hostnames = [] }, index) => {
    const here = at(field, index);
    return [
      ...legacyIp(child(here, 'ip'), ip),
      ...hostnames.flatMap((name, nameIndex) => dnsSubdomain(at(child(here, 'hostnames'), nameIndex), name)),
    ];
  });
}
