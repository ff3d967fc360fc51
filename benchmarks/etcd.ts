/**
 * Measures how much of what etcd gives reaches the clients of the API server: raw puts of 1.5 kB, 32 at once through this project's client of etcd, and creates of
 * ConfigMaps of the same size over 32 connections, in turns on one etcd of one member on this machine. The share is what counts: both suffer alike from a busy machine.
 * Processor time is told per operation: of the thread that sends, of its whole process, of etcd.
 *
 *     node benchmarks/etcd.ts [rounds] [seconds]
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '#base/clock.ts';
import { EtcdClient } from '#store/etcd/etcd-client.ts';
import { startEtcd } from '#store/etcd/testing/etcd-process.ts';

const [rounds = 5, seconds = 4] = process.argv.slice(2).map(Number);
const AT_ONCE = 32;
const VALUE = new Uint8Array(1_500).fill(120);
/** /proc tells processor time in hundredths of a second. */
const TICK_US = 10_000;

const scripts = mkdtempSync(join(tmpdir(), 'navarch-wrk-'));
await using cluster = await startEtcd({ members: 1 });
const [endpoint = ''] = cluster.endpoints;
const [etcdPid = 0] = cluster.pids;

/** Processor time of a process so far, in microseconds. */
function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

interface Figures {
  readonly rate: number;
  readonly text: string;
}

function figures(count: number, elapsedMs: number, spent: { readonly thread: number; readonly all: number; readonly etcd: number }): Figures {
  const each = (us: number): string => `${(us / count).toFixed(0)} µs`;
  return { rate: (count / elapsedMs) * 1_000, text: `${String(Math.round((count / elapsedMs) * 1_000)).padStart(6)}/s  thread ${each(spent.thread)}, process ${each(spent.all)}, etcd ${each(spent.etcd)}` };
}

let written = 0;

async function rawPuts(client: EtcdClient): Promise<Figures> {
  const begun = performance.now();
  const [thread, all, etcd] = [process.threadCpuUsage(), process.cpuUsage(), processorTime(etcdPid)];
  let count = 0;
  const work = async (): Promise<void> => {
    while (performance.now() - begun < seconds * 1_000) {
      const key = Buffer.from(`/raw/configmaps/bench/${written++}`);
      await client.call('Txn', { compare: [], success: [{ requestPut: { key, value: VALUE } }], failure: [] }, { repeatable: false });
      count++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const [threadUsed, allUsed] = [process.threadCpuUsage(thread), process.cpuUsage(all)];
  return figures(count, performance.now() - begun, { thread: threadUsed.user + threadUsed.system, all: allUsed.user + allUsed.system, etcd: processorTime(etcdPid) - etcd });
}

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  readonly token: string;
  ask(command: string): Promise<Record<string, number>>;
}

async function startServer(): Promise<Server> {
  const file = fileURLToPath(new URL('http-server.ts', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, file], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NAVARCH_STORE: endpoint } });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, unknown>> => JSON.parse(String((await lines.next()).value)) as Record<string, unknown>;
  const first = (await next()) as { port: number; token: string };
  return {
    child,
    ...first,
    async ask(command) {
      child.stdin!.write(`${command}\n`);
      return (await next()) as Record<string, number>;
    },
  };
}

async function creates(server: Server, run: number): Promise<Figures> {
  const script = join(scripts, 'create.lua');
  writeFileSync(
    script,
    `wrk.headers["Authorization"] = "Bearer ${server.token}"
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local n = 0
local data = string.rep("x", 1250)
request = function()
  n = n + 1
  return wrk.format(nil, nil, nil, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"run-${run}-' .. n .. '"},"data":{"payload":"' .. data .. '"}}')
end`,
  );
  const before = await server.ask('cpu');
  const etcd = processorTime(etcdPid);
  const begun = performance.now();
  const url = `https://127.0.0.1:${server.port}/api/v1/namespaces/bench/configmaps`;
  const { stdout } = await promisify(execFile)('wrk', ['-t1', `-c${AT_ONCE}`, `-d${seconds}s`, '-s', script, url]);
  const elapsedMs = performance.now() - begun;
  const after = await server.ask('cpu');
  if (/Non-2xx/.test(stdout)) console.log(/Non-2xx.*/.exec(stdout)![0]);
  const count = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  return figures(count, elapsedMs, { thread: (after['cpuMs']! - before['cpuMs']!) * 1_000, all: (after['allMs']! - before['allMs']!) * 1_000, etcd: processorTime(etcdPid) - etcd });
}

const client = new EtcdClient({ endpoints: [endpoint], clock: systemClock });
const server = await startServer();
try {
  const shares: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const raw = await rawPuts(client);
    const api = await creates(server, round);
    if (round > 0) shares.push(api.rate / raw.rate);
    console.log(`${round === 0 ? 'warm-up' : `round ${round}`}: raw puts ${raw.text}; creates ${api.text}; share ${Math.round((api.rate / raw.rate) * 100)} % (goal 70); load ${loadavg()[0]!.toFixed(1)}`);
  }
  console.log(`median share ${Math.round(shares.sort((a, b) => a - b)[Math.floor(shares.length / 2)]! * 100)} %`);
} finally {
  client.close();
  server.child.stdin!.end();
  rmSync(scripts, { recursive: true, force: true });
}
