/**
 * Starts real etcd members on the loopback interface, for tests.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LOOPBACK = '127.0.0.1';

/** Faster than etcd's own, which suit members far apart. */
const HEARTBEAT_MS = 50;
const ELECTION_MS = 500;
/** The conformance suite commits 3 MB at once. */
const MAX_REQUEST_BYTES = 16 * 1_024 * 1_024;

/** Members that run until disposed. */
export interface EtcdCluster extends AsyncDisposable {
  readonly endpoints: readonly string[];
  /** The members' processes. */
  readonly pids: readonly number[];
  /** Kills a member as a crash would. */
  kill(index: number): Promise<void>;
  /** Starts a killed member again. */
  restart(index: number): void;
  /** Lets a member hang, or go on: its connections stay open and nothing comes of them, as behind a partition. */
  pause(index: number): void;
  resume(index: number): void;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Extra flags for each member, such as those for TLS; `scheme` goes into the endpoints. */
export interface EtcdClusterOptions {
  readonly members: number;
  readonly scheme?: 'http' | 'https';
  readonly flags?: readonly string[];
}

/** Starts a cluster; clients wait for it to elect a leader. */
export async function startEtcd({ members, scheme = 'http', flags = [] }: EtcdClusterOptions): Promise<EtcdCluster> {
  const home = mkdtempSync(join(tmpdir(), 'navarch-etcd-'));
  const clientUrls: string[] = [];
  const peerUrls: string[] = [];
  for (let i = 0; i < members; i++) {
    clientUrls.push(`${scheme}://${LOOPBACK}:${await freePort()}`);
    peerUrls.push(`http://${LOOPBACK}:${await freePort()}`);
  }
  const initialCluster = peerUrls.map((url, i) => `m${i}=${url}`).join(',');
  const start = (i: number): ChildProcess => {
    const [client, peer] = [clientUrls[i]!, peerUrls[i]!];
    const settings = {
      name: `m${i}`,
      'data-dir': join(home, `m${i}`),
      'initial-cluster': initialCluster,
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'max-txn-ops': 1_024,
      'max-request-bytes': MAX_REQUEST_BYTES,
      'heartbeat-interval': HEARTBEAT_MS,
      'election-timeout': ELECTION_MS,
      'log-level': 'error',
    };
    return spawn('etcd', [...Object.entries(settings).map(([name, value]) => `--${name}=${value}`), ...flags], { stdio: 'ignore' });
  };
  const processes = clientUrls.map((_, i) => start(i));
  const kill = async (i: number): Promise<void> => {
    const member = processes[i]!;
    if (member.exitCode !== null || member.signalCode !== null) return;
    const exited = once(member, 'exit');
    member.kill('SIGKILL');
    await exited;
  };
  return {
    endpoints: clientUrls,
    get pids() {
      return processes.map(({ pid = 0 }) => pid);
    },
    kill,
    restart: (i) => {
      processes[i] = start(i);
    },
    pause: (i) => void processes[i]!.kill('SIGSTOP'),
    resume: (i) => void processes[i]!.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await Promise.all(processes.map((_, i) => kill(i)));
      rmSync(home, { recursive: true });
    },
  };
}
