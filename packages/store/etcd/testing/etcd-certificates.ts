/**
 * Certificates for members of etcd on loopback and for their clients, made by openssl.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes an authority in `home`, and pairs `NAME.pem` and `NAME.key` that it signs for each of `names`. */
export function makeCertificates(home: string, ...names: readonly string[]): void {
  const openssl = (...words: readonly string[]): void => void execFileSync('openssl', words, { cwd: home, stdio: 'ignore' });
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=ca', '-keyout', 'ca.key', '-out', 'ca.pem');
  writeFileSync(join(home, 'extensions'), 'subjectAltName = IP:127.0.0.1\nextendedKeyUsage = serverAuth, clientAuth\n');
  for (const name of names) {
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-extfile', 'extensions', '-out', `${name}.pem`);
  }
}

/** The flags of a member that serves with the pair `member` and asks clients for a certificate. */
export function memberFlags(home: string): string[] {
  return ['--client-cert-auth', '--trusted-ca-file', join(home, 'ca.pem'), '--cert-file', join(home, 'member.pem'), '--key-file', join(home, 'member.key')];
}
