/**
 * An API server alone, with kube-apiserver's flags: what test environments of operators start.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyPair } from '#apiserver/pki/certificate.ts';
import { memoryPkiFiles } from '#apiserver/pki/pki-files.ts';
import { openPki, type Pki } from '#apiserver/pki/pki.ts';
import { openApiServer } from '#apiserver/server.ts';
import { systemClock } from '#base/clock.ts';
import { createLogger, jsonSink, type Logger } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import { gateReader } from '#machinery/feature-gates.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import type { Store } from '#store/store.ts';
import { UserError } from '../cluster/spec.ts';
import type { AccessFlags } from '../server/access-flags.ts';
import { readAccess } from '../server/access.ts';
import { readDescriptions } from '../server/descriptions.ts';
import type { FeatureFlags } from '../server/feature-flags.ts';
import { readFeatures } from '../server/features.ts';
import { openStore } from '../server/store.ts';
import { storeChoice } from '../store-flags.ts';
import { whenStopped } from '../when-stopped.ts';
import { isStandIn } from './etcd.ts';

/** The flags as commander hands them over. */
export interface ApiServerFlags extends AccessFlags, FeatureFlags {
  readonly etcdServers?: readonly string[];
  readonly etcdCafile?: string;
  readonly etcdCertfile?: string;
  readonly etcdKeyfile?: string;
  readonly etcdPrefix: string;
  readonly certDir: string;
  readonly tlsCertFile?: string;
  readonly tlsPrivateKeyFile?: string;
  readonly clientCaFile?: string;
  readonly bindAddress: string;
  readonly securePort: number;
  readonly advertiseAddress?: string;
  readonly serviceClusterIpRange: string;
  readonly serviceAccountSigningKeyFile?: string;
  readonly serviceAccountKeyFile?: readonly string[];
}

/** Runs until SIGTERM or SIGINT. `ignored`: flags that mean nothing here. @throws UserError */
export async function runApiServer(flags: ApiServerFlags, ignored: readonly string[]): Promise<void> {
  const log = createLogger(jsonSink((line) => process.stderr.write(line), () => systemClock.now()));
  const { stopped } = whenStopped();
  const { security, admission } = await readAccess(flags);
  const { kinds, gates, warnings } = readFeatures(flags);
  for (const warning of [...warnings, ...(ignored.length > 0 ? [`flags without a meaning here: ${ignored.join(' ')}`] : [])]) log.warn(warning);
  await using resources = new AsyncDisposableStack();
  const standsIn = (await Promise.all((flags.etcdServers ?? []).map(isStandIn))).every(Boolean);
  const store = resources.use(standsIn ? await openMemoryStore() : await openEtcd(flags, log));
  const pki = await pkiOf(flags);
  const [host, advertised] = [flags.bindAddress, flags.advertiseAddress];
  const server = resources.use(
    await openApiServer({
      store,
      storeIsShared: !standsIn,
      security: { ...security, ...(await serviceAccountKeys(flags)) },
      admission,
      kinds,
      gate: gateReader(gates),
      pki,
      listen: [{ host, port: flags.securePort }],
      ...(advertised === undefined ? {} : { advertise: { host: advertised, port: flags.securePort } }),
      serviceCidrs: flags.serviceClusterIpRange.split(','),
      describe: readDescriptions,
      clock: systemClock,
      random: systemRandom,
      log,
    }),
  );
  log.info('API server is ready', { addresses: server.addresses, store: standsIn ? 'memory' : 'etcd' });
  await stopped;
}

function openEtcd(flags: ApiServerFlags, log: Logger): Promise<Store> {
  const { etcdServers = [], etcdCafile, etcdCertfile, etcdKeyfile } = flags;
  const files = { ...(etcdCafile ? { etcdCafile } : {}), ...(etcdCertfile ? { etcdCertfile } : {}), ...(etcdKeyfile ? { etcdKeyfile } : {}) };
  const choice = storeChoice({ store: 'etcd', etcdEndpoints: etcdServers.join(','), ...files }, flags.etcdPrefix);
  if (!choice) throw new UserError('--etcd-servers is needed');
  return openStore(choice, flags.certDir, log);
}

/** What test environments bring along stands beside what the server makes for itself. */
async function pkiOf(flags: ApiServerFlags): Promise<Pki> {
  const own = openPki(memoryPkiFiles(), systemClock, systemRandom);
  const caCert = flags.clientCaFile === undefined ? own.caCert : await readText('client-ca-file', flags.clientCaFile);
  const cert = flags.tlsCertFile ?? join(flags.certDir, 'apiserver.crt');
  const key = flags.tlsPrivateKeyFile ?? join(flags.certDir, 'apiserver.key');
  const given: KeyPair | undefined = existsSync(cert) && existsSync(key) ? { cert: await readText('tls-cert-file', cert), key: await readText('tls-private-key-file', key) } : undefined;
  if (!given && flags.tlsCertFile !== undefined) throw new UserError(`the file ${cert} or ${key} cannot be read`);
  const serving = given ?? own.serving([flags.bindAddress, flags.advertiseAddress ?? '127.0.0.1', 'localhost', '127.0.0.1'].filter((name) => name !== '0.0.0.0'));
  if (!given) {
    await mkdir(flags.certDir, { recursive: true });
    await writeFile(cert, `${serving.cert}${own.caCert}`);
    await writeFile(key, serving.key, { mode: 0o600 });
  }
  return {
    caCert,
    frontProxyCaCert: own.frontProxyCaCert,
    serviceAccountKey: own.serviceAccountKey,
    serving: () => serving,
    client: (name) => own.client(name),
    frontProxyClient: () => own.frontProxyClient(),
    issueNode: (...node) => own.issueNode(...node),
    issueClient: (...user) => own.issueClient(...user),
    signRequest: (...request) => own.signRequest(...request),
  };
}

async function serviceAccountKeys({ serviceAccountSigningKeyFile: signing, serviceAccountKeyFile: verifying = [] }: ApiServerFlags): Promise<{ signingKey?: string; verifyingKeys: readonly string[] }> {
  const verifyingKeys = await Promise.all(verifying.map((file) => readText('service-account-key-file', file)));
  return { verifyingKeys, ...(signing === undefined ? {} : { signingKey: await readText('service-account-signing-key-file', signing) }) };
}

async function readText(flag: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(`--${flag}: ${(error as Error).message}`);
  }
}
