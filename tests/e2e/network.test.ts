/**
 * The node network with real namespaces, packet filters and sockets: services, node ports, DNS, pods across nodes, isolation.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { dnsService, dnsSlice } from '#dns/service.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { runCommand } from '#network/command.ts';
import { createLab, type Lab, type LabPod, labService, labSlice, whyNoNetwork } from './network/lab.ts';

const skip = whyNoNetwork() ?? false;
const { signal } = new AbortController();

/** How often each backend answers. */
const SPREAD = (url: string, times = 30): string =>
  `const seen = {}; for (let i = 0; i < ${times}; i++) { const name = (await get('${url}')).split(' ')[0]; seen[name] = (seen[name] ?? 0) + 1; } return seen;`;

describe('network', { skip }, () => {
  let lab: Lab;
  let a: LabPod;
  let b: LabPod;
  let c: LabPod;

  before(async () => {
    lab = await createLab(`nvtest-${process.pid}`, 2);
    const [first, second] = lab.nodes as [Lab['nodes'][0], Lab['nodes'][0]];
    [a, b, c] = await Promise.all([first.pod('a'), second.pod('b'), second.pod('c')]);
  });
  after(() => lab?.[Symbol.asyncDispose]());

  test('pods reach pods on other nodes, nodes reach pods, addresses unchanged', async () => {
    assert.equal(await a.evaluate(`return get('http://${b.address}:8080')`), `b ${a.address}`);
    assert.equal((await lab.nodes[0]!.evaluate<string>(`return get('http://${b.address}:8080')`)).split(' ')[0], 'b');
  });

  test('a cluster IP spreads over ready endpoints, from pods and nodes', async () => {
    await lab.put(labService('web', '10.96.0.20'), labSlice('web', [a, b, { ...c, state: 'notReady' }]));
    for (const from of [a, b, lab.nodes[0]!, lab.nodes[1]!]) {
      const seen = await from.evaluate<Record<string, number>>(SPREAD('http://10.96.0.20'));
      assert.deepEqual(Object.keys(seen).toSorted(), ['a', 'b']);
    }
  });

  test('a pod reaches itself through its service', async () => {
    await lab.put(labService('self', '10.96.0.21'), labSlice('self', [a]));
    assert.match(await a.evaluate(`return get('http://10.96.0.21')`), /^a /);
  });

  test('without endpoints the connection is refused at once; with them again it works', async () => {
    await lab.put(labService('none', '10.96.0.22'), labSlice('none', []));
    for (const from of [a, lab.nodes[1]!]) {
      const [code, ms] = await from.evaluate<[string, number]>(
        `const t = performance.now(); const why = await code(get('http://10.96.0.22')); return [why, performance.now() - t]`,
      );
      assert.equal(code, 'ECONNREFUSED');
      assert.ok(ms < 500, `${ms} ms`);
    }
    assert.equal(await a.evaluate(`return code(get('http://10.96.77.77'))`), 'ECONNREFUSED');
    await lab.put(labSlice('none', [b]));
    assert.match(await a.evaluate(`return get('http://10.96.0.22')`), /^b /);
  });

  test('node ports answer on every node, from the host and from pods', async () => {
    await lab.put(
      labService('port', '10.96.0.23', { type: 'NodePort', ports: [{ port: 80, targetPort: 8080, protocol: 'TCP', nodePort: 30080 }] }),
      labSlice('port', [b]),
    );
    for (const node of lab.nodes) {
      assert.match(await fetchText(`http://${node.home.address}:30080`), /^b /);
      assert.match(await a.evaluate(`return get('http://${node.home.address}:30080')`), /^b /);
    }
  });

  test('external policy Local keeps the client address and serves only where a pod is', async () => {
    const spec = { type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ port: 80, targetPort: 8080, protocol: 'TCP', nodePort: 30081 }] };
    await lab.put(labService('local', '10.96.0.24', spec), labSlice('local', [b]));
    const [first, second] = lab.nodes as [Lab['nodes'][0], Lab['nodes'][0]];
    assert.equal(await fetchText(`http://${second.home.address}:30081`), `b ${lab.fabric.hostAddress}`);
    await assert.rejects(fetchText(`http://${first.home.address}:30081`, 400));
    assert.match(await a.evaluate(`return get('http://${first.home.address}:30081')`), /^b /);
  });

  test('internal policy Local stays on the node', async () => {
    await lab.put(labService('here', '10.96.0.25', { internalTrafficPolicy: 'Local' }), labSlice('here', [a, b]));
    assert.deepEqual(await b.evaluate(SPREAD('http://10.96.0.25', 10)), { b: 10 });
    await lab.put(labSlice('here', [b]));
    assert.equal(await a.evaluate(`return code(get('http://10.96.0.25', { timeout: 400 }))`), 'TIMEOUT');
  });

  test('a client keeps its backend when it asks for that', async () => {
    await lab.put(
      labService('sticky', '10.96.0.26', { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }),
      labSlice('sticky', [a, b, c]),
    );
    const seen = await a.evaluate<Record<string, number>>(SPREAD('http://10.96.0.26', 15));
    assert.equal(Object.keys(seen).length, 1);
    const [kept] = Object.keys(seen);
    await lab.put(
      labSlice(
        'sticky',
        [a, b, c].filter((pod) => pod.name !== kept),
      ),
    );
    const after = await a.evaluate<Record<string, number>>(SPREAD('http://10.96.0.26', 15));
    assert.equal(Object.keys(after).length, 1);
    assert.notEqual(Object.keys(after)[0], kept);
  });

  test('external and load balancer addresses lead to pods, source ranges apply', async () => {
    const spec = { type: 'LoadBalancer', externalIPs: ['198.51.100.7'], loadBalancerSourceRanges: [`${a.address}/32`] };
    await lab.put(labService('lb', '10.96.0.27', spec, { loadBalancer: { ingress: [{ ip: '198.51.100.8' }] } }), labSlice('lb', [c]));
    assert.match(await a.evaluate(`return get('http://198.51.100.7')`), /^c /);
    assert.match(await a.evaluate(`return get('http://198.51.100.8')`), /^c /);
    assert.equal(await b.evaluate(`return code(get('http://198.51.100.8', { timeout: 400 }))`), 'TIMEOUT');
  });

  test('a UDP client follows when its backend goes away', async () => {
    const udp = { ports: [{ port: 80, targetPort: 8080, protocol: 'UDP' }] };
    await lab.put(labService('udp', '10.96.0.28', udp), labSlice('udp', [b], 'UDP'));
    // One socket all the time: the same connection tracking entry. The test moves the endpoint while the client waits.
    const following = a.evaluate<string[]>(`
      const socket = require('node:dgram').createSocket('udp4');
      const seen = [];
      for (let i = 0; i < 60 && seen.at(-1) !== 'c'; i++) {
        seen.push((await udp('10.96.0.28', 80, socket).catch(() => 'lost')).split(' ')[0]);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      return seen;`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await lab.put(labSlice('udp', [c], 'UDP'));
    const seen = await following;
    assert.equal(seen[0], 'b');
    assert.equal(seen.at(-1), 'c');
  });

  test('DNS answers at its service address, from pods and nodes, over UDP and TCP', async () => {
    const all = lab.nodes.map(
      ({ home }) => ({ metadata: { name: home.name }, status: { addresses: [{ type: 'InternalIP', address: home.address }] } }) as unknown as Node,
    );
    const service = { ...(dnsService('10.96.0.10', 10053) as KubeObject), status: { loadBalancer: {} } };
    await lab.put(service, dnsSlice(all, 10053), labService('named', '10.96.0.29', { ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }));
    for (const from of [a, c, lab.nodes[0]!]) {
      const [plain, srv, none] = await from.evaluate<unknown[]>(`
        const one = resolver('10.96.0.10');
        return [await one.resolve4('named.default.svc.cluster.local'), await one.resolveSrv('_http._tcp.named.default.svc.cluster.local'), await code(one.resolve4('nobody.default.svc.cluster.local'))]`);
      assert.deepEqual(plain, ['10.96.0.29']);
      assert.equal((srv as { name: string }[])[0]!.name, 'named.default.svc.cluster.local');
      assert.equal(none, 'ENOTFOUND');
    }
    assert.equal(await a.evaluate(`return code(resolver('10.96.0.10').resolve4('example.com'))`), 'EREFUSED');
    const overTcp = `return new Promise((resolve) => { const socket = require('node:net').connect(53, '10.96.0.10', () => socket.write(Buffer.from('0017' + '000101000001000000000000' + '05' + Buffer.from('named').toString('hex') + '0000010001', 'hex'))); socket.once('data', (data) => { socket.destroy(); resolve(data.length > 13); }); })`;
    assert.equal(await a.evaluate(overTcp), true);
  });

  test('a rolling update under load loses no request, although the old pods die without warning', async () => {
    const [first, second] = lab.nodes as [Lab['nodes'][0], Lab['nodes'][0]];
    let serving = [await first.pod('v1-0'), await second.pod('v1-1')];
    await lab.put(
      labService('roll', '10.96.0.30', { type: 'NodePort', ports: [{ port: 80, targetPort: 8080, protocol: 'TCP', nodePort: 30090 }] }),
      labSlice('roll', serving),
    );
    // 100 requests a second from a pod, each on a connection of its own, for as long as the test asks.
    const load = a.evaluate<{ ok: number; failed: string[] }>(`
      const end = Date.now() + 4000; let ok = 0; const failed = []; const running = [];
      while (Date.now() < end) {
        running.push(get('http://10.96.0.30').then(() => ok++, (error) => failed.push(error.code ?? error.message)));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await Promise.all(running); return { ok, failed };`);
    for (let round = 0; round < 4; round++) {
      const fresh = await lab.nodes[round % 2]!.pod(`v2-${round}`);
      const [old, ...rest] = serving as [LabPod, ...LabPod[]];
      await lab.put(labSlice('roll', [...serving, fresh]));
      // As the kubelet does it: asks before the endpoints have changed, and ends the pod as soon as it may.
      const ended = lab.drained(old).then(() => old.kill());
      await lab.put(labSlice('roll', [{ ...old, state: 'terminating' }, ...rest, fresh]));
      await ended;
      serving = [...rest, fresh];
      await lab.put(labSlice('roll', serving));
    }
    const { ok, failed } = await load;
    assert.deepEqual(failed, []);
    assert.ok(ok > 200, `${ok} requests`);
  });

  test('an established connection survives the loss of its rule', async () => {
    await lab.put(labService('keep', '10.96.0.31'), labSlice('keep', [b]));
    const held = a.evaluate<string[]>(`
      const agent = new (require('node:http').Agent)({ keepAlive: true, maxSockets: 1 });
      const first = await get('http://10.96.0.31', { agent });
      await new Promise((resolve) => setTimeout(resolve, 800));
      return [first, await get('http://10.96.0.31', { agent })];`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await lab.put(labSlice('keep', [c]));
    assert.deepEqual(
      (await held).map((text) => text.split(' ')[0]),
      ['b', 'b'],
    );
  });

  test('nothing of the cluster leaves the machine, and what tries fails at once', async () => {
    const { nodeCidr } = lab.fabric;
    const watch = `table ip navarch-leak-test {
      chain out {
        type filter hook postrouting priority 300; oifname "lo" return; oifname "nv-*" return;
        ip saddr { 10.244.0.0/16, ${nodeCidr} } counter name leaks drop
        ip daddr { 10.244.0.0/16, 10.96.0.0/16, ${nodeCidr} } counter name leaks drop
      }
      counter leaks {
      }
    }`;
    await runCommand({ file: 'nft', args: ['-f', '-'] }, { input: watch }, signal);
    try {
      const attempts = `const t = performance.now(); const codes = [await code(get('http://203.0.113.9', { timeout: 1500 })), await code(udp('203.0.113.9', 53))]; return [codes, performance.now() - t]`;
      for (const from of [a, lab.nodes[0]!]) {
        const [codes] = await from.evaluate<[string[], number]>(attempts);
        assert.ok(codes.every((code) => code !== 'ok'));
      }
      // Even where the host forwards packets, and whatever a node's own filter was made to allow.
      await writeFile(`/proc/sys/net/ipv4/conf/${lab.fabric.hostInterface}/forwarding`, '1');
      const intruder = await lab.intruder();
      assert.match(await intruder.evaluate(`return code(get('http://203.0.113.9', { timeout: 1500 }))`), /^E(NET|HOST)UNREACH$/);
      for (const address of ['10.244.0.2', '10.96.0.20', '10.244.200.1']) await assert.rejects(fetchText(`http://${address}:8080`, 400));
      const counters = await runCommand({ file: 'nft', args: ['list', 'counters', 'table', 'ip', 'navarch-leak-test'] }, {}, signal);
      assert.match(counters, /packets 0 bytes 0/);
    } finally {
      await runCommand({ file: 'nft', args: ['delete', 'table', 'ip', 'navarch-leak-test'] }, {}, signal);
    }
  });

  test('a second cluster beside it has the same addresses and neither sees the other', async () => {
    await using other = await createLab(`nvtest2-${process.pid}`, 1);
    const twin = await other.nodes[0]!.pod('twin');
    assert.equal(twin.address, a.address);
    await other.put(labService('web', '10.96.0.20'), labSlice('web', [twin]));
    assert.deepEqual(await twin.evaluate(SPREAD('http://10.96.0.20', 5)), { twin: 5 });
    const seen = await b.evaluate<Record<string, number>>(SPREAD('http://10.96.0.20', 10));
    assert.equal(seen['twin'], undefined);
    assert.notEqual(await twin.evaluate(`return code(get('http://${lab.nodes[0]!.home.address}:30080', { timeout: 400 }))`), 'ok');
  });

  test('removing a cluster leaves nothing', async () => {
    const name = `nvtest3-${process.pid}`;
    const gone = await createLab(name, 1);
    await gone.nodes[0]!.pod('x');
    await gone[Symbol.asyncDispose]();
    const traces = await runCommand(
      {
        file: 'sh',
        args: ['-c', `ls /run/netns /run/navarch; ip -br link; ip route show table all; ip rule; cat /proc/self/mountinfo; nft list tables`],
      },
      { okCodes: [0, 1, 2] },
      signal,
    );
    assert.ok(!traces.includes(name), traces);
    assert.ok(!traces.includes(gone.fabric.hostInterface), traces);
    assert.ok(!traces.includes(gone.fabric.nodeCidr), traces);
  });
});

async function fetchText(url: string, timeoutMs = 3_000): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), headers: { connection: 'close' } });
  return await response.text();
}
