/** Reading PKCS #10 certificate requests. Source: RFC 2986. */
import { type KeyObject, createPublicKey, verify } from 'node:crypto';
import { type DerValue, readValues } from './der.ts';

/** What a request asks for. Its signature has been verified. */
export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** DNS names and IP addresses. */
  readonly alternativeNames: readonly string[];
  readonly publicKey: KeyObject;
}

const COMMON_NAME = '550403';
const ORGANIZATION = '55040a';
const EXTENSION_REQUEST = '2a864886f70d01090e';
const SUBJECT_ALT_NAME = '551d11';
/** Hash algorithms by the last bytes of signature algorithm identifiers: ECDSA and RSA with SHA-2. */
const HASHES: Readonly<Record<string, string>> = {
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
};

/** Reads a PEM request. @throws Error when it is malformed or not signed by its own key. */
export function readCertificateRequest(text: string): CertificateRequest {
  const match = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\s\S]+?)-----END/.exec(text);
  if (!match) throw new Error('PEM block type must be CERTIFICATE REQUEST');
  const [info, algorithm, signature] = children(readValues(Buffer.from(match[1]!, 'base64'))[0]);
  const [, subject, spki, attributes] = children(info);
  if (!info || !algorithm || !signature || !subject || !spki) throw new Error('malformed certificate request');
  const publicKey = createPublicKey({ key: spki.whole, format: 'der', type: 'spki' });
  const hash = HASHES[children(algorithm)[0]?.contents.toString('hex') ?? ''];
  const signed = publicKey.asymmetricKeyType === 'ed25519' ? verify(null, info.whole, publicKey, signature.contents.subarray(1)) : hash !== undefined && verify(hash, info.whole, publicKey, signature.contents.subarray(1));
  if (!signed) throw new Error('the certificate request is not signed by its own key');
  return { ...readSubject(subject), alternativeNames: attributes ? readAlternativeNames(attributes) : [], publicKey };
}

function children(value: DerValue | undefined): DerValue[] {
  return value ? readValues(value.contents) : [];
}

function readSubject(subject: DerValue): { commonName: string; organizations: string[] } {
  let commonName = '';
  const organizations: string[] = [];
  for (const relative of children(subject)) {
    for (const attribute of children(relative)) {
      const [type, value] = children(attribute);
      const id = type?.contents.toString('hex');
      const text = value?.contents.toString() ?? '';
      if (id === COMMON_NAME) commonName = text;
      else if (id === ORGANIZATION) organizations.push(text);
    }
  }
  return { commonName, organizations };
}

function readAlternativeNames(attributes: DerValue): string[] {
  for (const attribute of children(attributes)) {
    const [type, values] = children(attribute);
    if (type?.contents.toString('hex') !== EXTENSION_REQUEST) continue;
    for (const extension of children(children(values)[0])) {
      const parts = children(extension);
      if (parts[0]?.contents.toString('hex') !== SUBJECT_ALT_NAME) continue;
      return children(readValues(parts.at(-1)!.contents)[0]).flatMap(nameText);
    }
  }
  return [];
}

const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

function nameText({ tag, contents }: DerValue): string[] {
  if (tag === DNS_NAME) return [contents.toString('latin1')];
  if (tag !== IP_ADDRESS) return [];
  if (contents.length === 4) return [[...contents].join('.')];
  if (contents.length !== 16) return [];
  return [Array.from({ length: 8 }, (_, i) => contents.readUInt16BE(i * 2).toString(16)).join(':')];
}
