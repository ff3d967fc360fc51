/** Users known by their client certificate: the common name is the user, organisations are groups. */
import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '#base/clock.ts';
import { unauthorized } from '#machinery/status.ts';
import type { User } from '../call.ts';
import type { Peer } from '../http/exchange.ts';

/** A verified certificate. */
export interface CertificateIdentity {
  readonly user: User;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const MAX_CHAIN_LENGTH = 5;

/** The certificate that the peer presented, as the TLS layer keeps it; `undefined` when there is none. */
export function presentedCertificate(peer: Peer): X509Certificate | undefined {
  const socket = peer.socket as Partial<TLSSocket>;
  return socket.getPeerX509Certificate?.();
}

/**
 * Checks that one of `authorities` issued the certificate (through intermediates that the peer sent) for client authentication.
 * @throws StatusError Unauthorized when not.
 */
export function verifyCertificate(certificate: X509Certificate, authorities: readonly X509Certificate[]): CertificateIdentity {
  if (!isIssuedBy(certificate, authorities)) throw unauthorized('x509: certificate signed by unknown authority');
  const usages = certificate.keyUsage;
  if (usages && !usages.includes(CLIENT_AUTH) && !usages.includes('2.5.29.37.0')) throw unauthorized('x509: certificate specifies an incompatible key usage');
  const { commonName, organizations } = subjectOf(certificate);
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  return {
    user: {
      name: commonName,
      groups: [...organizations, 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
    },
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
  };
}

/** Remembers what each connection's certificate says. */
export class ClientCertificates {
  readonly #authorities: readonly X509Certificate[];
  readonly #clock: Clock;
  readonly #known = new WeakMap<Peer, CertificateIdentity | 'none' | Error>();

  constructor(authorities: readonly string[], clock: Clock) {
    this.#authorities = authorities.map((pem) => new X509Certificate(pem));
    this.#clock = clock;
  }

  /** The peer's user; `undefined` when it sent no certificate. @throws StatusError Unauthorized when the certificate is not acceptable. */
  authenticate(peer: Peer): User | undefined {
    let known = this.#known.get(peer);
    if (known === undefined) {
      known = this.#identify(peer);
      this.#known.set(peer, known);
    }
    if (known === 'none') return undefined;
    if (known instanceof Error) throw known;
    const nowMs = this.#clock.now();
    if (nowMs > known.notAfterMs || nowMs < known.notBeforeMs) throw unauthorized('x509: certificate has expired or is not yet valid');
    return known.user;
  }

  #identify(peer: Peer): CertificateIdentity | 'none' | Error {
    const certificate = presentedCertificate(peer);
    if (!certificate) return 'none';
    try {
      const identity = verifyCertificate(certificate, this.#authorities);
      // A certificate without a name is nobody's.
      return identity.user.name === '' ? 'none' : identity;
    } catch (error) {
      return error as Error;
    }
  }
}

function isIssuedBy(certificate: X509Certificate, authorities: readonly X509Certificate[]): boolean {
  let current: X509Certificate | undefined = certificate;
  for (let depth = 0; current && depth < MAX_CHAIN_LENGTH; depth++) {
    const child: X509Certificate = current;
    if (authorities.some((authority) => child.checkIssued(authority) && child.verify(authority.publicKey))) return true;
    const issuer: X509Certificate | undefined = child.issuerCertificate;
    if (!issuer || issuer.fingerprint256 === child.fingerprint256 || !issuer.ca || !child.verify(issuer.publicKey)) return false;
    current = issuer;
  }
  return false;
}

/** Common name and organisations, from the one-attribute-per-line form of a subject. */
function subjectOf(certificate: X509Certificate): { commonName: string; organizations: string[] } {
  let commonName = '';
  const organizations: string[] = [];
  for (const line of certificate.subject.split('\n')) {
    for (const part of splitAttributes(line)) {
      if (part.startsWith('CN=')) commonName = unescapeAttribute(part.slice(3));
      else if (part.startsWith('O=')) organizations.push(unescapeAttribute(part.slice(2)));
    }
  }
  return { commonName, organizations };
}

/** Parts of a multi-valued attribute set, which are joined by unescaped plus signs. */
function splitAttributes(line: string): string[] {
  return line.split(/(?<!\\)\+/).map((part) => part.trim());
}

function unescapeAttribute(value: string): string {
  return value.replace(/\\([0-9A-Fa-f]{2})|\\(.)/g, (_match, hex: string | undefined, character: string) => (hex ? String.fromCharCode(Number.parseInt(hex, 16)) : character));
}
