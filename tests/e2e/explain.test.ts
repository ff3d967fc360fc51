/**
 * What `kubectl explain --recursive` makes of the OpenAPI documents is every field that the kinds declare, and a text for each.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { builtinKinds } from '#kinds/registry.ts';
import { jsonFields } from '#machinery/schema-fields.ts';
import { type AnySchema, type Message, resolve } from '#machinery/schema.ts';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { laterKubectl } from './fixture/kubectl-releases.ts';

let cluster: TestCluster;
let directory: string;
let binary: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'navarch-explain-'));
  [cluster, binary] = await Promise.all([startTestCluster({ name: 'e2e-explain', runtime: 'simulated' }), laterKubectl(directory)]);
});
after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

function messageOf(schema: AnySchema): Message | undefined {
  const type = resolve(schema);
  if (type.type === 'message') return type;
  if (type.type === 'list') return messageOf(type.item);
  return type.type === 'map' ? messageOf(type.value) : undefined;
}

/** Paths of all declared fields; recursive types end where they begin again. */
function declared(message: Message, path = '', above: readonly Message[] = []): string[] {
  return jsonFields(message).flatMap(({ name, schema }) => {
    const here = path === '' ? name : `${path}.${name}`;
    const below = messageOf(schema);
    return !below || above.includes(below) || below === message ? [here] : [here, ...declared(below, here, [...above, message])];
  });
}

/** Paths in the indented text that `--recursive` prints. */
function explained(text: string): string[] {
  const stack: string[] = [];
  return text
    .slice(text.indexOf('FIELDS:'))
    .split('\n')
    .flatMap((line) => {
      const found = /^( +)([A-Za-z0-9_$-]+)\t/.exec(line);
      if (!found) return [];
      const depth = found[1]!.length / 2 - 1;
      stack.splice(depth, Infinity, found[2]!);
      return [stack.join('.')];
    });
}

for (const name of ['pods', 'deployments.apps', 'services', 'jobs.batch', 'persistentvolumes', 'ingresses.networking.k8s.io', 'horizontalpodautoscalers.autoscaling', 'resourceclaims.resource.k8s.io', 'flowschemas.flowcontrol.apiserver.k8s.io']) {
  test(`explain ${name} --recursive`, async () => {
    const [plural, ...group] = name.split('.');
    const kind = builtinKinds.filter((one) => one.plural === plural && one.group === group.join('.')).at(-1)!;
    const { stdout } = await cluster.kubectl(['explain', plural!, '--recursive', `--api-version=${kind.group ? `${kind.group}/` : ''}${kind.version}`], { binary });
    assert.deepEqual(explained(stdout).toSorted(), declared(kind.schema).toSorted());
    assert.match(stdout, new RegExp(`^KIND: {7}${kind.kind}$`, 'm'));
    assert.match(stdout, /DESCRIPTION:\n {4}\S/);
  });
}

test('explain of one field tells its type, what it is for and what it may be', async () => {
  const { stdout } = await cluster.kubectl(['explain', 'pod.spec.restartPolicy'], { binary });
  assert.match(stdout, /FIELD: restartPolicy <string>\nENUM:\n {4}Always\n {4}Never\n {4}OnFailure\n\nDESCRIPTION:\n {4}Restart policy for all containers within the pod/);
});
