/** Certificate requests as clients make them, for tests. */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { generateKey } from '../pki/certificate.ts';
import { bitString, context, integer, oid, sequence, set, utf8 } from '#base/der.ts';

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

/** A PEM request for a new key. */
export function makeCertificateRequest({
  commonName,
  organizations = [],
}: {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}): string {
  const key = createPrivateKey(generateKey());
  const attribute = (id: string, value: string): Buffer => set(sequence(oid(id), utf8(value)));
  const subject = sequence(...organizations.map((one) => attribute('2.5.4.10', one)), attribute('2.5.4.3', commonName));
  const info = sequence(integer(Buffer.from([0])), subject, createPublicKey(key).export({ type: 'spki', format: 'der' }), context(0, true));
  const der = sequence(info, ECDSA_WITH_SHA256, bitString(sign('sha256', info, key), 0));
  const lines = der.toString('base64').replace(/(.{64})/g, '$1\n');
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`;
}
