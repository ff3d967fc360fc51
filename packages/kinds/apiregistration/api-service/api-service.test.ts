import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../../testing/objects.ts';
import { createCases, row, statusCases, updateCases } from '../../testing/tables.ts';
import { apiServices } from './kind.ts';

const apiService = (spec: object, name = 'v1.example.com'): object => ({
  kind: 'APIService',
  apiVersion: 'apiregistration.k8s.io/v1',
  metadata: { name },
  spec: {
    group: 'example.com',
    version: 'v1',
    groupPriorityMinimum: 1000,
    versionPriority: 15,
    service: { name: 'api', namespace: 'default' },
    ...spec,
  },
});

createCases(apiServices, {
  'core group': [apiService({ group: '', service: undefined }, 'v1.'), []],
  'other name': [
    apiService({}, 'v2.example.com'),
    ['metadata.name: Invalid value: "v2.example.com": must be `spec.version+"."+spec.group`: "v1.example.com"'],
  ],
  'no group': [
    apiService({ group: '', version: 'v2' }, 'v2.'),
    ['spec.group: Required value: only v1 may have an empty group and it better be legacy kube'],
  ],
  'bad priorities': [
    apiService({ groupPriorityMinimum: 0, versionPriority: 1001 }),
    [
      'spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000',
      'spec.versionPriority: Invalid value: 1001: must be positive and less than 1000',
    ],
  ],
  'local with certificates': [
    apiService({ service: undefined, caBundle: 'AAAA', insecureSkipTLSVerify: true }),
    [
      'spec.caBundle: Invalid value: "3 bytes": local APIServices may not have a caBundle',
      'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify',
    ],
  ],
  'insecure with certificates': [
    apiService({ caBundle: 'AAAA', insecureSkipTLSVerify: true }),
    ['spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present'],
  ],
  'bad port': [
    apiService({ service: { name: 'api', namespace: 'default', port: 70_000 } }),
    ['spec.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive'],
  ],
  'bad version': [
    apiService({ version: 'V1', group: 'a_b' }, 'V1.a_b'),
    [
      `spec.group: Invalid value: "a_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      `spec.version: Invalid value: "V1": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
    ],
  ],
  'no service name': [apiService({ service: { namespace: 'default' } }), ['spec.service.name: Required value']],
});

test('local services are available, others have to prove it', () => {
  const local = created(apiServices, apiService({ service: undefined }));
  assert.deepEqual(row(apiServices, local), { Name: 'v1.example.com', Service: 'Local', Available: 'True', Age: '<unknown>' });
  const remote = created(apiServices, apiService({}));
  assert.equal(remote.spec.service!.port, 443);
  assert.deepEqual(row(apiServices, remote), { Name: 'v1.example.com', Service: 'default/api', Available: 'Unknown', Age: '<unknown>' });
  const broken = { ...remote, status: { conditions: [{ type: 'Available', status: 'False', reason: 'MissingEndpoints' }] } };
  assert.equal(row(apiServices, broken)['Available'], 'False (MissingEndpoints)');
});

updateCases(apiServices, apiService({}), {
  priority: [(draft) => void (draft.spec!.versionPriority = 20), []],
  group: [
    (draft) => void (draft.spec!.group = 'other.example.com'),
    ['metadata.name: Invalid value: "v1.example.com": must be `spec.version+"."+spec.group`: "v1.other.example.com"'],
  ],
});
statusCases(apiServices, apiService({}), {
  available: [{}, { conditions: [{ type: 'Available', status: 'True' }] }, []],
  'available, perhaps': [
    {},
    { conditions: [{ type: 'Available', status: 'Maybe' }] },
    ['status.conditions[0].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown"'],
  ],
});
