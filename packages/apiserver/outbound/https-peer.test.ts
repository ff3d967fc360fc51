import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { openLocalPeer } from '../testing/local-peer.ts';
import { HttpsPeer } from './https-peer.ts';

test('answers, and those that are too long', async () => {
  await using local = await openLocalPeer(({ path }) => ({ text: path === '/long' ? 'x'.repeat(5 * 1024 * 1024) : 'short' }));
  using peer = new HttpsPeer({ url: new URL(local.url), ca: local.ca, token: async () => 'secret' }, systemClock);
  assert.equal((await peer.get(new URL(`${local.url}/x`), 5_000)).text, 'short');
  assert.equal(local.requests[0]!.headers['authorization'], 'Bearer secret');
  await assert.rejects(peer.get(new URL(`${local.url}/long`), 5_000), /Get "https:\/\/127.0.0.1:\d+\/long": the answer is too long/);
  assert.equal((await peer.post('{}', 5_000)).code, 200);
});

test('peers that are not who they should be', async () => {
  await using local = await openLocalPeer(() => ({ text: 'x' }));
  await using other = await openLocalPeer();
  const ask = async (options: object): Promise<string> => {
    using peer = new HttpsPeer({ url: new URL(local.url), ...options }, systemClock);
    return peer.post('{}', 5_000).then(
      ({ text }) => text,
      (error: Error) => error.message,
    );
  };
  assert.match(await ask({ ca: other.ca }), /unable to verify|self-signed|certificate/);
  assert.match(await ask({ ca: local.ca, serverName: 'elsewhere' }), /does not match certificate's altnames/);
  assert.equal(await ask({ ca: local.ca, serverName: 'localhost' }), 'x');
  assert.equal(await ask({ ca: other.ca, insecureSkipVerify: true }), 'x');
});

test('a peer that is slow cannot pile requests up', async () => {
  const clock = new SimClock();
  await using local = await openLocalPeer(() => undefined);
  using peer = new HttpsPeer({ url: new URL(local.url), ca: local.ca }, clock);
  const waiting = Array.from({ length: 1_024 }, () => peer.post('{}', 1_000).then(
      () => 'answered',
      (error: Error) => error.message,
    ));
  await assert.rejects(peer.post('{}', 1_000), /is asked too much at once/);
  // All but a few wait for a connection; every one of them ends in time.
  await clock.advance(1_000);
  for (const words of await Promise.all(waiting)) assert.match(words, /context deadline exceeded|socket hang up/);
  local.answer = () => ({ text: 'again' });
  assert.equal((await peer.post('{}', 1_000)).text, 'again');
});
