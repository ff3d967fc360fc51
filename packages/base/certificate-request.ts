/** Reading PKCS #10 certificate requests. Source: RFC 2986. */
import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type DerValue, readValues } from './der.ts';

/** What a request asks for. Its signature has been verified. */
export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** DNS names and IP addresses. */
  readonly alternativeNames: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
  readonly publicKey: KeyObject;
}

const COMMON_NAME = '550403';
const ORGANIZATION = '55040a';
const EXTENSION_REQUEST = '2a864886f70d01090e';
const SUBJECT_ALT_NAME = '551d11';
/** Hash algorithms by the last bytes of signature algorithm identifiers: ECDSA and RSA. */
const HASHES: Readonly<Record<string, string>> = {
  '2a8648ce3d0401': 'sha1',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2a864886f70d010105': 'sha1',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
};
const RSA_PSS = '2a864886f70d01010a';
/** Hash algorithms by their identifiers, which the parameters of RSA-PSS name. */
const PSS_HASHES: readonly (readonly [id: string, hash: string])[] = [
  ['608648016503040201', 'sha256'],
  ['608648016503040202', 'sha384'],
  ['608648016503040203', 'sha512'],
];
const UNIMPLEMENTED = 'x509: cannot verify signature: algorithm unimplemented';
/** What Go says of a signature that is another's, by the type of the key. */
const MISMATCH: Readonly<Record<string, string>> = {
  ec: 'x509: ECDSA verification failure',
  ed25519: 'x509: Ed25519 verification failure',
  rsa: 'crypto/rsa: verification error',
};
const BLOCK = /-----BEGIN ([^\r\n]*)-----\r?\n([\s\S]*?)-----END \1-----/;

/** Reads a PEM request. @throws Error in Go's words when it is malformed or not signed by its own key. */
export function readCertificateRequest(text: string): CertificateRequest {
  const [, type, body = ''] = BLOCK.exec(text) ?? [];
  if (type !== 'CERTIFICATE REQUEST') throw new Error('PEM block type must be CERTIFICATE REQUEST');
  const lines = body.split('\n').filter((line) => !line.includes(':'));
  const [info, algorithm, signature] = children(readAll(Buffer.from(lines.join(''), 'base64'))[0]);
  const [, subject, spki, attributes] = children(info);
  if (!info || !algorithm || !signature || !subject || !spki) throw new Error('asn1: syntax error: sequence truncated');
  const publicKey = readKey(spki);
  checkSignature(publicKey, algorithm, info.whole, signature.contents.subarray(1));
  return { ...readSubject(subject), ...(attributes ? readNames(attributes) : NO_NAMES), publicKey };
}

function readAll(bytes: Buffer): DerValue[] {
  try {
    return readValues(bytes);
  } catch (error) {
    throw new Error('asn1: syntax error: data truncated', { cause: error });
  }
}

function readKey(spki: DerValue): KeyObject {
  try {
    return createPublicKey({ key: spki.whole, format: 'der', type: 'spki' });
  } catch (error) {
    throw new Error(UNIMPLEMENTED, { cause: error });
  }
}

function hashOf(algorithm: DerValue): string | undefined {
  const id = children(algorithm)[0]?.contents.toString('hex') ?? '';
  if (id !== RSA_PSS) return HASHES[id];
  const parameters = algorithm.contents.toString('hex');
  return PSS_HASHES.find(([hashId]) => parameters.includes(hashId))?.[1];
}

/** @throws Error when the signature is not that of the key */
function checkSignature(key: KeyObject, algorithm: DerValue, signed: Buffer, signature: Buffer): void {
  const type = key.asymmetricKeyType ?? '';
  const mismatch = MISMATCH[type];
  const hash = type === 'ed25519' ? null : hashOf(algorithm);
  if (mismatch === undefined || hash === undefined) throw new Error(UNIMPLEMENTED);
  const pss = children(algorithm)[0]?.contents.toString('hex') === RSA_PSS;
  const how = pss ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : key;
  if (!verify(hash, signed, how, signature)) throw new Error(mismatch);
}

function children(value: DerValue | undefined): DerValue[] {
  return value ? readAll(value.contents) : [];
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

type Names = Pick<CertificateRequest, 'alternativeNames' | 'emailAddresses' | 'uris'>;

const NO_NAMES: Names = { alternativeNames: [], emailAddresses: [], uris: [] };

function readNames(attributes: DerValue): Names {
  for (const attribute of children(attributes)) {
    const [type, values] = children(attribute);
    if (type?.contents.toString('hex') !== EXTENSION_REQUEST) continue;
    for (const extension of children(children(values)[0])) {
      const parts = children(extension);
      if (parts[0]?.contents.toString('hex') !== SUBJECT_ALT_NAME) continue;
      const names = children(readAll(parts.at(-1)!.contents)[0]);
      const texts = (tag: number): string[] => names.filter((name) => name.tag === tag).map(({ contents }) => contents.toString('latin1'));
      return { alternativeNames: names.flatMap(nameText), emailAddresses: texts(EMAIL), uris: texts(URI) };
    }
  }
  return NO_NAMES;
}

const EMAIL = 0x81;
const DNS_NAME = 0x82;
const URI = 0x86;
const IP_ADDRESS = 0x87;

function nameText({ tag, contents }: DerValue): string[] {
  if (tag === DNS_NAME) return [contents.toString('latin1')];
  if (tag !== IP_ADDRESS) return [];
  if (contents.length === 4) return [[...contents].join('.')];
  if (contents.length !== 16) return [];
  return [Array.from({ length: 8 }, (_, i) => contents.readUInt16BE(i * 2).toString(16)).join(':')];
}
