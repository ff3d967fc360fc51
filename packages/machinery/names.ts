/**
 * Rules for names, labels, addresses and numbers, with the messages Kubernetes gives. Each `validate…` returns what is wrong (nothing: valid).
 *
 * Source: apimachinery `util/validation` and `api/validate/content`.
 */
import { parseIPv4, parseIPv6 } from './ip.ts';

export const MAX_LABEL_LENGTH = 63;
export const MAX_SUBDOMAIN_LENGTH = 253;

const LABEL_1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN_1123 = `${LABEL_1123}(\\.${LABEL_1123})*`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED_PART = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED_PART})?`;
const C_IDENTIFIER = '[A-Za-z_][A-Za-z0-9_]*';
const CONFIG_KEY = '[-._a-zA-Z0-9]+';
const HTTP_HEADER = '[-A-Za-z0-9]+';
const PERCENT = '[0-9]+%';

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
const LABEL_1123_RE = whole(LABEL_1123);
const SUBDOMAIN_1123_RE = whole(SUBDOMAIN_1123);
const LABEL_1035_RE = whole(LABEL_1035);
const QUALIFIED_PART_RE = whole(QUALIFIED_PART);
const LABEL_VALUE_RE = whole(LABEL_VALUE);
const C_IDENTIFIER_RE = whole(C_IDENTIFIER);
const CONFIG_KEY_RE = whole(CONFIG_KEY);
/** Go's `[[:print:]]` names may hold anything printable but `=`. */
const RELAXED_ENV_NAME_RE = /^[\x20-\x3c\x3e-\x7e]+$/;
const HTTP_HEADER_RE = whole(HTTP_HEADER);
const PERCENT_RE = whole(PERCENT);

/** `… (e.g. 'a',  or 'b', regex used for validation is '…')`, with upstream's two spaces. */
function regexMessage(message: string, pattern: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`;
  return `${message} (e.g. ${examples.map((one) => `'${one}', `).join(' or ')}regex used for validation is '${pattern}')`;
}

/** The words for a name that is too long; those of labels count bytes, as they do upstream since 1.36. */
function maxLengthMessage(length: number, unit: 'characters' | 'bytes' = 'characters'): string {
  return `must be no more than ${length} ${unit}`;
}

/** The words for text that must be there. */
export const EMPTY_MESSAGE = 'must be non-empty';

/** The words for a number outside a range. */
export function inclusiveRangeMessage(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

const byteLength = (text: string): number => Buffer.byteLength(text);

const LABEL_1123_MESSAGE = regexMessage(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  LABEL_1123,
  'my-name',
  '123-abc',
);
const SUBDOMAIN_1123_MESSAGE = regexMessage(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  SUBDOMAIN_1123,
  'example.com',
);
const LABEL_1035_MESSAGE = regexMessage(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  LABEL_1035,
  'my-name',
  'abc-123',
);
const QUALIFIED_MESSAGE = regexMessage(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  QUALIFIED_PART,
  'MyName',
  'my.name',
  '123-abc',
);
const LABEL_VALUE_MESSAGE = regexMessage(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  LABEL_VALUE,
  'MyValue',
  'my_value',
  '12345',
);

function lengthAndPattern(value: string, maxLength: number, pattern: RegExp, message: string): string[] {
  const problems: string[] = [];
  if (byteLength(value) > maxLength) problems.push(maxLengthMessage(maxLength));
  if (!pattern.test(value)) problems.push(message);
  return problems;
}

/** A DNS label: namespaces, container names. */
export function validateDns1123Label(value: string): string[] {
  const problems: string[] = [];
  if (byteLength(value) > MAX_LABEL_LENGTH) problems.push(maxLengthMessage(MAX_LABEL_LENGTH));
  if (!LABEL_1123_RE.test(value)) {
    // A valid subdomain fails only for its dots, which upstream says in fewer words.
    problems.push(SUBDOMAIN_1123_RE.test(value) ? 'must not contain dots' : LABEL_1123_MESSAGE);
  }
  return problems;
}

/** A DNS subdomain: most object names. */
export function validateDns1123Subdomain(value: string): string[] {
  return lengthAndPattern(value, MAX_SUBDOMAIN_LENGTH, SUBDOMAIN_1123_RE, SUBDOMAIN_1123_MESSAGE);
}

/** A DNS label that starts with a letter. */
export function validateDns1035Label(value: string): string[] {
  return lengthAndPattern(value, MAX_LABEL_LENGTH, LABEL_1035_RE, LABEL_1035_MESSAGE);
}

/** `*.` followed by a DNS subdomain. */
export function validateWildcardDns1123Subdomain(value: string): string[] {
  const pattern = `\\*\\.${SUBDOMAIN_1123}`;
  const message = regexMessage(
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    pattern,
    '*.example.com',
  );
  return lengthAndPattern(value, MAX_SUBDOMAIN_LENGTH, whole(pattern), message);
}

/** A label key, annotation key, resource name, taint key: `[prefix/]name`. */
export function validateQualifiedName(value: string): string[] {
  const problems: string[] = [];
  const parts = value.split('/');
  let name = value;
  if (parts.length === 2) {
    const prefix = parts[0]!;
    name = parts[1]!;
    if (prefix === '') problems.push(`prefix part ${EMPTY_MESSAGE}`);
    else problems.push(...validateDns1123Subdomain(prefix).map((one) => `prefix part ${one.replace(/ characters$/, ' bytes')}`));
  } else if (parts.length > 2) {
    return [`a valid label key ${QUALIFIED_MESSAGE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  if (name === '') problems.push(`name part ${EMPTY_MESSAGE}`);
  else if (byteLength(name) > MAX_LABEL_LENGTH) problems.push(`name part ${maxLengthMessage(MAX_LABEL_LENGTH, 'bytes')}`);
  if (!QUALIFIED_PART_RE.test(name)) problems.push(`name part ${QUALIFIED_MESSAGE}`);
  return problems;
}

/** A label value; may be empty. */
export function validateLabelValue(value: string): string[] {
  const tooLong = byteLength(value) > MAX_LABEL_LENGTH ? [maxLengthMessage(MAX_LABEL_LENGTH, 'bytes')] : [];
  return LABEL_VALUE_RE.test(value) ? tooLong : [...tooLong, LABEL_VALUE_MESSAGE];
}

/** `domain/path`, as signer names and finalizers are. */
export function validateDomainPrefixedPath(value: string): string[] {
  if (value === '') return ['Required value'];
  const slash = value.indexOf('/');
  if (slash < 1 || slash === value.length - 1) return ['must be a domain-prefixed path (such as "acme.io/foo")'];
  const problems = validateDns1123Subdomain(value.slice(0, slash));
  if (problems.length > 0) return problems;
  return /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(value.slice(slash + 1))
    ? []
    : ["invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"];
}

/** Object name rules take a prefix (`generateName`) too, whose last dash a suffix will follow. */
export type NameRule = (name: string, prefix: boolean) => string[];

const named =
  (rule: (value: string) => string[]): NameRule =>
  (name, prefix) =>
    rule(prefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name);

/** The rule most kinds have. */
export const nameIsDnsSubdomain: NameRule = named(validateDns1123Subdomain);
/** The rule of namespaces and others whose name is one DNS label. */
export const nameIsDnsLabel: NameRule = named(validateDns1123Label);
/** The rule of services before 1.34's relaxation. */
export const nameIsDns1035Label: NameRule = named(validateDns1035Label);

/** A name that can be a path segment. */
export function validatePathSegmentName(value: string, prefix = false): string[] {
  const problems: string[] = [];
  if (!prefix && value === '.') return [`may not be '.'`];
  if (!prefix && value === '..') return [`may not be '..'`];
  if (value.includes('/')) problems.push("may not contain '/'");
  if (value.includes('%')) problems.push("may not contain '%'");
  return problems;
}

/** A C identifier. */
export function validateCIdentifier(value: string): string[] {
  if (C_IDENTIFIER_RE.test(value)) return [];
  return [
    regexMessage(
      "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
      C_IDENTIFIER,
      'my_name',
      'MY_NAME',
      'MyName',
    ),
  ];
}

function hasChDirPrefix(value: string): string[] {
  if (value === '.') return [`must not be '.'`];
  if (value === '..') return [`must not be '..'`];
  return value.startsWith('..') ? [`must not start with '..'`] : [];
}

/** A key of a ConfigMap or Secret. */
export function validateConfigMapKey(value: string): string[] {
  const problems: string[] = [];
  if (byteLength(value) > MAX_SUBDOMAIN_LENGTH) problems.push(maxLengthMessage(MAX_SUBDOMAIN_LENGTH));
  if (!CONFIG_KEY_RE.test(value)) {
    problems.push(
      regexMessage("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", CONFIG_KEY, 'key.name', 'KEY_NAME', 'key-name'),
    );
  }
  problems.push(...hasChDirPrefix(value));
  return problems;
}

/** The name of an environment variable; since 1.34 any printable ASCII but `=`. */
export function validateEnvVarName(value: string): string[] {
  if (value === '') return [`environment variable name ${EMPTY_MESSAGE}`];
  return RELAXED_ENV_NAME_RE.test(value) ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** The name of an HTTP header. */
export function validateHttpHeaderName(value: string): string[] {
  if (HTTP_HEADER_RE.test(value)) return [];
  return [regexMessage("a valid HTTP header must consist of alphanumeric characters or '-'", HTTP_HEADER, 'X-Header-Name')];
}

/** `25%`. */
export function validatePercent(value: string): string[] {
  if (PERCENT_RE.test(value)) return [];
  return [regexMessage("a valid percent string must be a numeric string followed by an ending '%'", PERCENT, '1%', '93%')];
}

/** A port number. */
export function validatePortNumber(port: number): string[] {
  return port >= 1 && port <= 65535 ? [] : [inclusiveRangeMessage(1, 65535)];
}

/** The name of a port: at most 15 of `a-z 0-9 -`, with a letter. */
export function validatePortName(value: string): string[] {
  const problems: string[] = [];
  if (byteLength(value) > 15) problems.push(maxLengthMessage(15));
  if (!/^[-a-z0-9]+$/.test(value)) problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value !== '' && (value.startsWith('-') || value.endsWith('-'))) problems.push('must not begin or end with a hyphen');
  return problems;
}

/** A user or group id. */
export function validateId(id: number): string[] {
  return id >= 0 && id <= 2 ** 31 - 1 ? [] : [inclusiveRangeMessage(0, 2 ** 31 - 1)];
}

/** An IP address, v4 or v6. */
export function validateIp(value: string): string[] {
  return parseIPv4(value) !== undefined || parseIPv6(value) !== undefined ? [] : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
}

/** An address block, v4 or v6. */
export function validateCidr(value: string): string[] {
  return isCidr(value) ? [] : ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
}

function isCidr(value: string): boolean {
  const slash = value.indexOf('/');
  if (slash < 0 || !/^(0|[1-9]\d{0,2})$/.test(value.slice(slash + 1))) return false;
  const address = value.slice(0, slash);
  const bits = Number(value.slice(slash + 1));
  if (parseIPv4(address) !== undefined) return bits <= 32;
  return parseIPv6(address) !== undefined && bits <= 128;
}
