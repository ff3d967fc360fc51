import { withGates } from '../../../testing/objects.ts';
import { containerCases, specCases } from '../../../testing/pods.ts';

const live = (probe: object): object => ({ livenessProbe: probe });
const get = (members: object): object => live({ httpGet: { port: 80, ...members } });
const tcp = { tcpSocket: { port: 80 } };

containerCases({
  'probes of every kind': [
    {
      livenessProbe: {
        httpGet: { port: 'web', path: '/x', scheme: 'HTTPS', httpHeaders: [{ name: 'X-A', value: 'b' }] },
        terminationGracePeriodSeconds: 5,
      },
      readinessProbe: { grpc: { port: 5000, service: 's' }, successThreshold: 3 },
      startupProbe: { exec: { command: ['x'] }, failureThreshold: 30 },
    },
    [],
  ],
  'no handler': [live({}), ['livenessProbe: Required value: must specify a handler type']],
  'two handlers': [
    { readinessProbe: { exec: { command: ['x'] }, ...tcp, httpGet: { port: 1 }, grpc: { port: 1 } } },
    ['httpGet', 'tcpSocket', 'grpc'].map((name) => `readinessProbe.${name}: Forbidden: may not specify more than 1 handler type`),
  ],
  'no command': [live({ exec: {} }), ['livenessProbe.exec.command: Required value']],
  'bad port': [get({ port: 70_000 }), ['livenessProbe.httpGet.port: Invalid value: 70000: must be between 1 and 65535, inclusive']],
  'bad port name': [
    get({ port: 'a_b' }),
    ['livenessProbe.httpGet.port: Invalid value: "a_b": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)'],
  ],
  'bad scheme': [get({ scheme: 'FTP' }), ['livenessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"']],
  'bad header': [
    get({ httpHeaders: [{ name: 'a b', value: '' }] }),
    [
      `livenessProbe.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')`,
    ],
  ],
  'bad socket port': [live({ tcpSocket: { port: 0 } }), ['livenessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive']],
  'bad gRPC port': [live({ grpc: { port: -1 } }), ['livenessProbe.grpc.port: Invalid value: -1: must be between 1 and 65535, inclusive']],
  'numbers below zero': [
    { readinessProbe: { ...tcp, initialDelaySeconds: -1, timeoutSeconds: -1, periodSeconds: -1, successThreshold: -1, failureThreshold: -1 } },
    ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'].map(
      (name) => `readinessProbe.${name}: Invalid value: -1: must be greater than or equal to 0`,
    ),
  ],
  'success more than once': [
    { livenessProbe: { ...tcp, successThreshold: 2 }, startupProbe: { ...tcp, successThreshold: 2 } },
    ['livenessProbe.successThreshold: Invalid value: 2: must be 1', 'startupProbe.successThreshold: Invalid value: 2: must be 1'],
  ],
  'no time to end': [
    live({ ...tcp, terminationGracePeriodSeconds: 0 }),
    ['livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0'],
  ],
  'time to end for readiness': [
    { readinessProbe: { ...tcp, terminationGracePeriodSeconds: 5 } },
    ['readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes'],
  ],
  hooks: [{ lifecycle: { postStart: { exec: { command: ['x'] } }, preStop: { sleep: { seconds: 0 } } } }, []],
  'empty hook': [{ lifecycle: { postStart: {} } }, ['lifecycle.postStart: Required value: must specify a handler type']],
  'two handlers of a hook': [
    { lifecycle: { preStop: { exec: { command: ['x'] }, sleep: { seconds: 1 } } } },
    ['lifecycle.preStop.sleep: Forbidden: may not specify more than 1 handler type'],
  ],
  'a sleep longer than the grace': [
    { lifecycle: { preStop: { sleep: { seconds: 31 } } } },
    ['lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)'],
  ],
  'a sleep of less than nothing': [
    { lifecycle: { preStop: { sleep: { seconds: -1 } } } },
    ['lifecycle.preStop.sleep: Invalid value: -1: must be non-negative and less than terminationGracePeriodSeconds (30)'],
  ],
});

const signal = (stopSignal: string, os?: string): object => ({
  containers: [{ name: 'c', image: 'i', lifecycle: { stopSignal } }],
  ...(os ? { os: { name: os } } : {}),
});

specCases(
  {
    'stop signal': [signal('SIGUSR1', 'linux'), []],
    'stop signal of a system unknown': [
      signal('SIGTERM'),
      ['containers[0].lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`'],
    ],
    'stop signal of Windows': [
      signal('SIGUSR1', 'windows'),
      ['containers[0].lifecycle.stopSignal: Unsupported value: "SIGUSR1": supported values: "SIGKILL", "SIGTERM"'],
    ],
  },
  withGates({ ContainerStopSignals: true }),
);
