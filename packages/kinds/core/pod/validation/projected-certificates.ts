/**
 * Rules for projected trust bundles and certificates of pods.
 *
 * Source: kubernetes `pkg/apis/core/validation` validateProjectionSources, `names.go`.
 */
import { at, child, type FieldError, invalid, notSupported, required, tooLong } from '#machinery/field-error.ts';
import { nameIsDnsSubdomain, validateDns1123Label, validateDns1123Subdomain } from '#machinery/names.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import { invalidEach, present } from '../../../rules.ts';
import type { ClusterTrustBundleProjection, PodCertificateProjection } from '../volumes.ts';
import { localNonReservedPath } from './paths.ts';

const MAX_DOMAIN = 253;
/** A domain, a slash, and a namespace and a name with a dot between them. */
const MAX_SIGNER_NAME = 571;
const KEY_TYPES: readonly string[] = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519'];
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
const LONGEST_SECONDS = 91 * DAY_SECONDS;

/** The name of a signer: a domain and a path. */
function signerName(field: string, name: string): FieldError[] {
  if (!name) return [required(field)];
  const segments = name.split('/');
  const [domain = '', path = ''] = segments;
  if (segments.length !== 2) return [invalid(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  const errors = domain.length > MAX_DOMAIN ? [tooLong(field, MAX_DOMAIN)] : [];
  const labels = domain.split('.');
  errors.push(...labelRules(field, domain, labels, validateDns1123Label));
  if (labels.length < 2) errors.push(invalid(field, domain, 'should be a domain with at least two segments separated by dots'));
  errors.push(...labelRules(field, path, path.split('.'), validateDns1123Subdomain));
  if (name.length > MAX_SIGNER_NAME) errors.push(tooLong(field, MAX_SIGNER_NAME));
  return errors;
}

/** Findings about the first label that has some. */
function labelRules(field: string, segment: string, labels: readonly string[], rule: (label: string) => string[]): FieldError[] {
  for (const label of labels) {
    const texts = rule(label);
    if (texts.length) return texts.map((text) => invalid(field, segment, `validating label ${JSON.stringify(label)}: ${text}`));
  }
  return [];
}

/** Bundles of a signer are named after it: `example.com:signer:name`. */
function bundleNameTexts(name: string): string[] {
  const split = name.lastIndexOf(':');
  if (split < 0) return nameIsDnsSubdomain(name, false);
  const signer = name.slice(0, split).replaceAll(':', '/');
  const prefix = `${signer.replaceAll('/', ':')}:`;
  return name.startsWith(prefix)
    ? nameIsDnsSubdomain(name.slice(prefix.length), false)
    : [`ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`];
}

/** Trust anchors, of one bundle or of a signer. */
export function trustBundleProjection(field: string, bundle: ClusterTrustBundleProjection): FieldError[] {
  const { name, signerName: signer, labelSelector, path } = bundle;
  const errors: FieldError[] = [];
  if (name !== undefined && signer !== undefined) errors.push(invalid(field, bundle, 'only one of name and signerName may be used'));
  else if (name !== undefined) {
    const here = child(field, 'name');
    if (!name) errors.push(required(here, 'must be a valid object name'));
    errors.push(...bundleNameTexts(name).map((text) => invalid(here, name, `not a valid clustertrustbundlename: ${text}`)));
    if (labelSelector) errors.push(invalid(child(field, 'labelSelector'), labelSelector, 'labelSelector must be unset if name is specified'));
  } else if (signer !== undefined) {
    const here = child(field, 'signerName');
    if (!signer) errors.push(required(here, 'must be a valid signer name'));
    errors.push(...signerName(here, signer), ...validateLabelSelector(labelSelector, child(field, 'labelSelector')));
  } else {
    errors.push(required(field, 'either name or signerName must be specified'));
  }
  return [...errors, ...present(child(field, 'path'), path), ...localNonReservedPath(child(field, 'path'), path)];
}

/** A key and certificate that the kubelet asks a signer for. */
export function podCertificateProjection(field: string, source: PodCertificateProjection): FieldError[] {
  const { keyType, maxExpirationSeconds: seconds, credentialBundlePath, keyPath, certificateChainPath } = source;
  const signer = source.signerName ?? '';
  const errors = signerName(child(field, 'signerName'), signer);
  for (const key of Object.keys(source.userAnnotations ?? {})) {
    const here = at(child(field, 'userAnnotations'), key);
    if (!key.includes('/')) errors.push(...invalidEach(here, key, ['must be a domain-prefixed key (such as "acme.io/foo")']));
  }
  if (!KEY_TYPES.includes(keyType ?? '')) errors.push(notSupported(child(field, 'keyType'), keyType ?? '', KEY_TYPES));
  const lifetime = child(field, 'maxExpirationSeconds');
  const longest = isKubernetesSigner(signer) ? DAY_SECONDS : LONGEST_SECONDS;
  if (seconds !== undefined && seconds < HOUR_SECONDS) errors.push(invalid(lifetime, seconds, 'if provided, maxExpirationSeconds must be >= 3600'));
  if (seconds !== undefined && seconds > longest) errors.push(invalid(lifetime, seconds, `if provided, maxExpirationSeconds must be <= ${longest}`));
  for (const [name, path] of Object.entries({ credentialBundlePath, keyPath, certificateChainPath }))
    if (path) errors.push(...localNonReservedPath(child(field, name), path));
  if (!credentialBundlePath && !keyPath && !certificateChainPath) {
    errors.push(required(field, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath'));
  }
  return errors;
}

function isKubernetesSigner(name: string): boolean {
  const host = name.split('/')[0]!;
  return host === 'kubernetes.io' || host.endsWith('.kubernetes.io');
}
