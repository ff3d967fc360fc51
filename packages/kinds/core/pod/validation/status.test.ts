import assert from 'node:assert/strict';
import test from 'node:test';
import { created, draftOf, lines, testContext } from '../../../testing/objects.ts';
import { LABEL_TEXT, pod, QUALIFIED_TEXT, SUBDOMAIN_TEXT } from '../../../testing/pods.ts';
import { statusCases } from '../../../testing/tables.ts';
import { pods } from '../kind.ts';
import type { Pod } from '../schema.ts';

const running = { phase: 'Running', qosClass: 'BestEffort' };
const after = (members: object): [object, object] => [running, { ...running, ...members }];
const condition = (type: string, members: object = {}): object => ({ type, status: 'True', ...members });

statusCases(pods, pod({ resourceClaims: [{ name: 'a', resourceClaimName: 'x' }] }), {
  'a phase': [...after({ phase: 'Succeeded' }), []],
  conditions: [...after({ conditions: [condition('Ready'), condition('example.com/a', { observedGeneration: 1 })] }), []],
  'conditions that are none': [
    ...after({ conditions: [condition('a b'), condition('Ready', { observedGeneration: -1 })] }),
    [
      `status.conditions[0].Type: Invalid value: "a b": ${QUALIFIED_TEXT}`,
      'status.conditions[1].observedGeneration: Invalid value: -1: must be a non-negative integer',
    ],
  ],
  'a nomination': [...after({ nominatedNodeName: 'n' }), []],
  'a nomination that is none': [...after({ nominatedNodeName: 'N' }), [`status.nominatedNodeName: Invalid value: "N": ${SUBDOMAIN_TEXT}`]],
  'a negative generation': [...after({ observedGeneration: -1 }), ['status.observedGeneration: Invalid value: -1: must be a non-negative integer']],
  'another class': [...after({ qosClass: 'Guaranteed' }), ['status.qosClass: Invalid value: "Guaranteed": field is immutable']],
  addresses: [...after({ podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] }), []],
  'addresses that are none': [
    ...after({ podIPs: [{ ip: 'x' }] }),
    ['status.podIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ],
  'addresses of one family': [
    ...after({ podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }] }),
    ['status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]: may specify no more than one IP for each IP family'],
  ],
  'three addresses': [
    ...after({ podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }, { ip: '10.0.0.2' }] }),
    ['status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"fd00::1"},{"IP":"10.0.0.2"}]: may specify no more than one IP for each IP family'],
  ],
  'addresses of the host': [...after({ hostIP: '10.0.0.1', hostIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] }), []],
  'addresses of another host': [
    ...after({ hostIP: '10.0.0.1', hostIPs: [{ ip: '10.0.0.2' }] }),
    ['status.hostIPs[0].ip: Invalid value: "10.0.0.2": must be equal to `hostIP`'],
  ],
  'addresses of a host that are none': [
    ...after({ hostIP: 'x', hostIPs: [{ ip: 'x' }, { ip: 'fd00::1' }] }),
    ['status.hostIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ],
  claims: [...after({ resourceClaimStatuses: [{ name: 'a', resourceClaimName: 'web-a-x' }] }), []],
  'claims that are none': [
    ...after({ resourceClaimStatuses: [{ name: 'b', resourceClaimName: 'B' }, { name: 'b' }] }),
    [
      'status.resourceClaimStatuses[0].name: Invalid value: "b": must match the name of an entry in `spec.resourceClaims`',
      `status.resourceClaimStatuses[0].resourceClaimName: Invalid value: "B": ${SUBDOMAIN_TEXT}`,
      'status.resourceClaimStatuses[1].name: Invalid value: "b": must match the name of an entry in `spec.resourceClaims`',
      'status.resourceClaimStatuses[1].name: Duplicate value: "b"',
    ],
  ],
  'a claim for extended resources of nothing': [
    ...after({ extendedResourceClaimStatus: { requestMappings: [], resourceClaimName: '' } }),
    [
      'status.extendedResourceClaimStatus.requestMappings: Required value: at least one request mapping is required',
      'status.extendedResourceClaimStatus.resourceClaimName: Required value',
    ],
  ],
  'a claim for extended resources of nobody': [
    ...after({
      extendedResourceClaimStatus: {
        requestMappings: [{ containerName: 'x', resourceName: 'example.com/a', requestName: 'R' }],
        resourceClaimName: 'c',
      },
    }),
    [
      'status.extendedResourceClaimStatus.requestMappings[0].containerName: Invalid value: "x": must match the name of an entry in spec.initContainers.name or spec.containers.name',
      `status.extendedResourceClaimStatus.requestName: Invalid value: "R": ${LABEL_TEXT}`,
    ],
  ],
  'a claim for extended resources that were not asked for': [
    ...after({
      extendedResourceClaimStatus: {
        requestMappings: [{ containerName: 'c', resourceName: 'example.com/a', requestName: 'r' }],
        resourceClaimName: 'c',
      },
    }),
    [
      'status.extendedResourceClaimStatus.requestMappings[0].resourceName: Invalid value: "example.com/a": must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests',
    ],
  ],
});

statusCases(pods, pod({ nodeName: 'n' }), {
  'a nomination of a pod that has a node': [
    ...after({ nominatedNodeName: 'm' }),
    ['status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node'],
  ],
});

test('the status subresource takes the status only', () => {
  const stored = created(pods, pod({}, { ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'u' }] }));
  const sent = draftOf<Pod>(stored);
  sent.spec!.nodeName = 'other';
  delete sent.metadata!.ownerReferences;
  sent.metadata!.labels = { a: 'b' };
  sent.status = { phase: 'Running', podIP: '10.0.0.1' };
  const draft = { ...stored } as object;
  const update = pods.subresources['status']!.update!;
  update.apply(draft, sent as unknown as Pod, stored, testContext);
  const result = draft as Pod;
  assert.equal(result.spec.nodeName, undefined);
  assert.deepEqual(result.metadata.ownerReferences, stored.metadata.ownerReferences);
  assert.deepEqual(result.metadata.labels, { a: 'b' });
  assert.deepEqual(result.status.podIPs, [{ ip: '10.0.0.1' }]);
  assert.equal(result.status.qosClass, 'BestEffort');
  assert.deepEqual(lines(update.validate!(result, stored, testContext)), []);
});
