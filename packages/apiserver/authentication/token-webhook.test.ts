import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '#base/testing/sim-clock.ts';
import { type LocalPeer, openLocalPeer } from '../testing/local-peer.ts';
import { TokenWebhook } from './token-webhook.ts';

const SERVER = ['https://server'];

function review(status: object): LocalPeer['answer'] {
  return ({ body }) => ({ json: { ...(JSON.parse(body) as object), status } });
}

async function open(answer: LocalPeer['answer'], version: 'v1' | 'v1beta1' = 'v1') {
  const clock = new SimClock();
  const peer = await openLocalPeer(answer);
  const webhook = new TokenWebhook(
    { address: { url: new URL(`${peer.url}/authenticate`), ca: peer.ca }, version, cacheMs: 120_000 },
    { clock, serverAudiences: SERVER },
  );
  const stack = new AsyncDisposableStack();
  stack.use(peer);
  stack.use(webhook);
  return { clock, peer, webhook, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('users that a webhook knows', async () => {
  const user = { username: 'carl', uid: '3', groups: ['dev'], extra: { scopes: ['a'] } };
  await using env = await open(review({ authenticated: true, user }));
  const { clock, peer, webhook } = env;
  const known = { user: { name: 'carl', uid: '3', groups: ['dev', 'system:authenticated'], extra: { scopes: ['a'] } }, audiences: SERVER };
  assert.deepEqual(await webhook.authenticate('t'), known);
  assert.equal(peer.requests[0]!.path, '/authenticate');
  assert.deepEqual(JSON.parse(peer.requests[0]!.body), {
    kind: 'TokenReview',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {},
    spec: { token: 't', audiences: SERVER },
  });
  assert.deepEqual(await webhook.authenticate('t'), known);
  assert.equal(peer.requests.length, 1);
  await clock.advance(120_000);
  await Promise.all([webhook.authenticate('t'), webhook.authenticate('t'), webhook.authenticate('other')]);
  assert.equal(peer.requests.length, 3, 'requests at the same time share a question');
});

test('audiences', async () => {
  const user = { username: 'carl' };
  await using aware = await open(review({ authenticated: true, user, audiences: ['a', 'b'] }));
  assert.deepEqual((await aware.webhook.authenticate('t', ['b', 'c']))?.audiences, ['b']);
  assert.equal(await aware.webhook.authenticate('t', ['c']), undefined);
  await using unaware = await open(review({ authenticated: true, user }));
  assert.equal(await unaware.webhook.authenticate('t', ['a']), undefined);
});

test('answers that are none', async () => {
  const cases: readonly (readonly [LocalPeer['answer'], RegExp | undefined])[] = [
    [review({ authenticated: false }), undefined],
    [review({ authenticated: false, error: 'expired' }), /^StatusError: expired$/],
    [review({ authenticated: true }), undefined],
    [() => ({ code: 403 }), /status code 403/],
    [() => ({ text: 'hello' }), /the answer is not JSON/],
    [() => ({ json: { kind: 'Other', apiVersion: 'v1' } }), /no kind "Other" is expected/],
  ];
  for (const [answer, failure] of cases) {
    await using env = await open(answer);
    if (failure) await assert.rejects(async () => env.webhook.authenticate('t'), failure);
    else assert.equal(await env.webhook.authenticate('t'), undefined);
  }
});

test('failures that pass are tried again', async () => {
  let left = 2;
  const good = review({ authenticated: true, user: { username: 'carl' } });
  await using env = await open((request) => (left-- > 0 ? { code: 500 } : good(request)));
  const asking = env.webhook.authenticate('t');
  for (const count of [1, 2]) {
    while (env.peer.requests.length < count) await new Promise(setImmediate);
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    await env.clock.advance(1_000);
  }
  assert.equal((await asking)?.user.name, 'carl');
  assert.equal(env.peer.requests.length, 3);
});

test('a webhook that is not there, or says nothing', async () => {
  await using env = await open(() => undefined);
  const asking = env.webhook.authenticate('t');
  const refused = assert.rejects(async () => asking, /context deadline exceeded/);
  while (env.peer.requests.length === 0) await new Promise(setImmediate);
  await env.clock.advance(30_000);
  await refused;
  await env.peer[Symbol.asyncDispose]();
  await assert.rejects(async () => env.webhook.authenticate('u'), /ECONNREFUSED|socket hang up/);
});
