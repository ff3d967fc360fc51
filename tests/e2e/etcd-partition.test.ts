/**
 * Two servers on a real etcd of three members, each on a machine (network namespace) of its own, while the network between them fails in every way: nothing acknowledged is lost or
 * happens twice, what is unknown is told as unknown, no read is older than what was acknowledged before it, and watches miss nothing and repeat nothing.
 *
 * The test runs itself again in a network namespace without a way out.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '#base/clock.ts';
import { createClient } from '#client/api.ts';
import type { Client } from '#client/client.ts';
import { connectKubeconfig } from '#client/connect.ts';
import { parseKubeconfig } from '#client/kubeconfig.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { isReason } from '#machinery/status.ts';
import { eventually, run } from './fixture/run.ts';
import { Lab, type LabMachine } from './partition/lab.ts';

const INSIDE = 'NAVARCH_PARTITION_INSIDE';
const launcher = fileURLToPath(new URL('../../navarch', import.meta.url));
const NAMESPACE = 'default';
const COUNTER = 'counter';
const PORT = 6_443;
const REQUEST_MS = 12_000;
/** A failure lasts at least this long: longer than an election and than a call to etcd waits for an answer. */
const PHASE_MS = 3_500;
/** How long a slow machine may take for anything. */
const PATIENCE_MS = 60_000;
/** What is to have happened in the end. */
const ENOUGH = { created: 100, counted: 50, reads: 50 };
/** Between objects of a writer: enough of them, and no strain. */
const PAUSE_MS = 15;

const limit = (): AbortSignal => AbortSignal.timeout(REQUEST_MS);
const mapsOf = (client: Client) => client.of(configMaps).namespace(NAMESPACE);

async function startMember(lab: Lab, index: number, all: readonly string[]): Promise<LabMachine> {
  const machine = await lab.machine(`member${index}`, 11 + index);
  const [client, peer] = [`http://${machine.address}:2379`, `http://${machine.address}:2380`];
  const settings = {
    name: machine.name,
    'data-dir': join(process.env[INSIDE]!, machine.name),
    'initial-cluster': all.map((address, i) => `member${i}=http://${address}:2380`).join(','),
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'heartbeat-interval': 50,
    'election-timeout': 500,
    'log-level': 'error',
  };
  machine.spawn('etcd', Object.entries(settings).map(([name, value]) => `--${name}=${value}`));
  return machine;
}

/** Which member leads, as a majority of them says. */
async function leaderOf(members: readonly LabMachine[]): Promise<LabMachine> {
  return eventually('a member leads', async () => {
    const views = await Promise.all(
      members.map(async ({ address }) => {
        const response = await fetch(`http://${address}:2379/v3/maintenance/status`, { method: 'POST', body: '{}', signal: AbortSignal.timeout(1_000) });
        return (await response.json()) as { leader?: string; header: { member_id: string } };
      }),
    );
    const [first] = views;
    if (!first?.leader || !views.every(({ leader }) => leader === first.leader)) return undefined;
    return members[views.findIndex(({ header }) => header.member_id === first.leader)];
  });
}

interface Server {
  readonly machine: LabMachine;
  readonly client: Client;
}

async function startServer(lab: Lab, index: number, members: readonly LabMachine[]): Promise<Server> {
  const home = process.env[INSIDE]!;
  const machine = await lab.machine(`server${index}`, 21 + index);
  const dataDir = join(home, machine.name);
  const endpoints = members.map(({ address }) => `http://${address}:2379`);
  const where = ['--data-dir', dataDir, '--pki-dir', join(home, 'pki'), '--bind-address', machine.address, '--secure-port', String(PORT)];
  const child = machine.spawn(launcher, ['server', ...where, '--store', 'etcd', '--etcd-endpoints', (index === 0 ? endpoints : endpoints.toReversed()).join(',')]);
  const client = await eventually('the server answers', async () => {
    assert.equal(child.exitCode, null, 'the server ended');
    const kubeconfig = parseKubeconfig(await readFile(join(dataDir, 'kubeconfig'), 'utf8'), home);
    const connected = createClient(await connectKubeconfig(kubeconfig, { userAgent: 'e2e', clock: systemClock }));
    await mapsOf(connected).list({}, AbortSignal.timeout(2_000));
    return connected;
  });
  return { machine, client };
}

/** What a writer was told. */
class Account {
  /** Acknowledged creates: name and UID. */
  readonly created = new Map<string, string>();
  /** Creates that ended without an answer, or with one that leaves it open. */
  readonly unknown = new Set<string>();
  counted = 0;
  uncounted = 0;
  reads = 0;
}

/** Creates objects through `here` and reads each through `there` as soon as it is acknowledged. */
async function create(prefix: string, { here, there, account }: { here: Server; there: Server; account: Account }, stop: AbortSignal): Promise<void> {
  for (let i = 0; !stop.aborted; i++) {
    const name = `${prefix}-${i}`;
    await systemClock.sleep(PAUSE_MS);
    try {
      const { metadata } = await mapsOf(here.client).create({ metadata: { name } }, {}, limit());
      account.created.set(name, metadata.uid!);
    } catch (error) {
      assert.ok(!isReason(error, 'AlreadyExists'), `${name} happened twice`);
      assert.ok(!isReason(error, 'Conflict') && !isReason(error, 'Invalid'), String(error));
      account.unknown.add(name);
      continue;
    }
    try {
      const { metadata } = await mapsOf(there.client).get(name, limit());
      assert.equal(metadata.uid, account.created.get(name));
      account.reads++;
    } catch (error) {
      assert.ok(!isReason(error, 'NotFound'), `the other server did not show ${name}, which had been acknowledged`);
      if (error instanceof assert.AssertionError) throw error;
    }
  }
}

/** Adds one to the shared counter again and again. */
async function count(writer: string, server: Server, account: Account, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await systemClock.sleep(PAUSE_MS);
    let sent = false;
    try {
      const held = await mapsOf(server.client).get(COUNTER, limit());
      sent = true;
      await mapsOf(server.client).update({ ...held, data: { value: String(Number(held.data?.['value']) + 1), writer } }, {}, limit());
      account.counted++;
    } catch (error) {
      if (sent && !isReason(error, 'Conflict')) account.uncounted++;
    }
  }
}

/** Follows all objects, resuming where it was, until it has seen revision `until()`. */
async function follow({ client }: Server, from: string, until: () => number): Promise<string[]> {
  const seen: string[] = [];
  let at = from;
  while (Number(at) < until()) {
    const pause = AbortSignal.timeout(REQUEST_MS);
    try {
      for await (const events of mapsOf(client).watch({ resourceVersion: at, allowWatchBookmarks: true }, pause)) {
        for (const { type, object } of events) {
          assert.notEqual(type, 'ERROR', JSON.stringify(object));
          const { resourceVersion = '' } = object.metadata;
          const name = 'name' in object.metadata ? object.metadata.name : '';
          assert.ok(Number(resourceVersion) > Number(at) || type === 'BOOKMARK', `${type} ${name} at ${resourceVersion} came after ${at}`);
          at = resourceVersion;
          if (type !== 'BOOKMARK') seen.push(`${type} ${name} ${resourceVersion}`);
        }
        if (Number(at) >= until()) return seen;
      }
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      assert.ok(!isReason(error, 'Expired') && !isReason(error, 'Gone'), String(error));
      await systemClock.sleep(100);
    }
  }
  return seen;
}

interface Scene {
  readonly lab: Lab;
  readonly members: readonly LabMachine[];
  readonly servers: readonly [Server, Server];
}

/** How the network fails, one after the other; each is healed before the next. */
const FAILURES: Readonly<Record<string, (scene: Scene, leader: LabMachine, followers: readonly LabMachine[]) => void>> = {
  'a member is cut off from everything': ({ lab, servers }, leader, [one, other]) => lab.cut(one!, [leader, other!, ...servers.map(({ machine }) => machine)]),
  'the leader is cut off from the members, not from the servers': ({ lab }, leader, followers) => lab.cut(leader, followers),
  'a server is cut off from the leader': ({ lab, servers }, leader) => lab.cut(servers[0].machine, [leader]),
  'answers of the leader and of a follower are lost, requests are not': ({ lab, servers }, leader, [one]) => {
    lab.lose(leader, [servers[1].machine]);
    lab.lose(one!, [servers[0].machine]);
  },
  'the leader is heard by nobody, and hears all': ({ lab, servers }, leader, followers) => lab.lose(leader, [...followers, ...servers.map(({ machine }) => machine)]),
};

async function failAndHeal(scene: Scene, accounts: readonly Account[]): Promise<void> {
  const acknowledged = (): number[] => accounts.map(({ created }) => created.size);
  for (const [what, fail] of Object.entries(FAILURES)) {
    const leader = await leaderOf(scene.members);
    const before = acknowledged();
    fail(scene, leader, scene.members.filter((member) => member !== leader));
    await systemClock.sleep(PHASE_MS);
    // There is a majority, and each server reaches it.
    await eventually(`both servers acknowledge while ${what}`, async () => acknowledged().every((size, i) => size > before[i]!), PATIENCE_MS);
    const during = acknowledged();
    scene.lab.heal();
    console.log(`${what}: ${during.map((size, i) => size - before[i]!).join(' and ')} acknowledged`);
    await eventually(`both go on after ${what}`, async () => acknowledged().every((size, i) => size > during[i]!), PATIENCE_MS);
  }
}

async function inside(): Promise<void> {
  using lab = new Lab();
  const addresses = [0, 1, 2].map((i) => `10.99.0.${11 + i}`);
  const members = await Promise.all(addresses.map((_, i) => startMember(lab, i, addresses)));
  await leaderOf(members);
  // The first makes what the second finds.
  const first = await startServer(lab, 0, members);
  const servers = [first, await startServer(lab, 1, members)] as const;
  const [one, two] = servers;
  const made = await mapsOf(one.client).create({ metadata: { name: COUNTER }, data: { value: '0' } }, {}, limit());
  const start = made.metadata.resourceVersion!;
  const stop = new AbortController();
  const accounts = [new Account(), new Account()] as const;
  let last = Infinity;
  const watches = servers.map((server) => follow(server, start, () => last));
  const writing = Promise.all([
    create('one', { here: one, there: two, account: accounts[0] }, stop.signal),
    create('two', { here: two, there: one, account: accounts[1] }, stop.signal),
    ...servers.map((server, i) => count(`server${i}`, server, accounts[i]!, stop.signal)),
  ]);
  const total = (of: (account: Account) => number): number => accounts.reduce((sum, account) => sum + of(account), 0);
  const enough = async (): Promise<boolean> => total(({ created }) => created.size) >= ENOUGH.created && total(({ counted }) => counted) >= ENOUGH.counted && total(({ reads }) => reads) >= ENOUGH.reads;
  await Promise.race([writing, failAndHeal({ lab, members, servers }, accounts).then(async () => eventually('enough has been written', enough, PATIENCE_MS))]);
  stop.abort();
  await writing;

  const shown = await Promise.all(servers.map(async ({ client }) => (await mapsOf(client).list({}, limit())).items.filter(({ metadata }) => /^(one|two)-/.test(metadata.name!))));
  const uids = shown.map((items) => new Map(items.map(({ metadata }) => [metadata.name!, metadata.uid!])));
  assert.deepEqual(uids[0], uids[1]);
  const acknowledged = new Map(accounts.flatMap(({ created }) => [...created]));
  for (const [name, uid] of acknowledged) assert.equal(uids[0]!.get(name), uid, name);
  const unknown = new Set(accounts.flatMap((account) => [...account.unknown]));
  for (const name of uids[0]!.keys()) assert.ok(acknowledged.has(name) || unknown.has(name), `${name} was made by nobody`);
  const counter = Number((await mapsOf(one.client).get(COUNTER, limit())).data?.['value']);
  const counted = total((account) => account.counted);
  const uncounted = total((account) => account.uncounted);
  assert.ok(counter >= counted && counter <= counted + uncounted, `${counter} after ${counted} acknowledged and ${uncounted} unknown`);

  last = Number((await mapsOf(two.client).create({ metadata: { name: 'end' } }, {}, limit())).metadata.resourceVersion);
  const [byOne, byTwo] = (await Promise.all(watches)) as [string[], string[]];
  assert.deepEqual(byOne, byTwo);
  const added = byOne.filter((event) => /^ADDED (one|two)-/.test(event)).map((event) => event.split(' ')[1]);
  assert.deepEqual(new Set(added), new Set(uids[0]!.keys()));
  assert.equal(added.length, uids[0]!.size);
  assert.equal(byOne.filter((event) => event.startsWith(`MODIFIED ${COUNTER} `)).length, counter);
  console.log(`${acknowledged.size} creates acknowledged, ${unknown.size} unknown; ${counted} counted, ${uncounted} unknown, counter ${counter}; ${total(({ reads }) => reads)} reads of fresh objects; ${byOne.length} events`);
}

if (process.env[INSIDE]) {
  await inside();
  // Watches and connections of the clients need not be waited for.
  process.exit(0);
}

const able = process.getuid?.() === 0 && ['etcd', 'nft', 'unshare'].every((program) => spawnSync(program, ['--version']).status === 0);

test('two servers, three members, a network that fails: nothing acknowledged is lost or happens twice, no read is stale', { skip: !able && 'needs root, etcd and nft', timeout: 600_000 }, async () => {
  const home = await mkdtemp(join(tmpdir(), 'navarch-e2e-partition-'));
  try {
    const { code, stdout, stderr } = await run('unshare', ['--net', process.execPath, fileURLToPath(import.meta.url)], { env: { [INSIDE]: home }, timeoutMs: 580_000 });
    assert.equal(code, 0, stdout + stderr);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
