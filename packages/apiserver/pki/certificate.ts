/** Making X.509 certificates with P-256 keys, signed by authorities with keys of any usual type. Source: RFC 5280, RFC 5480. */
import { type KeyObject, X509Certificate, createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { isIP } from 'node:net';
import type { Random } from '#base/random.ts';
import { bitString, boolean, context, integer, octets, oid, readValues, sequence, set, time, utf8 } from '#base/der.ts';

/** A certificate with its private key, PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is for. */
export type CertificateUse = 'authority' | 'server' | 'client' | 'server and client';

/** What a certificate says. */
export interface CertificateSpec {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** DNS names and IP addresses. */
  readonly alternativeNames?: readonly string[];
  readonly use: CertificateUse;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Who signs: a certificate and key, or the new key itself. */
export interface Issuer {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

/** How a key signs: the identifier that certificates carry, and the hash. */
interface SignatureScheme {
  readonly identifier: Buffer;
  readonly hash: string | null;
}

const ecdsa = (id: string, hash: string): SignatureScheme => ({ identifier: sequence(oid(id)), hash });

/** By curve: the hash is as long as the key. Source: RFC 5758. */
const ECDSA: Readonly<Record<string, SignatureScheme>> = {
  prime256v1: ecdsa('1.2.840.10045.4.3.2', 'sha256'),
  secp384r1: ecdsa('1.2.840.10045.4.3.3', 'sha384'),
  secp521r1: ecdsa('1.2.840.10045.4.3.4', 'sha512'),
};
/** Its parameters are a NULL. Source: RFC 4055. */
const RSA_WITH_SHA256: SignatureScheme = { identifier: sequence(oid('1.2.840.113549.1.1.11'), Buffer.of(5, 0)), hash: 'sha256' };
/** Source: RFC 8410. */
const ED25519: SignatureScheme = { identifier: sequence(oid('1.3.101.112')), hash: null };

/** @throws Error for keys that cannot sign certificates */
function schemeOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): SignatureScheme {
  const scheme = type === 'rsa' ? RSA_WITH_SHA256 : type === 'ed25519' ? ED25519 : type === 'ec' ? ECDSA[details?.namedCurve ?? ''] : undefined;
  if (!scheme) throw new Error(`keys of type ${type} ${details?.namedCurve ?? ''} cannot sign certificates`.replace('  ', ' '));
  return scheme;
}

const COMMON_NAME = oid('2.5.4.3');
const ORGANIZATION = oid('2.5.4.10');
const SERVER_AUTH = oid('1.3.6.1.5.5.7.3.1');
const CLIENT_AUTH = oid('1.3.6.1.5.5.7.3.2');

/** Bits of the key usage extension: digital signature; and for authorities certificate and revocation list signing. */
const USAGE_SIGN = bitString(Buffer.from([0x80]), 7);
const USAGE_AUTHORITY = bitString(Buffer.from([0x86]), 1);

const SERIAL_BYTES = 16;

/** A fresh P-256 key, PEM (PKCS #8). */
export function generateKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** Issues a certificate for a new key. Without `issuer` it signs itself. */
export function issuePair(spec: CertificateSpec, issuer: Issuer | undefined, random: Random): KeyPair {
  const key = generateKey();
  return { key, cert: issueFor(createPublicKey(key), spec, issuer ?? createPrivateKey(key), random) };
}

/** Issues a certificate for somebody's public key, signed as the issuer's key can. @throws Error when it cannot sign */
export function issueFor(publicKey: KeyObject, spec: CertificateSpec, issuer: Issuer | KeyObject, random: Random): string {
  const ownKey = publicKey.export({ type: 'spki', format: 'der' });
  const selfSigned = !('certificate' in issuer);
  const subject = distinguishedName(spec);
  const issuerName = selfSigned ? subject : subjectDer(issuer.certificate);
  const issuerKeyId = selfSigned ? keyId(ownKey) : keyId(issuer.certificate.publicKey.export({ type: 'spki', format: 'der' }));
  const issuerKey = selfSigned ? issuer : issuer.key;
  const { identifier, hash } = schemeOf(issuerKey);
  const serial = Buffer.from(random.bytes(SERIAL_BYTES));
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const body = sequence(
    context(0, true, integer(Buffer.of(2))),
    integer(serial),
    identifier,
    issuerName,
    sequence(time(spec.notBeforeMs), time(spec.notAfterMs)),
    subject,
    ownKey,
    context(3, true, sequence(...extensions(spec, keyId(ownKey), issuerKeyId))),
  );
  return pem('CERTIFICATE', sequence(body, identifier, bitString(sign(hash, body, issuerKey))));
}

/** Makes an issuer of a PEM pair. */
export function issuerOf(pair: KeyPair): Issuer {
  return { certificate: new X509Certificate(pair.cert), key: createPrivateKey(pair.key) };
}

function extensions(spec: CertificateSpec, ownKeyId: Buffer, issuerKeyId: Buffer): Buffer[] {
  const authority = spec.use === 'authority';
  const list = [
    extension('2.5.29.15', true, authority ? USAGE_AUTHORITY : USAGE_SIGN),
    extension('2.5.29.19', true, authority ? sequence(boolean(true)) : sequence()),
    extension('2.5.29.14', false, octets(ownKeyId)),
    extension('2.5.29.35', false, sequence(context(0, false, issuerKeyId))),
  ];
  const uses = [...(spec.use.includes('server') ? [SERVER_AUTH] : []), ...(spec.use.includes('client') ? [CLIENT_AUTH] : [])];
  if (uses.length > 0) list.push(extension('2.5.29.37', false, sequence(...uses)));
  const names = spec.alternativeNames ?? [];
  if (names.length > 0) list.push(extension('2.5.29.17', false, sequence(...names.map(generalName))));
  return list;
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return critical ? sequence(oid(id), boolean(true), octets(value)) : sequence(oid(id), octets(value));
}

function distinguishedName({ commonName, organizations = [] }: CertificateSpec): Buffer {
  const parts = organizations.map((name) => set(sequence(ORGANIZATION, utf8(name))));
  return sequence(...parts, set(sequence(COMMON_NAME, utf8(commonName))));
}

function generalName(name: string): Buffer {
  return isIP(name) === 0 ? context(2, false, Buffer.from(name)) : context(7, false, addressBytes(name));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const bytes = Buffer.alloc(16);
  const [head = '', tail] = address.split('::');
  const words = (text: string): number[] => (text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16)));
  const before = words(head);
  const after = tail === undefined ? [] : words(tail);
  for (const [i, word] of before.entries()) bytes.writeUInt16BE(word, i * 2);
  for (const [i, word] of after.entries()) bytes.writeUInt16BE(word, 16 - (after.length - i) * 2);
  return bytes;
}

/** The key identifier of RFC 5280 method 1: the digest of the public key's bits. */
function keyId(spki: Buffer): Buffer {
  const bits = readValues(readValues(spki)[0]!.contents)[1]!.contents.subarray(1);
  return createHash('sha1').update(bits).digest();
}

/** A certificate's subject as it was written, so that chains match byte for byte. */
function subjectDer(certificate: X509Certificate): Buffer {
  const fields = readValues(readValues(readValues(certificate.raw)[0]!.contents)[0]!.contents);
  // version, serial, algorithm, issuer, validity, subject; the version is absent in version 1 certificates.
  return fields[fields[0]!.tag === 0xa0 ? 5 : 4]!.whole;
}

/** The PEM form of DER. */
export function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
