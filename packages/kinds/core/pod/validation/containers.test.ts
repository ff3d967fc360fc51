import { containerCases, LABEL_TEXT, pod, specCases } from '../../../testing/pods.ts';
import { createCases } from '../../../testing/tables.ts';
import { pods } from '../kind.ts';

const named = (name: string, members: object = {}): object => ({ name, image: 'i', ...members });

containerCases({
  'all that a container may have': [
    {
      command: ['a'],
      args: ['b'],
      workingDir: '/x',
      stdin: true,
      tty: true,
      terminationMessagePolicy: 'FallbackToLogsOnError',
      imagePullPolicy: 'Never',
    },
    [],
  ],
  'no name': [{ name: '' }, ['name: Required value']],
  'bad name': [{ name: 'A' }, [`name: Invalid value: "A": ${LABEL_TEXT}`]],
  'name with dots': [{ name: 'a.b' }, ['name: Invalid value: "a.b": must not contain dots']],
  'no image': [{ image: '' }, ['image: Required value']],
  'padded image': [{ image: ' a' }, ['image: Invalid value: " a": must not have leading or trailing whitespace']],
  'bad pull policy': [
    { imagePullPolicy: 'Sometimes' },
    ['imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"'],
  ],
  'bad message policy': [
    { terminationMessagePolicy: 'Shout' },
    ['terminationMessagePolicy: Unsupported value: "Shout": supported values: "File", "FallbackToLogsOnError"'],
  ],
});

specCases({
  'no containers': [{ containers: [] }, ['containers: Required value']],
  'same name twice': [{ containers: [named('c'), named('c')] }, ['containers[1].name: Duplicate value: "c"']],
  'an init container named as another': [{ initContainers: [named('c')] }, ['initContainers[0].name: Duplicate value: "c"']],
  'two init containers of a name': [{ initContainers: [named('i'), named('i')] }, ['initContainers[1].name: Duplicate value: "i"']],
  'an init container with hooks and probes': [
    {
      initContainers: [
        named('i', {
          lifecycle: { preStop: { exec: { command: ['x'] } } },
          livenessProbe: { tcpSocket: { port: 1 } },
          readinessProbe: { tcpSocket: { port: 1 } },
          startupProbe: { tcpSocket: { port: 1 } },
        }),
      ],
    },
    ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'].map(
      (name) => `initContainers[0].${name}: Forbidden: may not be set for init containers without restartPolicy=Always`,
    ),
  ],
  'a sidecar with hooks and probes': [
    {
      initContainers: [
        named('i', {
          restartPolicy: 'Always',
          lifecycle: { preStop: { exec: { command: ['x'] } } },
          startupProbe: { tcpSocket: { port: 1 } },
          resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }],
        }),
      ],
    },
    [],
  ],
  'a sidecar with a bad probe': [
    { initContainers: [named('i', { restartPolicy: 'Always', livenessProbe: {} })] },
    ['initContainers[0].livenessProbe: Required value: must specify a handler type'],
  ],
  'an init container that a resize would restart': [
    { initContainers: [named('i', { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] })] },
    [
      `initContainers[0].resizePolicy[0].restartPolicy: Invalid value: "RestartContainer": must not be set to 'RestartContainer' for non-sidecar initContainers`,
    ],
  ],
});

createCases(pods, {
  'ephemeral containers cannot be there from the start': [
    pod({ ephemeralContainers: [named('e')] }),
    ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
  ],
  'ephemeral containers are named apart, and have a target': [
    pod({ ephemeralContainers: [named('c', { targetContainerName: 'nobody' })] }),
    [
      'spec.ephemeralContainers[0].name: Duplicate value: "c"',
      'spec.ephemeralContainers[0].targetContainerName: Not found: "nobody"',
      'spec.ephemeralContainers: Forbidden: cannot be set on create',
    ],
  ],
  'ephemeral containers have no probes, ports, resources or sub-paths': [
    pod({
      volumes: [{ name: 'v', emptyDir: {} }],
      ephemeralContainers: [
        named('e', {
          ports: [{ containerPort: 1 }],
          livenessProbe: { tcpSocket: { port: 1 } },
          resources: { limits: { cpu: '1' } },
          lifecycle: { preStop: { exec: { command: ['x'] } } },
          restartPolicy: 'Always',
          volumeMounts: [
            { name: 'v', mountPath: '/a', subPath: 'x' },
            { name: 'v', mountPath: '/b', subPathExpr: 'x' },
          ],
        }),
      ],
    }),
    [
      ...['ports', 'resources', 'restartPolicy', 'livenessProbe', 'lifecycle', 'volumeMounts[0].subPath', 'volumeMounts[1].subPathExpr'].map(
        (name) => `spec.ephemeralContainers[0].${name}: Forbidden: cannot be set for an Ephemeral Container`,
      ),
      'spec.ephemeralContainers: Forbidden: cannot be set on create',
    ],
  ],
});
