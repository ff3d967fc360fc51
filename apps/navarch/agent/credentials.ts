/**
 * What a node needs to join: written by the server into the node's directory, read by the agent.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';

/** A key pair as PEM texts. */
export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

/** A node's credentials, in one file so that they are there as a whole or not at all. */
export interface NodeCredentials {
  /** `https://HOST:PORT` of the API server. */
  readonly server: string;
  readonly ca: string;
  /** `system:node:NAME` towards the API server. */
  readonly kubelet: PemPair;
  /** `system:kube-proxy`: for the service proxy and DNS. */
  readonly proxy: PemPair;
  /** For the provisioner of the node's volumes; absent in files of earlier versions. */
  readonly storage?: PemPair;
  /** Of the kubelet's own port. */
  readonly serving: PemPair;
}

const FILE = 'credentials.json';
const POLL_MS = 20;

/** Hands credentials to a node. */
export async function writeCredentials(directory: string, credentials: NodeCredentials): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const staging = join(directory, `.${FILE}.new`);
  await writeFile(staging, JSON.stringify(credentials), { mode: 0o600 });
  await rename(staging, join(directory, FILE));
}

/** Reads a node's credentials; waits for the server to write them first. */
export async function readCredentials(directory: string, clock: Clock, signal: AbortSignal): Promise<NodeCredentials> {
  const path = join(directory, FILE);
  while (!existsSync(path)) await clock.sleep(POLL_MS, signal);
  return JSON.parse(await readFile(path, 'utf8')) as NodeCredentials;
}


