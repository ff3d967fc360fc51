import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SimClock } from '#base/testing/sim-clock.ts';
import { createClient } from '#client/api.ts';
import type { ApiRequest, Transport } from '#client/transport.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { serviceUnavailable } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import { ServiceAccountTokens } from './service-account-tokens.ts';

const signal = new AbortController().signal;
const pod: Pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'p', namespace: 'n', uid: '00000000-0000-4000-8000-00000000000a' }, spec: { containers: [], serviceAccountName: 'robot' }, status: {} };

describe('service account tokens', () => {
  it('are kept, renewed at four fifths of their life, and outlive a server that is away', async () => {
    const clock = new SimClock();
    const requests: ApiRequest[] = [];
    let away = false;
    const transport = {
      async request(request: ApiRequest) {
        requests.push(request);
        if (away) throw serviceUnavailable('away');
        return { spec: { expirationSeconds: 3600 }, status: { token: `token-${requests.length}`, expirationTimestamp: formatTime(clock.now() + 3_600_000) } };
      },
    } as unknown as Transport;
    const tokens = new ServiceAccountTokens(createClient(transport), clock);
    const get = async (): Promise<string> => (await tokens.get(pod, { audience: 'vault', expirationSeconds: 3600 }, signal)).token;
    assert.equal(await get(), 'token-1');
    assert.equal(requests[0]?.path, '/api/v1/namespaces/n/serviceaccounts/robot/token');
    assert.deepEqual((requests[0]!.body as { spec: unknown }).spec, { audiences: ['vault'], expirationSeconds: 3600, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: pod.metadata.uid } });
    await clock.advance(2_800_000);
    assert.equal(await get(), 'token-1');
    await clock.advance(100_000);
    assert.equal(await get(), 'token-2');
    away = true;
    await clock.advance(3_000_000);
    assert.equal(await get(), 'token-2');
    await clock.advance(700_000);
    await assert.rejects(get(), /away/);
    tokens.release(pod.metadata.uid!);
  });
});
