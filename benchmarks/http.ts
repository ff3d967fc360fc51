/**
 * Measures the API server over TLS with a bearer token, RBAC and managed fields: single reads, durable writes (also in protobuf, and bounded by a quota), patches,
 * server-side apply, lists, and watch fan-out; on the embedded store, or on an etcd of one member on this machine.
 * The load is made by `wrk`; the watchers are plain TLS sockets in this process. Each load is repeated on a bare TLS server of Node: on a machine that is
 * slower or busier than the one the goals were set on, the share of the bare server's rate is what can be compared.
 *
 *     node benchmarks/http.ts [get|create|protobuf|quota|patch|apply|list|watch] [seconds] [server.js]
 *     NAVARCH_STORE=etcd node benchmarks/http.ts
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { encodeEnvelope } from '#machinery/protobuf/protobuf.ts';

const [only = 'all', secondsText = '5', serverFile = fileURLToPath(new URL('http-server.ts', import.meta.url))] = process.argv.slice(2);
const seconds = Number(secondsText);
const scripts = mkdtempSync(join(tmpdir(), 'navarch-wrk-'));

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
  readonly token: string;
  readonly readyMs: number;
  ask(command: string): Promise<Record<string, number>>;
}

async function startServer(): Promise<Server> {
  const child = spawn(process.execPath, [serverFile], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, unknown>> => JSON.parse(String((await lines.next()).value)) as Record<string, unknown>;
  const first = (await next()) as { port: number; token: string; readyMs: number };
  return {
    child,
    ...first,
    async ask(command) {
      child.stdin!.write(`${command}\n`);
      return (await next()) as Record<string, number>;
    },
  };
}

interface Load {
  readonly label: string;
  readonly connections: number;
  readonly path: string;
  /** Lua that sets wrk.method, body and headers, or defines request(). */
  readonly lua?: string;
  readonly least?: number;
  /** The goal in percent of what the bare server reached on the machine that the goals were set on. */
  readonly leastShare?: number;
  /** The bare server's path, when the size of its answer is another one. */
  readonly barePath?: string;
}

/** Starts the bare server of Node that every figure is compared with. */
async function startBareServer(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('bare-tls-server.ts', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
  const { value } = await createInterface({ input: child.stdout! })[Symbol.asyncIterator]().next();
  return { child, port: (JSON.parse(String(value)) as { port: number }).port };
}

function wrk(connections: number, script: string, url: string): string {
  return execFileSync('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

const rateOf = (text: string): number => Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
const p99Of = (text: string): string => /99%\s+(\S+)/.exec(text)?.[1] ?? '?';

async function measure(server: Server, load: Load): Promise<void> {
  const script = join(scripts, 'load.lua');
  const statuses = 'function response(status) if status >= 400 then io.stderr:write("status " .. status .. "\\n") end end';
  writeFileSync(script, `wrk.headers["Authorization"] = "Bearer ${server.token}"\n${load.lua ?? ''}\n${load.lua ? statuses : ''}`);
  const before = await server.ask('cpu');
  const text = wrk(load.connections, script, `https://127.0.0.1:${server.port}${load.path}`);
  const rate = rateOf(text);
  const after = await server.ask('cpu');
  const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
  const main = (((after['cpuMs']! - before['cpuMs']!) / requests) * 1_000).toFixed(0);
  const all = (((after['allMs']! - before['allMs']!) / requests) * 1_000).toFixed(0);
  const bareText = wrk(load.connections, script, `https://127.0.0.1:${bare.port}${load.barePath ?? load.path}`);
  const bareRate = rateOf(bareText);
  const share = `${Math.round((rate / bareRate) * 100)} % of bare Node (${Math.round(bareRate)}/s, p99 ${p99Of(bareText)})`;
  const bad = /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1];
  const goal = load.least === undefined ? '' : `  (goal ${load.least}/s${load.leastShare === undefined ? '' : `, ${load.leastShare} %`})`;
  console.log(`${load.label.padEnd(38)} ${String(Math.round(rate)).padStart(7)}/s  p99 ${p99Of(text)}  ${share}  processor time per request ${main} µs (all threads ${all} µs)${bad ? `  ${bad} FAILED` : ''}${goal}`);
}

const CONFIG_MAPS = '/api/v1/namespaces/bench/configmaps';

function createLua(run: string): string {
  return `
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local n = 0
local data = string.rep("x", 1250)
request = function()
  n = n + 1
  return wrk.format(nil, nil, nil, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${run}-' .. n .. '"},"data":{"payload":"' .. data .. '"}}')
end`;
}

const PATCH_LUA = `
wrk.method = "PATCH"
wrk.headers["Content-Type"] = "application/merge-patch+json"
local n = 0
request = function()
  n = n + 1
  return wrk.format(nil, "${CONFIG_MAPS}/patched-" .. (n % 64), nil, '{"data":{"counter":"' .. n .. '"}}')
end`;

const APPLY_LUA = `
wrk.method = "PATCH"
wrk.headers["Content-Type"] = "application/apply-patch+yaml"
local n = 0
local data = string.rep("x", 1250)
request = function()
  n = n + 1
  local name = "patched-" .. (n % 64)
  return wrk.format(nil, "${CONFIG_MAPS}/" .. name .. "?fieldManager=bench&force=true", nil, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"' .. name .. '"},"data":{"applied":"' .. n .. '","payload":"' .. data .. '"}}')
end`;

/** Stands in a message where eight digits of the name go. */
const DIGITS = '00000000';

/** Creates in protobuf: the bytes of a message with a name of fixed length, around the number. */
function protobufLua(): string {
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: `proto-${DIGITS}` }, data: { payload: 'x'.repeat(1_250) } };
  const bytes = encodeEnvelope(configMaps.schema, object);
  const at = bytes.indexOf(DIGITS);
  const lua = (part: Buffer): string => `"${[...part].map((byte) => `\\${String(byte).padStart(3, '0')}`).join('')}"`;
  return `
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/vnd.kubernetes.protobuf"
wrk.headers["Accept"] = "application/vnd.kubernetes.protobuf"
local n = 0
local before = ${lua(bytes.subarray(0, at))}
local after = ${lua(bytes.subarray(at + DIGITS.length))}
request = function()
  n = n + 1
  return wrk.format(nil, nil, nil, before .. string.format("%08d", n) .. after)
end`;
}

const FAN = '/api/v1/namespaces/fan/configmaps';
const MARK = Buffer.from('"type":"');
const WATCHERS = 200;
const CHANGES = 4_000;

/** Counts, in this process, the events that all watchers receive. */
async function watchFanOut(server: Server): Promise<void> {
  let events = 0;
  let ready = 0;
  const sockets = Array.from({ length: WATCHERS }, () => {
    const socket = connect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false });
    socket.write(`GET ${FAN}?watch=1&resourceVersion=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.token}\r\n\r\n`);
    let counting = false;
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      if (!counting) {
        counting = true;
        ready++;
      }
      const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let at = text.indexOf(MARK); at >= 0; at = text.indexOf(MARK, at + MARK.length)) events++;
      // A mark that is cut in two is found with the next chunk; a whole one never ends in the last bytes that are kept.
      rest = Buffer.from(text.subarray(Math.max(0, text.length - MARK.length + 1)));
    });
    return socket;
  });
  while (ready < WATCHERS) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 500));
  events = 0;
  const begun = performance.now();
  const { ms = 0 } = await server.ask(`fan ${CHANGES}`);
  while (events < WATCHERS * CHANGES && performance.now() - begun < 60_000) await new Promise((resolve) => setTimeout(resolve, 5));
  const elapsed = performance.now() - begun;
  console.log(
    `${`watch fan-out, ${WATCHERS} watchers`.padEnd(38)} ${String(Math.round((events / elapsed) * 1_000)).padStart(7)} events/s  (goal 55000; ${events} of ${WATCHERS * CHANGES} events, written in ${Math.round(ms)} ms)`,
  );
  for (const socket of sockets) socket.destroy();
}

const server = await startServer();
const bare = await startBareServer();
console.log(`${'start to ready'.padEnd(38)} ${server.readyMs.toFixed(0).padStart(7)} ms  RSS ${(await server.ask('rss'))['rssMb']!.toFixed(0)} MB`);
const wants = (name: string): boolean => only === 'all' || only === name;
try {
  if (wants('get')) {
    await measure(server, { label: 'GET, warm-up', connections: 8, path: `${CONFIG_MAPS}/one` });
    await measure(server, { label: 'GET, 1 connection', connections: 1, path: `${CONFIG_MAPS}/one`, least: 4_000, leastShare: 44 });
    await measure(server, { label: 'GET, 32 connections', connections: 32, path: `${CONFIG_MAPS}/one`, least: 20_000, leastShare: 43 });
  }
  if (wants('create')) {
    await measure(server, { label: 'create ConfigMap, 1 connection', connections: 1, path: CONFIG_MAPS, lua: createLua('a'), least: 1_000 });
    await measure(server, { label: 'create ConfigMap, 32 connections', connections: 32, path: CONFIG_MAPS, lua: createLua('b'), least: 7_000, leastShare: 32 });
  }
  if (wants('protobuf')) await measure(server, { label: 'create in protobuf, 32 connections', connections: 32, path: CONFIG_MAPS, lua: protobufLua(), least: 7_000, leastShare: 32 });
  if (wants('quota')) await measure(server, { label: 'create under a quota, 32 connections', connections: 32, path: '/api/v1/namespaces/bounded/configmaps', lua: createLua('q'), least: 7_000, leastShare: 32 });
  if (wants('apply')) await measure(server, { label: 'apply, 32 connections', connections: 32, path: CONFIG_MAPS, lua: APPLY_LUA, least: 2_000, leastShare: 9 });
  if (wants('patch')) await measure(server, { label: 'merge patch, 32 connections', connections: 32, path: CONFIG_MAPS, lua: PATCH_LUA, least: 5_000, leastShare: 23 });
  if (wants('list')) await measure(server, { label: 'list of 1,000 (1.6 MB), 4 connections', connections: 4, path: '/api/v1/namespaces/thousand/configmaps', least: 500, leastShare: 66, barePath: '/list' });
  if (wants('watch')) await watchFanOut(server);
  console.log(`${'RSS after the load'.padEnd(38)} ${(await server.ask('rss'))['rssMb']!.toFixed(0).padStart(7)} MB`);
} finally {
  server.child.stdin!.end();
  bare.child.stdin!.end();
  rmSync(scripts, { recursive: true, force: true });
}
