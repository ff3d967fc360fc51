import { createCases, statusCases, updateCases, warningCases } from '../testing/tables.ts';
import { csiDrivers } from './csi-driver/kind.ts';
import { csiNodes } from './csi-node/kind.ts';
import { csiStorageCapacities } from './csi-storage-capacity/kind.ts';
import { storageClasses } from './storage-class/kind.ts';
import { volumeAttachments } from './volume-attachment/kind.ts';
import { volumeAttributesClasses } from './volume-attributes-class/kind.ts';

const apiVersion = 'storage.k8s.io/v1';
const metadata = { name: 'fast' };
const SUBDOMAIN = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`;
const QUALIFIED = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`;
const many = (count: number, text = 'v'): object => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, text]));

const storageClass = (members: object): object => ({ kind: 'StorageClass', apiVersion, metadata, provisioner: 'example.com/fast', ...members });
const topologies = (...terms: readonly (readonly object[])[]): object => storageClass({ allowedTopologies: terms.map((matchLabelExpressions) => ({ matchLabelExpressions })) });
const zone = (...values: readonly string[]): object => ({ key: 'topology.kubernetes.io/zone', values });
const TERM = 'allowedTopologies[0].matchLabelExpressions';
createCases(storageClasses, {
  everything: [
    storageClass({ parameters: { type: 'ssd' }, reclaimPolicy: 'Retain', volumeBindingMode: 'WaitForFirstConsumer', mountOptions: ['ro'], allowVolumeExpansion: true, allowedTopologies: [{ matchLabelExpressions: [zone('a', 'b')] }] }),
    [],
  ],
  'capital letters': [storageClass({ provisioner: 'Example.com/Fast' }), []],
  'bad provisioner': [storageClass({ provisioner: 'example.com/A B' }), [`provisioner: Invalid value: "example.com/a b": ${QUALIFIED}`]],
  'too many parameters': [storageClass({ parameters: many(513) }), ['parameters: Too long: may not be more than 512 bytes']],
  'too large parameters': [storageClass({ parameters: many(2, 'x'.repeat(140_000)) }), ['parameters: Too long: may not be more than 262144 bytes']],
  'no values': [topologies([zone()]), [`${TERM}[0].values: Required value`]],
  'a value twice': [topologies([zone('a', 'a')]), [`${TERM}[0].values[1]: Duplicate value: "a"`]],
  'a key twice': [topologies([zone('a'), zone('b')]), [`${TERM}[1].key: Duplicate value: "topology.kubernetes.io/zone"`]],
  'bad key': [topologies([{ key: 'a b', values: ['c'] }]), [`${TERM}[0].key: Invalid value: "a b": ${QUALIFIED}`]],
  'a term twice': [topologies([zone('a', 'b'), { key: 'x', values: ['y'] }], [{ key: 'x', values: ['y'] }, zone('b', 'a')]), ['allowedTopologies[1].matchLabelExpressions: Duplicate value: ""']],
});
updateCases(storageClasses, storageClass({}), {
  topologies: [(draft) => void (draft.allowedTopologies = [{ matchLabelExpressions: [{ key: 'x', values: ['y'] }] }]), []],
  'mount options': [(draft) => void (draft.mountOptions = ['ro']), []],
});
warningCases(storageClasses, {
  'an old label': [
    topologies([{ key: 'failure-domain.beta.kubernetes.io/zone', values: ['a'] }]),
    [`${TERM}[0].key: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead`],
  ],
});

const csiDriver = (spec: object, name = 'csi.example.com'): object => ({ kind: 'CSIDriver', apiVersion, metadata: { name }, spec });
createCases(csiDrivers, {
  'long name': [csiDriver({}, 'a'.repeat(64)), ['metadata.name: Too long: may not be more than 63 bytes']],
  'bad policy of groups': [
    csiDriver({ fsGroupPolicy: 'Sometimes' }),
    ['spec.fsGroupPolicy: Unsupported value: "Sometimes": supported values: "File", "None", "ReadWriteOnceWithFSType"'],
  ],
  'short and long tokens': [
    csiDriver({ tokenRequests: [{ audience: 'a', expirationSeconds: 599 }, { audience: '', expirationSeconds: 2 ** 32 + 1 }] }),
    [
      'spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
      'spec.tokenRequests[1].expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
    ],
  ],
  'tokens in secrets': [csiDriver({ tokenRequests: [{ audience: 'a' }], serviceAccountTokenInSecrets: true }), []],
  'no tokens in secrets': [
    csiDriver({ serviceAccountTokenInSecrets: false }),
    ['spec.serviceAccountTokenInSecrets: Invalid value: false: serviceAccountTokenInSecrets is set but no tokenRequests are specified'],
  ],
  'updates too often': [
    csiDriver({ nodeAllocatableUpdatePeriodSeconds: 9 }),
    ['spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds'],
  ],
});
updateCases(csiDrivers, csiDriver({}), {
  'what may change': [
    (draft) =>
      void Object.assign(draft.spec!, { podInfoOnMount: true, storageCapacity: true, fsGroupPolicy: 'File', requiresRepublish: true, seLinuxMount: true, tokenRequests: [{ audience: 'a' }], nodeAllocatableUpdatePeriodSeconds: 60 }),
    [],
  ],
  modes: [(draft) => void (draft.spec!.volumeLifecycleModes = ['Ephemeral']), ['spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable']],
});

const driver = (members: object): object => ({ name: 'csi.example.com', nodeID: 'n', ...members });
const csiNode = (...drivers: readonly object[]): object => ({ kind: 'CSINode', apiVersion, metadata, spec: { drivers } });
const DRIVER = 'spec.drivers[0]';
createCases(csiNodes, {
  drivers: [csiNode(driver({ topologyKeys: ['example.com/rack'], allocatable: { count: 3 } }), driver({ name: 'other.example.com' })), []],
  'no name': [csiNode(driver({ name: '' })), [`${DRIVER}.name: Required value`]],
  'long id': [csiNode(driver({ nodeID: 'a'.repeat(257) })), [`${DRIVER}.nodeID: Invalid value: "${'a'.repeat(257)}": must be 256 characters or less`]],
  'bad topology': [
    csiNode(driver({ topologyKeys: ['a', 'a', 'b c'] })),
    [`${DRIVER}.topologyKeys: Duplicate value: "a"`, `${DRIVER}.topologyKeys: Invalid value: "b c": ${QUALIFIED}`],
  ],
});
updateCases(csiNodes, csiNode(driver({})), {
  'another driver': [(draft) => void draft.spec!.drivers!.push({ name: 'other.example.com', nodeID: 'n' }), []],
  'a driver goes': [(draft) => void (draft.spec!.drivers = []), []],
  limit: [(draft) => void (draft.spec!.drivers![0]!.allocatable = { count: 5 }), []],
  id: [(draft) => void (draft.spec!.drivers![0]!.nodeID = 'm'), ['CSINodeDriver: Invalid value: {"name":"csi.example.com","nodeID":"m","topologyKeys":[]}: field is immutable']],
});

const capacity = (members: object): object => ({ kind: 'CSIStorageCapacity', apiVersion, metadata: { name: 'c', namespace: 'default' }, storageClassName: 'fast', ...members });
createCases(csiStorageCapacities, {
  capacity: [capacity({ capacity: '1Gi', maximumVolumeSize: '0', nodeTopology: { matchLabels: { a: 'b' } } }), []],
  negative: [
    capacity({ capacity: '-1', maximumVolumeSize: '-2' }),
    ['capacity: Invalid value: "-1": must be greater than or equal to 0', 'maximumVolumeSize: Invalid value: "-2": must be greater than or equal to 0'],
  ],
  'bad topology': [
    capacity({ nodeTopology: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] } }),
    [`nodeTopology.matchExpressions[0].values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`],
  ],
});
updateCases(csiStorageCapacities, capacity({ nodeTopology: { matchLabels: { a: 'b' } } }), {
  amounts: [(draft) => void Object.assign(draft, { capacity: '2Gi', maximumVolumeSize: '1Gi' }), []],
  'what it is about': [
    (draft) => void Object.assign(draft, { nodeTopology: { matchLabels: { a: 'c' } }, storageClassName: 'slow' }),
    ['nodeTopology: Invalid value: {"matchLabels":{"a":"c"}}: field is immutable', 'storageClassName: Invalid value: "slow": field is immutable'],
  ],
});

const attachment = (spec: object): object => ({
  kind: 'VolumeAttachment',
  apiVersion,
  metadata,
  spec: { attacher: 'csi.example.com', nodeName: 'n', source: { persistentVolumeName: 'pv' }, ...spec },
});
const inlineVolumeSpec = { accessModes: ['ReadWriteOnce'], csi: { driver: 'csi.example.com', volumeHandle: 'h' } };
createCases(volumeAttachments, {
  'inline volume': [attachment({ source: { inlineVolumeSpec } }), []],
  'two sources': [
    attachment({ source: { persistentVolumeName: 'pv', inlineVolumeSpec } }),
    ['spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName'],
  ],
  'nameless volume': [
    attachment({ source: { persistentVolumeName: '' } }),
    ['spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName', `spec.source.persistentVolumeName: Invalid value: "": ${SUBDOMAIN}`],
  ],
  'bad volume': [attachment({ source: { persistentVolumeName: 'A' } }), [`spec.source.persistentVolumeName: Invalid value: "A": ${SUBDOMAIN}`]],
  'no node': [attachment({ nodeName: '' }), [`spec.nodeName: Invalid value: "": ${SUBDOMAIN}`]],
  'attacher that is no driver': [attachment({ attacher: 'a_b' }), [`spec.attacher: Invalid value: "a_b": ${SUBDOMAIN}`]],
});
updateCases(volumeAttachments, attachment({}), {
  labels: [(draft) => void (draft.metadata!.labels = { a: 'b' }), []],
});
statusCases(volumeAttachments, attachment({}), {
  attached: [{ attached: false }, { attached: true, attachmentMetadata: { path: '/dev/a' } }, []],
  'long texts': [
    { attached: false },
    { attached: false, attachmentMetadata: many(2, 'x'.repeat(140_000)), attachError: { message: 'x'.repeat(1025) }, detachError: { message: 'x'.repeat(1025) } },
    [
      'status.attachmentMetadata: Too long: may not be more than 262144 bytes',
      'status.attachError.message: Too long: may not be more than 1024 bytes',
      'status.detachError.message: Too long: may not be more than 1024 bytes',
    ],
  ],
});

const attributes = (members: object): object => ({ kind: 'VolumeAttributesClass', apiVersion, metadata, driverName: 'csi.example.com', parameters: { iops: '100' }, ...members });
createCases(volumeAttributesClasses, {
  'no driver, no parameters': [attributes({ driverName: '', parameters: {} }), ['driverName: Required value', 'parameters: Required value: must contain at least one key/value pair']],
  'bad driver': [attributes({ driverName: 'a b' }), [`driverName: Invalid value: "a b": ${QUALIFIED}`]],
  'empty key': [attributes({ parameters: { '': 'x' } }), ['parameters: Invalid value: "": field can not be empty.']],
  'too many': [attributes({ parameters: many(513) }), ['parameters: Too long: may not be more than 512 bytes']],
});
updateCases(volumeAttributesClasses, attributes({}), {
  labels: [(draft) => void (draft.metadata!.labels = { a: 'b' }), []],
  everything: [
    (draft) => void Object.assign(draft, { driverName: 'other.example.com', parameters: { iops: '5' } }),
    ['driverName: Forbidden: updates to driverName are forbidden.', 'parameters: Forbidden: updates to parameters are forbidden.'],
  ],
});
