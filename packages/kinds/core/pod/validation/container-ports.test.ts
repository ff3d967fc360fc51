import { containerCases, specCases } from '../../../testing/pods.ts';

const withPort = (...ports: object[]): object => ({ ports });

containerCases({
  'named ports of all protocols': [
    withPort(
      { name: 'a', containerPort: 80 },
      { name: 'b', containerPort: 80, protocol: 'UDP', hostPort: 8080, hostIP: '10.0.0.1' },
      { containerPort: 5000, protocol: 'SCTP' },
    ),
    [],
  ],
  'no number': [withPort({ containerPort: 0 }), ['ports[0].containerPort: Required value']],
  'number out of range': [
    withPort({ containerPort: 70_000 }),
    ['ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
  ],
  'host port out of range': [
    withPort({ containerPort: 80, hostPort: -1 }),
    ['ports[0].hostPort: Invalid value: -1: must be between 1 and 65535, inclusive'],
  ],
  'bad protocol': [
    withPort({ containerPort: 80, protocol: 'ICMP' }),
    ['ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
  ],
  'long name': [
    withPort({ name: 'a'.repeat(16), containerPort: 80 }),
    ['ports[0].name: Invalid value: "aaaaaaaaaaaaaaaa": must be no more than 15 characters'],
  ],
  'name without letters': [
    withPort({ name: '80', containerPort: 80 }),
    ['ports[0].name: Invalid value: "80": must contain at least one letter (a-z)'],
  ],
  'name in capitals': [
    withPort({ name: 'A', containerPort: 80 }),
    [
      'ports[0].name: Invalid value: "A": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      'ports[0].name: Invalid value: "A": must contain at least one letter (a-z)',
    ],
  ],
  'name with hyphens in the wrong places': [
    withPort({ name: '-a--b', containerPort: 80 }),
    [
      'ports[0].name: Invalid value: "-a--b": must not contain consecutive hyphens',
      'ports[0].name: Invalid value: "-a--b": must not begin or end with a hyphen',
    ],
  ],
  'same name twice': [withPort({ name: 'a', containerPort: 80 }, { name: 'a', containerPort: 81 }), ['ports[1].name: Duplicate value: "a"']],
});

const host = (name: string, port: object): object => ({ name, image: 'i', ports: [{ containerPort: 80, ...port }] });

specCases({
  'same host port on other addresses': [
    { containers: [host('a', { hostPort: 80, hostIP: '10.0.0.1' }), host('b', { hostPort: 80, hostIP: '10.0.0.2' })] },
    [],
  ],
  'same host port twice': [
    { containers: [host('a', { hostPort: 80 }), host('b', { hostPort: 80 })] },
    ['containers[1].ports[0].hostPort: Duplicate value: "TCP//80"'],
  ],
  'same host port of init containers, which run one by one': [{ initContainers: [host('a', { hostPort: 80 }), host('b', { hostPort: 80 })] }, []],
  'same host port twice in an init container': [
    {
      initContainers: [
        {
          name: 'a',
          image: 'i',
          ports: [
            { containerPort: 80, hostPort: 80 },
            { containerPort: 81, hostPort: 80 },
          ],
        },
      ],
    },
    ['initContainers[0].ports[1].hostPort: Duplicate value: "TCP//80"'],
  ],
  "on the node's network": [
    { hostNetwork: true, containers: [host('a', { hostPort: 81 })] },
    ['containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true'],
  ],
});
