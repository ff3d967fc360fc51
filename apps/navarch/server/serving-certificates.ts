/** The serving certificates that flags name, read again when they change. Source: kube-apiserver's `--tls-cert-file`, `--tls-private-key-file`, `--tls-sni-cert-key`; apiserver `dynamiccertificates`. */
import { readFile } from 'node:fs/promises';
import { checkServing, type NamedPair, type ServingCertificates } from '#apiserver/http/serving-certificates.ts';
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import { UserError } from '../cluster/spec.ts';

/** How often the files are looked at. */
const LOOK_MS = 10_000;

/** The flags. */
export interface ServingFlags {
  readonly tlsCertFile?: string;
  readonly tlsPrivateKeyFile?: string;
  /** `CERT,KEY` or `CERT,KEY:NAME,NAME`. */
  readonly tlsSniCertKey?: readonly string[];
}

/** What the files say. @throws UserError when one cannot be read or used */
export async function readServing({ tlsCertFile: cert, tlsPrivateKeyFile: key, tlsSniCertKey: sni = [] }: ServingFlags): Promise<ServingCertificates> {
  if ((cert === undefined) !== (key === undefined)) throw new UserError('--tls-cert-file and --tls-private-key-file need each other');
  const given = cert === undefined || key === undefined ? undefined : { cert: await text('tls-cert-file', cert), key: await text('tls-private-key-file', key) };
  const named = await Promise.all(sni.map(readNamed));
  const serving = { ...(given ? { given } : {}), named };
  try {
    checkServing(serving);
  } catch (error) {
    throw new UserError(`a serving certificate cannot be used: ${(error as Error).message}`);
  }
  return serving;
}

async function readNamed(value: string): Promise<NamedPair> {
  const colon = value.lastIndexOf(':');
  const [files, names] = colon < 0 ? [value, ''] : [value.slice(0, colon), value.slice(colon + 1)];
  const [cert, key, ...more] = files.split(',').map((part) => part.trim());
  if (!cert || !key || more.length > 0) throw new UserError('--tls-sni-cert-key: expected comma separated certificate and key file paths');
  const pair = { cert: await text('tls-sni-cert-key', cert), key: await text('tls-sni-cert-key', key) };
  return names === '' ? pair : { ...pair, names: names.split(',').map((name) => name.trim()) };
}

async function text(flag: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(`--${flag}: ${(error as Error).message}`);
  }
}

/** What is followed, and how. */
export interface ServingReload {
  readonly flags: ServingFlags;
  /** What is used so far. */
  readonly current: ServingCertificates;
  readonly apply: (serving: ServingCertificates) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Looks until `signal` aborts. Files that cannot be used change nothing: a certificate and its key are not replaced at once. */
export async function reloadServing({ flags, current, apply, clock, log }: ServingReload, signal: AbortSignal): Promise<void> {
  if (flags.tlsCertFile === undefined && !flags.tlsSniCertKey?.length) return;
  let [known, complaint] = [JSON.stringify(current), ''];
  for (;;) {
    await clock.sleep(LOOK_MS, signal);
    try {
      const serving = await readServing(flags);
      complaint = '';
      const now = JSON.stringify(serving);
      if (now === known) continue;
      apply(serving);
      known = now;
      log.info('serving certificates were read anew');
    } catch (error) {
      const said = (error as Error).message;
      if (said !== complaint) log.error('changed serving certificates cannot be used', errorFields(error));
      complaint = said;
    }
  }
}
