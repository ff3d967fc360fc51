import assert from 'node:assert/strict';
import { lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { selectContext } from './connect.ts';
import { putKubeconfigEntry, removeKubeconfigEntry } from './kubeconfig-file.ts';
import { kubeconfigPaths, loadKubeconfig, parseKubeconfig, renderKubeconfig } from './kubeconfig.ts';

const FOREIGN = `# mine
apiVersion: v1
kind: Config
current-context: work
clusters:
- name: work   # the big one
  cluster: { server: 'https://work:6443', certificate-authority: ca.pem }
contexts:
- name: work
  context: { cluster: work, user: me, namespace: team }
users:
- name: me
  user: { exec: { command: aws } }
extensions: [{ name: x }]
`;

async function folder(t: { after(fn: () => Promise<void>): void }): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

const entry = { name: 'navarch-default', cluster: { server: 'https://127.0.0.1:6443', 'certificate-authority-data': 'QQ==' }, user: { token: 't' } };

test('putting and removing a context leaves everything else as it was', async (t) => {
  const path = join(await folder(t), 'config');
  await writeFile(path, FOREIGN, { mode: 0o644 });
  await putKubeconfigEntry(path, entry, { makeCurrent: true, clock: systemClock });
  await putKubeconfigEntry(path, entry, { makeCurrent: true, clock: systemClock });
  const text = await readFile(path, 'utf8');
  assert.match(text, /# mine/);
  assert.match(text, /# the big one/);
  assert.match(text, /command: aws/);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const config = await loadKubeconfig([path]);
  assert.equal(config.currentContext, 'navarch-default');
  assert.deepEqual(Object.keys(config.clusters), ['work', 'navarch-default']);
  assert.equal(selectContext(config, 'work').namespace, 'team');
  assert.match(config.clusters['work']?.['certificate-authority'] ?? '', /^\/.*\/ca\.pem$/);
  await removeKubeconfigEntry(path, 'navarch-default', systemClock);
  const after = await loadKubeconfig([path]);
  assert.deepEqual(Object.keys(after.contexts), ['work']);
  assert.equal(after.currentContext, '');
});

test('a file that does not exist is made, with its folder', async (t) => {
  const path = join(await folder(t), 'deep', 'config');
  await putKubeconfigEntry(path, entry, { makeCurrent: false, clock: systemClock });
  assert.equal((await loadKubeconfig([path])).currentContext, '');
  assert.equal(selectContext(await loadKubeconfig([path]), 'navarch-default').user.token, 't');
});

test('changes at the same time all arrive, a link stays a link, and a lock left behind is taken over', async (t) => {
  const directory = await folder(t);
  const [path, link] = [join(directory, 'config'), join(directory, 'link')];
  await writeFile(path, FOREIGN);
  await symlink(path, link);
  await writeFile(`${link}.lock`, '');
  const names = ['a', 'b', 'c', 'd', 'e'];
  await Promise.all(names.map(async (name) => putKubeconfigEntry(link, { ...entry, name }, { makeCurrent: true, clock: systemClock })));
  assert.ok((await lstat(link)).isSymbolicLink());
  assert.deepEqual(Object.keys((await loadKubeconfig([path])).contexts).toSorted(), [...names, 'work']);
  assert.deepEqual((await readdir(directory)).toSorted(), ['config', 'link']);
});

test('several files read as one and the first wins', async (t) => {
  const directory = await folder(t);
  await writeFile(join(directory, 'a'), 'clusters: [{name: x, cluster: {server: "https://a"}}]\ncurrent-context: one\n');
  await writeFile(join(directory, 'b'), 'clusters: [{name: x, cluster: {server: "https://b"}}, {name: y, cluster: {server: "https://y"}}]\ncurrent-context: two\n');
  const config = await loadKubeconfig([join(directory, 'a'), join(directory, 'missing'), join(directory, 'b')]);
  assert.equal(config.clusters['x']?.server, 'https://a');
  assert.equal(config.clusters['y']?.server, 'https://y');
  assert.equal(config.currentContext, 'one');
  assert.deepEqual(kubeconfigPaths('/a:/b::/a', '/root'), ['/a', '/b']);
  assert.deepEqual(kubeconfigPaths('', '/root'), ['/root/.kube/config']);
});

test('what is rendered reads back the same', () => {
  const config = parseKubeconfig(FOREIGN, '/etc');
  assert.deepEqual(parseKubeconfig(renderKubeconfig(config), '/elsewhere'), config);
});
