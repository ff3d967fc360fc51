/**
 * Content negotiation: which representation a client accepts. Source: apiserver `endpoints/handlers/negotiation`.
 */
import type { Accept } from '../call.ts';

/** The media types that resources are served in, in order of preference. */
export const MEDIA_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'] as const;

/** What negotiation found: `undefined` when nothing the client accepts can be served. */
export type Negotiated = Accept | undefined;

/** Accept headers that were seen are remembered: clients use few of them. */
const MAX_REMEMBERED = 256;

const SYNTAX_OF_TYPE: Readonly<Record<string, Accept['syntax']>> = {
  'application/json': 'json',
  'application/*': 'json',
  '*/*': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
};

const TRANSFORMED = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);

/** The representation for clients that do not ask for one. */
export const PLAIN_JSON: Accept = { syntax: 'json', as: 'object', asVersion: 'v1', pretty: false };

interface Clause {
  readonly type: string;
  readonly params: ReadonlyMap<string, string>;
  readonly quality: number;
  readonly position: number;
}

/** Negotiates, remembering the answers. */
export class Negotiator {
  readonly #remembered = new Map<string, Negotiated>();

  /** The representation for an `Accept` header. */
  negotiate(header: string | undefined): Negotiated {
    if (header === undefined || header === '' || header === '*/*' || header === 'application/json') return PLAIN_JSON;
    const known = this.#remembered.get(header);
    if (known !== undefined || this.#remembered.has(header)) return known;
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    const found = negotiate(header);
    this.#remembered.set(header, found);
    return found;
  }
}

function negotiate(header: string): Negotiated {
  for (const clause of parseClauses(header)) {
    const accept = acceptClause(clause);
    if (accept) return accept;
  }
  return undefined;
}

function acceptClause({ type, params }: Clause): Negotiated {
  const syntax = SYNTAX_OF_TYPE[type];
  if (!syntax) return undefined;
  const stream = params.get('stream');
  if (stream !== undefined && stream !== 'watch') return undefined;
  const as = params.get('as');
  const pretty = params.get('pretty') === '1' || params.get('pretty') === 'true';
  if (as === undefined) return { syntax, as: 'object', asVersion: 'v1', pretty };
  const version = params.get('v') ?? 'v1';
  if (!TRANSFORMED.has(as) || params.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  return { syntax, as: as as Accept['as'], asVersion: version, pretty };
}

/** The clauses of a header, best first. */
export function parseClauses(header: string): Clause[] {
  const clauses: Clause[] = [];
  for (const [position, part] of header.split(',').entries()) {
    const [type = '', ...rawParams] = part.split(';');
    const params = new Map<string, string>();
    for (const raw of rawParams) {
      const equals = raw.indexOf('=');
      if (equals > 0) params.set(raw.slice(0, equals).trim(), unquote(raw.slice(equals + 1).trim()));
    }
    const quality = params.has('q') ? Number(params.get('q')) : 1;
    if (type.trim() !== '' && quality > 0) clauses.push({ type: type.trim().toLowerCase(), params, quality, position });
  }
  return clauses.sort((a, b) => b.quality - a.quality || wildness(a) - wildness(b) || a.position - b.position);
}

function wildness(clause: Clause): number {
  if (clause.type === '*/*') return 2;
  return clause.type.endsWith('/*') ? 1 : 0;
}

function unquote(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

/** Whether JSON is indented: asked for by the query, or by default for programs that people read directly. */
export function wantsPretty(accept: Accept, query: URLSearchParams, userAgent: string): boolean {
  const asked = query.get('pretty');
  if (asked !== null) return asked !== '0' && asked !== 'false';
  return accept.pretty || userAgent.startsWith('curl/') || userAgent.startsWith('Wget') || userAgent.startsWith('Mozilla/5.0');
}
