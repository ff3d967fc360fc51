/**
 * Warnings that several kinds share.
 *
 * Source: kubernetes `pkg/api/node/util.go`, `pkg/api/persistentvolumeclaim/util.go`; apimachinery `util/validation` for addresses.
 */
import { at, child } from '#machinery/field-error.ts';
import { cidrStart, formatIp, type IpAddress, parseCidr, parseIp } from '#machinery/ip.ts';
import { validateDns1123Label } from '#machinery/names.ts';
import { parseQuantity } from '#machinery/quantity.ts';

const DEPRECATED_NODE_LABELS: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};

const NANOS = 1_000_000_000n;

/** What to say about a node label; undefined when there is nothing. */
export function nodeLabelDeprecation(key: string): string | undefined {
  return Object.hasOwn(DEPRECATED_NODE_LABELS, key) ? DEPRECATED_NODE_LABELS[key] : undefined;
}

/** Deprecated labels as keys of a nested field: `field: KEY is deprecated …`. */
export function namedLabelWarnings(field: string, key: string): string[] {
  const text = nodeLabelDeprecation(key);
  return text === undefined ? [] : [`${field}: ${key} is ${text}`];
}

/** A term that selects nodes. */
interface NodeTerm {
  readonly matchExpressions?: readonly { readonly key: string }[];
}

/** Deprecated labels in a term that selects nodes. */
export function nodeTermWarnings(field: string, { matchExpressions = [] }: NodeTerm): string[] {
  return matchExpressions.flatMap(({ key }, index) => namedLabelWarnings(child(at(child(field, 'matchExpressions'), index), 'key'), key));
}

/** Amounts of bytes that are not whole. */
export function fractionalBytes(field: string, amounts: Readonly<Record<string, string>> | undefined, resources: readonly string[]): string[] {
  return resources.flatMap((resource) => {
    const amount = amounts?.[resource];
    if (amount === undefined || parseQuantity(amount).nanos % NANOS === 0n) return [];
    return [`${at(field, resource)}: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`];
  });
}

/** The request of a claim for storage, or of a claim template. */
export function claimSpecWarnings(field: string, { resources }: { readonly resources?: { readonly requests?: Readonly<Record<string, string>> } }): string[] {
  return fractionalBytes(child(field, 'resources', 'requests'), resources?.requests, ['storage']);
}

/** An address that is accepted but not written as it should be. */
export function ipWarnings(field: string, text: string): string[] {
  const address = parseIp(text);
  if (!address) return [];
  const canonical = formatIp(address);
  if (canonical === text) return [];
  if (address.family === 4) return [`${field}: non-standard IP address ${JSON.stringify(text)} will be considered invalid in a future Kubernetes release: use ${JSON.stringify(canonical)}`];
  return [`${field}: IPv6 address ${JSON.stringify(text)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`];
}

/** An address block that is accepted but not written as it should be. */
export function cidrWarnings(field: string, text: string): string[] {
  const range = parseCidr(text);
  if (!range) return [];
  const { address, bits } = range;
  const block = (ip: IpAddress, length: number): string => JSON.stringify(`${formatIp(ip)}/${length}`);
  const start = cidrStart(range);
  const canonical = block(start, bits);
  const mapped = address.family === 4 && text.includes(':');
  const given = JSON.stringify(text);
  const warnings: string[] = [];
  if (start.value !== address.value)
    warnings.push(`${field}: CIDR value ${given} is ambiguous in this context (should be ${canonical} or ${block(address, address.family === 4 ? 32 : 128)}?)`);
  if (mapped) warnings.push(`${field}: non-standard CIDR value ${given} will be considered invalid in a future Kubernetes release: use ${canonical}`);
  if (!warnings.length && address.family === 6 && canonical !== given)
    warnings.push(`${field}: IPv6 CIDR value ${given} should be in RFC 5952 canonical format (${canonical})`);
  return warnings;
}

/** A name from which the names of pods are made. */
export function podNamesWarnings(name: string | undefined): string[] {
  const texts = validateDns1123Label(name ?? '');
  if (texts.length === 0) return [];
  return [`metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: ${goTexts(texts)}`];
}

/** Go's `%v` of a list of texts. */
export function goTexts(texts: readonly string[]): string {
  return `[${texts.join(' ')}]`;
}
