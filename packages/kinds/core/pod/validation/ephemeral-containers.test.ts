import assert from 'node:assert/strict';
import test from 'node:test';
import type { Draft } from '#machinery/schema.ts';
import { created, draftOf, testContext } from '../../../testing/objects.ts';
import { pod } from '../../../testing/pods.ts';
import { type Findings, subresourceFindings } from '../../../testing/tables.ts';
import { pods } from '../kind.ts';
import type { Pod } from '../schema.ts';

type Containers = Record<string, unknown>[];

function attachCases(
  annotations: object,
  stored: Containers,
  cases: Readonly<Record<string, readonly [sent: Containers, findings: Findings]>>,
): void {
  for (const [name, [sent, findings]] of Object.entries(cases)) {
    test(`Pod ephemeralcontainers: ${name}`, () => {
      const before = draftOf<Pod>(created(pods, pod({ nodeName: 'n', volumes: [{ name: 'v', emptyDir: {} }] }, { annotations })));
      before.spec!.ephemeralContainers = stored as never;
      pods.defaults!(before, testContext);
      const after = draftOf<Pod>(before);
      after.spec!.ephemeralContainers = sent as never;
      pods.defaults!(after as Draft<Pod>, testContext);
      assert.deepEqual(subresourceFindings(pods, 'ephemeralcontainers', before as unknown as Pod, after as unknown as Pod), findings);
    });
  }
}

attachCases({}, [{ name: 'e', image: 'i' }], {
  'one more': [
    [
      { name: 'e', image: 'i' },
      { name: 'f', image: 'i', targetContainerName: 'c' },
    ],
    [],
  ],
  'the target is nobody': [
    [
      { name: 'e', image: 'i' },
      { name: 'f', image: 'i', targetContainerName: 'x' },
    ],
    ['spec.ephemeralContainers[1].targetContainerName: Not found: "x"'],
  ],
  'none any more': [[], ['spec.ephemeralContainers: Forbidden: existing ephemeral containers "e" may not be removed\n']],
  'a name that is taken': [
    [
      { name: 'e', image: 'i' },
      { name: 'c', image: 'i' },
    ],
    ['spec.ephemeralContainers[1].name: Duplicate value: "c"'],
  ],
  'what only lasting containers have': [
    [
      { name: 'e', image: 'i' },
      {
        name: 'f',
        image: 'i',
        ports: [{ containerPort: 1 }],
        resources: { limits: { cpu: '1' } },
        livenessProbe: { exec: { command: ['a'] } },
        lifecycle: { preStop: { exec: { command: ['a'] } } },
        volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'a' }],
      },
    ],
    [
      'spec.ephemeralContainers[1].ports: Forbidden: cannot be set for an Ephemeral Container',
      'spec.ephemeralContainers[1].resources: Forbidden: cannot be set for an Ephemeral Container',
      'spec.ephemeralContainers[1].livenessProbe: Forbidden: cannot be set for an Ephemeral Container',
      'spec.ephemeralContainers[1].lifecycle: Forbidden: cannot be set for an Ephemeral Container',
      'spec.ephemeralContainers[1].volumeMounts[0].subPath: Forbidden: cannot be set for an Ephemeral Container',
    ],
  ],
});

attachCases({ 'kubernetes.io/config.mirror': 'x' }, [], {
  'to a pod of a file': [[{ name: 'e', image: 'i' }], [': Forbidden: static pods do not support ephemeral containers']],
});

test('an ephemeral container stays as it is', () => {
  const before = draftOf<Pod>(created(pods, pod()));
  before.spec!.ephemeralContainers = [{ name: 'e', image: 'i', command: ['a'] }];
  const after = draftOf<Pod>(before);
  after.spec!.ephemeralContainers![0]!.command = ['b'];
  const all = subresourceFindings(pods, 'ephemeralcontainers', before as unknown as Pod, after as unknown as Pod);
  assert.match(all.at(-1)!, /^spec\.ephemeralContainers: Forbidden: existing ephemeral containers "e" may not be changed\n/);
});
