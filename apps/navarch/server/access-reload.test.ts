import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { memoryPkiFiles } from '#apiserver/pki/pki-files.ts';
import { openPki } from '#apiserver/pki/pki.ts';
import { openTestServer } from '#apiserver/testing/test-server.ts';
import { systemClock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { readAccess } from './access.ts';
import { reloadAccess } from './access-reload.ts';

test('changed files about access take effect; those that cannot be used do not', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'navarch-access-'));
  const at = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const authentication = (paths: string): string => `apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\nanonymous: {enabled: true, conditions: [${paths}]}\n`;
  const authorization = (type: string): string => `apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers: [{type: ${type}, name: one}]\n`;
  const [first, second] = [openPki(memoryPkiFiles(), systemClock, systemRandom), openPki(memoryPkiFiles(), systemClock, systemRandom)];
  const flags = { authenticationConfig: at('n.yaml', authentication('{path: /healthz}')), authorizationConfig: at('z.yaml', authorization('RBAC')), clientCaFile: at('ca.crt', first.caCert) };
  const clock = new SimClock();
  const stop = new AbortController();
  const read = async () => (await readAccess(flags)).security;
  await using server = await openTestServer({ security: await read() });
  const { metrics } = server.server;
  const running = reloadAccess({ flags, read, apply: (config) => server.server.reloadSecurity(config), clock, log: silentLogger, metrics }, stop.signal).catch(() => {});
  const settled = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await condition())) {
      await clock.advance(10_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const jane = (pki: typeof first) => ({ certificate: pki.issueClient({ name: 'jane', groups: [] }) });
  const code = async (path: string, request = {}): Promise<number> => (await server.ask(path, request)).code;
  try {
    assert.deepEqual([await code('/healthz'), await code('/livez'), await code('/api/v1/pods', jane(first)), await code('/api/v1/pods', jane(second))], [200, 401, 403, 401]);
    at('n.yaml', authentication('{path: /livez}'));
    await settled(async () => (await code('/livez')) === 200);
    assert.equal(await code('/healthz'), 401);
    at('z.yaml', authorization('AlwaysAllow'));
    await settled(async () => (await code('/api/v1/pods', jane(first))) === 200);
    at('ca.crt', second.caCert);
    await settled(async () => (await code('/api/v1/pods', jane(second))) === 200);
    assert.equal(await code('/api/v1/pods', jane(first)), 401);
    at('z.yaml', authorization('Nonsense'));
    await settled(() => metrics.text().includes('authorization_config_controller_automatic_reloads_total{status="failure"} 1'));
    assert.equal(await code('/api/v1/pods', jane(second)), 200, 'what was there before stays');
    for (const line of ['apiserver_authentication_config_controller_automatic_reloads_total{status="success"} 1', 'apiserver_authorization_config_controller_automatic_reloads_total{status="success"} 1'])
      assert.ok(metrics.text().includes(line), line);
  } finally {
    stop.abort();
    await running;
    rmSync(directory, { recursive: true });
  }
});
