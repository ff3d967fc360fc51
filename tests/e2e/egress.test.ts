/**
 * The way out: with egress on, pods and image pulls reach the network through the machine and under its address; with it off, nothing of the cluster leaves.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WEB_IMAGE_V1, writeImage } from './fixture/images.ts';
import { shellPod } from './fixture/manifests.ts';
import { type Machine, MACHINE_ADDRESS, startMachine, WORLD_ADDRESS } from './fixture/machine.ts';
import { eventually, type Output } from './fixture/run.ts';
import { systemKubectl } from './fixture/system-kubectl.ts';

const launcher = fileURLToPath(new URL('../../navarch', import.meta.url));
const NAME = 'e2e-egress';
const REGISTRY = `${WORLD_ADDRESS}:5000`;
const OUTSIDE_IMAGE = `${REGISTRY}/web:1`;

/** Answers HTTP with the address that the caller seems to have, and DNS with the world's address for every name. */
const WORLD = `
import { createServer } from 'node:http';
import { createSocket } from 'node:dgram';
createServer((request, response) => response.end('hello ' + request.socket.remoteAddress)).listen(80, '${WORLD_ADDRESS}');
const dns = createSocket('udp4');
dns.on('message', (query, peer) => {
  const end = query.indexOf(0, 12) + 5;
  const isA = query.readUInt16BE(end - 4) === 1;
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(isA ? 1 : 0, 6);
  head.fill(0, 8, 12);
  const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...'${WORLD_ADDRESS}'.split('.').map(Number)]);
  dns.send(Buffer.concat([head, query.subarray(12, end), isA ? answer : Buffer.alloc(0)]), peer.port, peer.address);
});
dns.bind(53, '${WORLD_ADDRESS}');
`;

describe('egress', () => {
  let machine: Machine;
  let directory: string;
  let env: Record<string, string>;
  let kubectlPath: string;

  const navarch = async (...args: string[]): Promise<Output> => {
    const output = await machine.inside(launcher, args, { env });
    assert.equal(output.code, 0, `navarch ${args.join(' ')}\n${output.stdout}${output.stderr}`);
    return output;
  };
  const kubectl = async (args: readonly string[], stdin = ''): Promise<Output> => machine.inside(kubectlPath, args, { env, stdin });
  const inPod = async (...command: string[]): Promise<Output> => kubectl(['exec', 'shell', '--', ...command]);
  const podUrl = async (url: string): Promise<string> => (await inPod('wget', '-qO-', url)).stdout;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'navarch-egress-'));
    env = { NAVARCH_HOME: join(directory, 'home'), KUBECONFIG: join(directory, 'kubeconfig'), HOME: directory, NAVARCH_EGRESS: '' };
    kubectlPath = await systemKubectl();
    machine = await startMachine(NAME);
    const world = join(directory, 'world.mjs');
    await writeFile(world, WORLD);
    machine.serve(process.execPath, [world]);
    await startWorldRegistry();
    await navarch('up', '--name', NAME, '--egress', 'on', '--registry', REGISTRY);
    const image = await writeImage(WEB_IMAGE_V1, directory);
    await navarch('image', 'load', '--name', NAME, image);
    await kubectl(['apply', '-f', '-'], shellPod('shell'));
    await kubectl(['wait', '--for=condition=Ready', 'pod/shell', '--timeout=60s']);
  });
  after(async () => {
    await machine?.inside(launcher, ['delete', '--name', NAME], { env });
    await machine?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  async function startWorldRegistry(): Promise<void> {
    const configuration = join(directory, 'registry.yml');
    await writeFile(configuration, `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${join(directory, 'registry')} } }\nhttp: { addr: "${REGISTRY}" }\n`);
    machine.serve('docker-registry', ['serve', configuration]);
    await eventually('the registry answers', async () => (await machine.outside('curl', ['-sf', `http://${REGISTRY}/v2/`])).code === 0);
    const archive = await writeImage(WEB_IMAGE_V1, directory);
    const push = await machine.outside('skopeo', ['--insecure-policy', 'copy', '--quiet', '--dest-tls-verify=false', `oci-archive:${archive}:1`, `docker://${OUTSIDE_IMAGE}`]);
    assert.equal(push.code, 0, push.stderr);
  }

  test('on: a pod reaches the world under the machine’s address', async () => {
    assert.equal(await podUrl(`http://${WORLD_ADDRESS}/`), `hello ${MACHINE_ADDRESS}`);
  });

  test('on: a pod finds names of the world through cluster DNS', async () => {
    assert.equal(await podUrl('http://server.example/'), `hello ${MACHINE_ADDRESS}`);
  });

  test('on: images come from the world', async () => {
    const { stderr } = await kubectl(['run', 'pulled', `--image=${OUTSIDE_IMAGE}`, '--image-pull-policy=Always']);
    assert.equal(stderr, '');
    const { code, stderr: waiting } = await kubectl(['wait', '--for=condition=Ready', 'pod/pulled', '--timeout=60s']);
    assert.equal(code, 0, waiting);
  });

  test('on: what is for nobody in the cluster stays in the machine', () => staysInside());

  test('off: neither pods nor nodes reach the world, and nothing of theirs is seen there', async () => {
    await navarch('down', '--name', NAME);
    await navarch('up', '--name', NAME, '--egress', 'off');
    await kubectl(['wait', '--for=condition=Ready', 'pod/shell', '--timeout=60s']);
    const { packets } = await machine.counts();
    for (const target of [`${WORLD_ADDRESS}:80`, '203.0.113.1:80', '192.0.2.9:80']) assert.notEqual((await inPod('nc', '-w', '1', ...target.split(':'))).code, 0, target);
    assert.notEqual((await inPod('ping', '-c', '1', '-W', '1', WORLD_ADDRESS)).code, 0);
    assert.notEqual((await inPod('nslookup', 'server.example')).code, 0);
    await kubectl(['run', 'unpulled', `--image=${REGISTRY}/other:1`]);
    const failure = await eventually('the pull fails', async () => {
      const { stdout } = await kubectl(['get', 'pod', 'unpulled', '-o', 'jsonpath={.status.containerStatuses[0].state.waiting.reason}']);
      return /ErrImagePull|ImagePullBackOff/.test(stdout) && stdout;
    });
    assert.ok(failure);
    await staysInside();
    assert.equal((await machine.counts()).packets, packets, 'the uplink was used');
    // The machine itself still has its way.
    assert.equal((await machine.inside('curl', ['-s', '--max-time', '5', `http://${WORLD_ADDRESS}/`])).stdout, `hello ${MACHINE_ADDRESS}`);
    assert.ok((await machine.counts()).packets > packets);
  });

  /** Sends to addresses of the cluster's ranges that nobody has, from a pod and from the machine. */
  async function staysInside(): Promise<void> {
    const before = await machine.counts();
    for (const address of ['10.244.77.9', '10.96.200.200', '10.89.0.222']) {
      assert.notEqual((await inPod('nc', '-w', '1', address, '80')).code, 0, address);
      assert.notEqual((await machine.inside('curl', ['-s', '--max-time', '1', `http://${address}/`])).code, 0, address);
    }
    const { inner } = await machine.counts();
    assert.deepEqual({ inner, before: before.inner }, { inner: 0, before: 0 });
  }
});
