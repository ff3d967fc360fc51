/**
 * Image references: their registry, and whether they parse.
 *
 * Source: distribution `reference` grammar; docker's default registry.
 */

/** What an image without a registry means. */
const DEFAULT_REGISTRY = 'docker.io';

const REFERENCE = /^(?:(?<domain>[a-zA-Z0-9.-]+(?::\d+)?|\[[0-9a-fA-F:]+\](?::\d+)?)\/)?(?<path>[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)(?::(?<tag>[\w][\w.-]{0,127}))?(?:@(?<digest>[A-Za-z][\w+.-]*:[0-9a-fA-F]{32,}))?$/;

/** The parts of a reference; undefined when it does not parse. */
export function parseReference(image: string): { readonly registry: string; readonly repository: string } | undefined {
  const groups = REFERENCE.exec(image)?.groups;
  if (!groups) return undefined;
  const { domain, path = '' } = groups;
  const isRegistry = domain !== undefined && (/[.:]/.test(domain) || domain === 'localhost');
  if (domain !== undefined && isRegistry) return { registry: domain, repository: path };
  const whole = domain === undefined ? path : `${domain}/${path}`;
  if (whole !== whole.toLowerCase()) return undefined;
  return { registry: DEFAULT_REGISTRY, repository: whole.includes('/') ? whole : `library/${whole}` };
}
