import { containerCases, LABEL_TEXT, specCases, SUBDOMAIN_TEXT } from '../../../testing/pods.ts';

const NAME_TEXT = "a valid environment variable name must consist only of printable ASCII characters other than '='";
const KEY_TEXT =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const BYTES = '1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei';

const from = (valueFrom: object, members: object = {}): object => ({ env: [{ name: 'A', valueFrom, ...members }] });
const field = (fieldPath: string, apiVersion?: string): object => from({ fieldRef: { fieldPath, ...(apiVersion ? { apiVersion } : {}) } });
const resource = (name: string, divisor?: string): object => from({ resourceFieldRef: { resource: name, ...(divisor ? { divisor } : {}) } });

containerCases({
  'names of all printable characters': [
    {
      env: [
        { name: 'my.name-1 ü'.slice(0, 9), value: 'x' },
        { name: '1+1', value: '2' },
      ],
    },
    [],
  ],
  'no name': [{ env: [{ name: '' }] }, ['env[0].name: Required value']],
  'name with an equals sign': [{ env: [{ name: 'a=b' }] }, [`env[0].name: Invalid value: "a=b": ${NAME_TEXT}`]],
  'no source': [
    from({}),
    ['env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'],
  ],
  'two sources': [
    from({ fieldRef: { fieldPath: 'metadata.name' }, secretKeyRef: { name: 's', key: 'k' } }),
    ['env[0].valueFrom: Invalid value: "": may not have more than one field specified at a time'],
  ],
  'a value and a source': [
    from({ secretKeyRef: { name: 's', key: 'k' } }, { value: 'x' }),
    ['env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
  ],
  'keys of secrets and config maps': [
    {
      env: [
        { name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
        { name: 'B', valueFrom: { configMapKeyRef: { name: 's', key: 'k' } } },
      ],
    },
    [],
  ],
  'bad key': [
    from({ configMapKeyRef: { name: 'A', key: 'a b' } }),
    [
      `env[0].valueFrom.configMapKeyRef.name: Invalid value: "A": ${SUBDOMAIN_TEXT}`,
      `env[0].valueFrom.configMapKeyRef.key: Invalid value: "a b": ${KEY_TEXT}`,
    ],
  ],
  'no key': [
    from({ secretKeyRef: { name: '', key: '' } }),
    [`env[0].valueFrom.secretKeyRef.name: Invalid value: "": ${SUBDOMAIN_TEXT}`, 'env[0].valueFrom.secretKeyRef.key: Required value'],
  ],
  'every field': [
    {
      env: [
        'metadata.name',
        'metadata.namespace',
        'metadata.uid',
        'spec.nodeName',
        'spec.serviceAccountName',
        'status.hostIP',
        'status.hostIPs',
        'status.podIP',
        'status.podIPs',
        'spec.host',
        "metadata.labels['app']",
        "metadata.annotations['Example.com/A']",
      ].map((fieldPath) => ({ name: 'A', valueFrom: { fieldRef: { fieldPath } } })),
    },
    [],
  ],
  'no field': [field(''), ['env[0].valueFrom.fieldRef.fieldPath: Required value']],
  'a field of another version': [
    field('metadata.name', 'v2'),
    ['env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.name": error converting fieldPath: unsupported pod version: v2'],
  ],
  'an unknown field': [
    field('spec.hostNetwork'),
    [
      'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.hostNetwork": error converting fieldPath: field label not supported: spec.hostNetwork',
    ],
  ],
  'a field that is only for files': [
    field('metadata.labels'),
    [
      'env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
    ],
  ],
  'a part of a field that has none': [
    field("metadata.name['x']"),
    [
      `env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.name['x']": error converting fieldPath: field label does not support subscript: metadata.name['x']`,
    ],
  ],
  'every resource': [
    {
      env: ['limits.cpu', 'requests.memory', 'limits.ephemeral-storage', 'requests.hugepages-2Mi'].map((name) => ({
        name: 'A',
        valueFrom: { resourceFieldRef: { resource: name, divisor: '1' } },
      })),
    },
    [],
  ],
  'no resource': [resource(''), ['env[0].valueFrom.resourceFieldRef.resource: Required value']],
  'an unknown resource': [
    resource('limits.gpu'),
    [
      'env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.gpu": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"',
    ],
  ],
  'a divisor of cores': [
    resource('limits.cpu', '10m'),
    [`env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`],
  ],
  'a divisor of cores, written otherwise': [resource('limits.cpu', '1000m'), []],
  'a divisor of bytes': [
    resource('requests.memory', '2Mi'),
    [
      `env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "requests.memory": only divisor's values ${BYTES} are supported with the memory resource`,
    ],
  ],
  'a divisor of storage': [
    resource('limits.ephemeral-storage', '1m'),
    [
      `env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.ephemeral-storage": only divisor's values ${BYTES} are supported with the local ephemeral storage resource`,
    ],
  ],
  'a divisor of huge pages': [
    resource('limits.hugepages-2Mi', '3'),
    [
      `env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.hugepages-2Mi": only divisor's values ${BYTES} are supported with the hugepages resource`,
    ],
  ],
  'whole secrets and config maps': [{ envFrom: [{ prefix: 'A_', secretRef: { name: 's' } }, { configMapRef: { name: 'c-' } }] }, []],
  'nothing to take from': [{ envFrom: [{ prefix: 'A' }] }, ['envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`']],
  'two to take from': [
    { envFrom: [{ secretRef: { name: 's' }, configMapRef: { name: 'c' } }] },
    ['envFrom: Invalid value: "": may not have more than one field specified at a time'],
  ],
  'bad prefix': [{ envFrom: [{ prefix: 'a=', secretRef: { name: 's' } }] }, [`envFrom[0].prefix: Invalid value: "a=": ${NAME_TEXT}`]],
  'nameless and badly named': [
    { envFrom: [{ secretRef: { name: '' } }, { configMapRef: { name: 'A' } }] },
    ['envFrom[0].secretRef.name: Required value', `envFrom[1].configMapRef.name: Invalid value: "A": ${SUBDOMAIN_TEXT}`],
  ],
});

const file = (reference: object, volumes: object[] = [{ name: 'v', emptyDir: {} }]): object => ({
  volumes,
  containers: [{ name: 'c', image: 'i', env: [{ name: 'A', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'a/b', key: 'K', ...reference } } }] }],
});
const KEY = 'containers[0].env[0].valueFrom.fileKeyRef';

specCases({
  'a key of a file': [file({}), []],
  'a key of a file without anything': [
    file({ key: '', path: '', volumeName: '' }),
    [`${KEY}.key: Required value`, `${KEY}.volumeName: Required value`, `${KEY}.path: Required value`, `${KEY}.volumeName: Not found: ""`],
  ],
  'a bad key of a bad file': [
    file({ key: 'a=', path: '../x', volumeName: 'V' }),
    [
      `${KEY}.key: Invalid value: "a=": ${NAME_TEXT}`,
      `${KEY}.volumeName: Invalid value: "V": ${LABEL_TEXT}`,
      `${KEY}.path: Invalid value: "../x": must not contain '..'`,
      `${KEY}.volumeName: Not found: "V"`,
    ],
  ],
  'a file in another kind of volume': [
    file({}, [{ name: 'v', configMap: { name: 'c' } }]),
    [`${KEY}.volumeName: Invalid value: "v": referenced volume must be of type emptyDir`],
  ],
});
