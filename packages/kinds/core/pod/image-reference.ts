/**
 * Parts of a container image reference that defaulting needs.
 *
 * Source: distribution `reference` grammar; kubernetes `util/parsers`.
 */

const DOMAIN =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[\w][\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** The tag of an image reference, `latest` when it has neither tag nor digest, empty when it has only a digest or does not parse. */
export function imageTag(reference: string): string {
  const digestAt = reference.indexOf('@');
  const digest = digestAt < 0 ? undefined : reference.slice(digestAt + 1);
  const named = digestAt < 0 ? reference : reference.slice(0, digestAt);
  const slash = named.lastIndexOf('/');
  const colon = named.indexOf(':', slash + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  const repository = colon < 0 ? named : named.slice(0, colon);
  if (!isRepository(repository)) return '';
  if (tag !== undefined && !TAG.test(tag)) return '';
  if (digest !== undefined && !DIGEST.test(digest)) return '';
  return tag ?? (digest === undefined ? 'latest' : '');
}

function isRepository(text: string): boolean {
  const parts = text.split('/');
  const first = parts[0]!;
  const hasDomain = parts.length > 1 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  if (hasDomain && !DOMAIN.test(first)) return false;
  return (hasDomain ? parts.slice(1) : parts).every((part) => PATH_COMPONENT.test(part));
}
