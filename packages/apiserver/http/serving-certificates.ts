/** Serving certificates that are given to a server, in place of its own: one for all names, others for some. Source: kube-apiserver's `--tls-cert-file`, `--tls-sni-cert-key`. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';

/** Certificate (with its chain) and key, PEM. */
export interface ServingPair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate for those who ask for one of these names. */
export interface NamedPair extends ServingPair {
  /** Exact, or `*.` and a domain; absent: as the certificate says. */
  readonly names?: readonly string[];
}

/** What is given. */
export interface ServingCertificates {
  /** For everybody whom no other is for; absent: the server's own. */
  readonly given?: ServingPair;
  /** The first that matches a name is shown to who asks for it. */
  readonly named?: readonly NamedPair[];
}

/** @throws Error for what is no certificate with its key */
export function checkServing({ given, named = [] }: ServingCertificates): void {
  for (const { cert, key } of [...(given ? [given] : []), ...named]) createSecureContext({ cert, key });
}

/** Contexts by the names that clients ask for. */
export class NamedContexts {
  readonly #contexts: readonly { readonly names: readonly string[]; readonly context: SecureContext }[];

  /** `clientCa`: authorities whose client certificates are asked for. */
  constructor(named: readonly NamedPair[], clientCa: readonly string[], ciphers: string) {
    this.#contexts = named.map(({ cert, key, names }) => ({
      names: (names?.length ? names : namesOf(cert)).map((name) => name.toLowerCase()),
      context: createSecureContext({ cert, key, ca: [...clientCa], ciphers, minVersion: 'TLSv1.2' }),
    }));
  }

  /** The context for a name; `undefined`: the one for all. */
  of(name: string): SecureContext | undefined {
    const asked = name.toLowerCase();
    const dot = asked.indexOf('.');
    const wildcard = dot > 0 ? `*${asked.slice(dot)}` : undefined;
    return this.#contexts.find(({ names }) => names.includes(asked) || (wildcard !== undefined && names.includes(wildcard)))?.context;
  }
}

/** The names that a certificate is for. */
function namesOf(cert: string): string[] {
  const { subjectAltName = '', subject } = new X509Certificate(cert);
  const names = [...subjectAltName.matchAll(/(?:^|, )DNS:([^,]+)/g)].map(([, name]) => name!);
  const common = /^CN=(.+)$/m.exec(subject)?.[1];
  return names.length > 0 || common === undefined ? names : [common];
}
