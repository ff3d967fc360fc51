import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import { type LocalPeer, openLocalPeer } from '../testing/local-peer.ts';
import { resourceAttributes } from './authorizer.ts';
import { compileMatchCondition } from './match-conditions.ts';
import { WebhookAuthorizer, type WebhookAuthorizerConfig } from './webhook-authorizer.ts';

const alice = { name: 'alice', uid: '1', groups: ['dev'], extra: { scopes: ['x'] } };
const list = {
  ...resourceAttributes({ verb: 'list', version: 'v1', resource: 'pods', namespace: 'n' }),
  fieldSelector: 'spec.nodeName=a,status.phase!=Failed',
  labelSelector: 'app in (a,b),!x,size>3',
};

const says =
  (status: object): LocalPeer['answer'] =>
  ({ body }) => ({ json: { ...(JSON.parse(body) as object), status } });

async function open(answer: LocalPeer['answer'], config: Partial<WebhookAuthorizerConfig> = {}) {
  const clock = new SimClock();
  const peer = await openLocalPeer(answer);
  const authorizer = new WebhookAuthorizer(
    {
      address: { url: new URL(`${peer.url}/authorize`), ca: peer.ca },
      version: 'v1',
      authorizedMs: 300_000,
      unauthorizedMs: 30_000,
      timeoutMs: 3_000,
      onFailure: 'NoOpinion',
      ...config,
    },
    { clock, log: silentLogger },
  );
  const stack = new AsyncDisposableStack();
  stack.use(peer);
  stack.use(authorizer);
  return { clock, peer, authorizer, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('what is asked', async () => {
  await using env = await open(says({ allowed: true, reason: 'friend' }));
  assert.deepEqual(await env.authorizer.authorize(alice, list), { verdict: 'allow', reason: 'friend' });
  assert.deepEqual(JSON.parse(env.peer.requests[0]!.body), {
    kind: 'SubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: {
      resourceAttributes: {
        namespace: 'n',
        verb: 'list',
        version: 'v1',
        resource: 'pods',
        fieldSelector: {
          requirements: [
            { key: 'spec.nodeName', operator: 'In', values: ['a'] },
            { key: 'status.phase', operator: 'NotIn', values: ['Failed'] },
          ],
        },
        labelSelector: {
          requirements: [
            { key: 'app', operator: 'In', values: ['a', 'b'] },
            { key: 'x', operator: 'DoesNotExist' },
          ],
        },
      },
      user: 'alice',
      groups: ['dev'],
      extra: { scopes: ['x'] },
      uid: '1',
    },
  });
  await env.authorizer.authorize(alice, { ...resourceAttributes({ verb: 'get', resource: '' }), isResource: false, path: '/metrics' });
  assert.deepEqual((JSON.parse(env.peer.requests[1]!.body) as { spec: { nonResourceAttributes: object } }).spec.nonResourceAttributes, {
    path: '/metrics',
    verb: 'get',
  });
});

test('answers, and how long they are believed', async () => {
  const cases = [
    [{ allowed: true }, 'allow', 300_000],
    [{ allowed: false }, 'none', 30_000],
    [{ allowed: false, denied: true, reason: 'no' }, 'deny', 30_000],
  ] as const;
  for (const [status, verdict, keptMs] of cases) {
    await using env = await open(says(status));
    const ask = async () => (await env.authorizer.authorize(alice, list)).verdict;
    assert.equal(await ask(), verdict);
    await env.clock.advance(keptMs - 1);
    assert.equal(await ask(), verdict);
    assert.equal(env.peer.requests.length, 1);
    await env.clock.advance(1);
    await ask();
    assert.equal(env.peer.requests.length, 2);
  }
});

test('a webhook that cannot be asked', async () => {
  for (const [onFailure, verdict] of [
    ['NoOpinion', 'none'],
    ['Deny', 'deny'],
  ] as const) {
    await using env = await open(() => undefined, { onFailure });
    const asking = env.authorizer.authorize(alice, list);
    while (env.peer.requests.length === 0) await new Promise(setImmediate);
    await env.clock.advance(3_000);
    const decision = await asking;
    assert.equal(decision.verdict, verdict);
    assert.match(decision.error ?? '', /context deadline exceeded/);
    // Failures are not remembered.
    env.peer.answer = says({ allowed: true });
    assert.equal((await env.authorizer.authorize(alice, list)).verdict, 'allow');
  }
});

test('a webhook is asked when its conditions hold', async () => {
  const program = (expression: string) => {
    const compiled = compileMatchCondition(expression);
    return 'program' in compiled ? compiled.program : assert.fail(compiled.error);
  };
  const asked = async (expressions: readonly string[], onFailure: 'NoOpinion' | 'Deny' = 'NoOpinion'): Promise<readonly [string, number]> => {
    await using env = await open(says({ allowed: true, reason: 'friend' }), { conditions: expressions.map(program), onFailure });
    const { verdict, error } = await env.authorizer.authorize(alice, list);
    return [error ?? verdict, env.peer.requests.length];
  };
  const held = "request.resourceAttributes.namespace == 'n' && request.resourceAttributes.name == '' && 'dev' in request.groups && request.extra['scopes'] == ['x']";
  const failing = "request.nonResourceAttributes.path == '/'";
  const failure = `cel evaluation error: expression '${failing}' resulted in error: no such key: nonResourceAttributes`;
  assert.deepEqual(await asked([held, "request.resourceAttributes.fieldSelector.requirements.exists(r, r.key == 'spec.nodeName')"]), ['allow', 1]);
  assert.deepEqual(await asked([held, "request.user == 'bob'"]), ['none', 0]);
  assert.deepEqual(await asked([failing, "request.user == 'bob'"], 'Deny'), ['none', 0]);
  assert.deepEqual(await asked([failing, held]), [failure, 0]);
  await using denying = await open(says({ allowed: true }), { conditions: [program(failing)], onFailure: 'Deny' });
  assert.deepEqual(await denying.authorizer.authorize(alice, list), { verdict: 'deny', reason: '', error: failure });
});
