import assert from 'node:assert/strict';
import test from 'node:test';
import { created, updated } from '../../testing/objects.ts';
import { createCases, updateCases } from '../../testing/tables.ts';
import { customResourceDefinitions } from './kind.ts';

const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } };
const names = { plural: 'crontabs', kind: 'CronTab' };
const definition = (spec: object, metadata: object = {}): object => ({
  kind: 'CustomResourceDefinition',
  apiVersion: 'apiextensions.k8s.io/v1',
  metadata: { name: 'crontabs.example.com', ...metadata },
  spec: { group: 'example.com', scope: 'Namespaced', names, versions: [version], ...spec },
});

test('defaults', () => {
  const { spec, status, metadata } = created(customResourceDefinitions, definition({}));
  assert.deepEqual(spec.names, { plural: 'crontabs', kind: 'CronTab', singular: 'crontab', listKind: 'CronTabList' });
  assert.deepEqual(spec.conversion, { strategy: 'None' });
  assert.deepEqual(status.storedVersions, ['v1']);
  assert.equal(metadata.generation, 1);
});

createCases(customResourceDefinitions, {
  'other name': [
    definition({}, { name: 'tabs.example.com' }),
    ['metadata.name: Invalid value: "tabs.example.com": must be spec.names.plural+"."+spec.group'],
  ],
  'short group': [
    definition({ group: 'example' }, { name: 'crontabs.example' }),
    ['spec.group: Invalid value: "example": should be a domain with at least one dot'],
  ],
  'bad scope': [definition({ scope: 'World' }), ['spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"']],
  'no versions': [
    definition({ versions: [] }),
    [
      'spec.versions: Invalid value: []: must have exactly one version marked as storage version',
      'status.storedVersions: Invalid value: []: must have at least one stored version',
    ],
  ],
  'two storage versions': [
    definition({ versions: [version, { ...version, name: 'v2' }] }),
    [
      'spec.versions: Invalid value: [{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}},{"name":"v2","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}}]: must have exactly one version marked as storage version',
    ],
  ],
  'same version twice': [
    definition({ versions: [version, { ...version, storage: false }] }),
    [
      'spec.versions: Invalid value: [{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}},{"name":"v1","served":true,"storage":false,"schema":{"openAPIV3Schema":{"type":"object"}}}]: must contain unique version names',
    ],
  ],
  'no schema': [
    definition({ versions: [{ ...version, schema: undefined }] }),
    ['spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required'],
  ],
  'schema of no object': [
    definition({ versions: [{ ...version, schema: { openAPIV3Schema: { type: 'string' } } }] }),
    ['spec.versions[0].schema.openAPIV3Schema.type: Invalid value: "string": must be object at the root'],
  ],
  'bad names': [
    definition({ names: { ...names, singular: 'A', kind: 'Cron_Tab', listKind: 'Cron_Tab', shortNames: ['C'], categories: ['A'] } }),
    [
      `spec.names.singular: Invalid value: "A": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
      `spec.names.kind: Invalid value: "Cron_Tab": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
      `spec.names.listKind: Invalid value: "Cron_Tab": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
      `spec.names.shortNames[0]: Invalid value: "C": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
      'spec.names.listKind: Invalid value: "Cron_Tab": kind and listKind may not be the same',
      `spec.names.categories[0]: Invalid value: "A": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
    ],
  ],
  'bad webhook': [
    definition({ conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: [] } } }),
    [
      'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook',
      'spec.conversion.conversionReviewVersions: Required value',
    ],
  ],
  'webhook that is not used': [
    definition({ conversion: { strategy: 'None', webhook: { conversionReviewVersions: ['v1'], clientConfig: { url: 'https://a' } } } }),
    [
      'spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook',
      'spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook',
    ],
  ],
  'bad scale': [
    definition({
      versions: [
        { ...version, subresources: { scale: { specReplicasPath: '.replicas', statusReplicasPath: 'status', labelSelectorPath: '.a[0]' } } },
      ],
    }),
    [
      'spec.versions[0].subresources.scale.specReplicasPath: Invalid value: ".replicas": should be a json path under .spec',
      'spec.versions[0].subresources.scale.statusReplicasPath: Invalid value: "status": must be a simple json path starting with .',
      'spec.versions[0].subresources.scale.labelSelectorPath: Invalid value: ".a[0]": must be a simple json path',
      'spec.versions[0].subresources.scale.labelSelectorPath: Invalid value: ".a[0]": should be a json path under either .spec or .status',
    ],
  ],
  'bad column': [
    definition({ versions: [{ ...version, additionalPrinterColumns: [{ name: '', type: 'text', jsonPath: '' }] }] }),
    [
      'spec.versions[0].additionalPrinterColumns[0].name: Required value',
      'spec.versions[0].additionalPrinterColumns[0].type: Unsupported value: "text": supported values: "integer", "number", "string", "boolean", "date"',
      'spec.versions[0].additionalPrinterColumns[0].JSONPath: Required value',
    ],
  ],
  'warning of a version that is not deprecated': [
    definition({ versions: [{ ...version, deprecationWarning: 'old' }] }),
    ['spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for deprecated versions'],
  ],
  'keeps unknown fields': [
    definition({ preserveUnknownFields: true }),
    [
      'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    ],
  ],
  'group of the community': [
    definition({ group: 'x.k8s.io' }, { name: 'crontabs.x.k8s.io' }),
    [
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ],
  ],
});

updateCases(customResourceDefinitions, definition({}), {
  scope: [(draft) => void (draft.spec!.scope = 'Cluster'), []],
  group: [(draft) => void (draft.spec!.group = 'example.org'), ['spec.group: Invalid value: "example.org": field is immutable']],
  'stored version gone': [
    (draft) => void (draft.spec!.versions![0]!.name = 'v2'),
    ['status.storedVersions[0]: Invalid value: "v1": must appear in spec.versions'],
  ],
});

test('a new storage version is remembered', () => {
  const stored = created(customResourceDefinitions, definition({}));
  const next = updated(customResourceDefinitions, stored, (draft) => {
    draft.spec!.versions![0]!.storage = false;
    draft.spec!.versions!.push({ ...version, name: 'v2' } as never);
  });
  assert.deepEqual(next.status.storedVersions, ['v1', 'v2']);
  assert.equal(next.metadata.generation, 2);
});
