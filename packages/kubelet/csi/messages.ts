/**
 * The messages of the Container Storage Interface and of plugin registration that a node sends and reads, with their field numbers.
 *
 * Source: container-storage-interface `csi.proto` (v1), kubelet `pluginregistration/v1` (field numbers).
 */
import { bool, integer, listOf, message, nested, text, textMap, words } from '#h2/proto.ts';

const nothing = message({});

const accessMode = message({
  mode: words(
    1,
    'unknown',
    'singleNodeWriter',
    'singleNodeReaderOnly',
    'multiNodeReaderOnly',
    'multiNodeSingleWriter',
    'multiNodeMultiWriter',
    'singleNodeSingleWriter',
    'singleNodeMultiWriter',
  ),
});

const mountVolume = message({ fsType: text(1), mountFlags: listOf(text(2)), volumeMountGroup: text(3) });

const volumeCapability = message({ block: nested(1, nothing), mount: nested(2, mountVolume), accessMode: nested(3, accessMode) });

const serviceCapability = message({
  rpc: nested(
    1,
    message({
      type: words(
        1,
        'unknown',
        'stageUnstageVolume',
        'getVolumeStats',
        'expandVolume',
        'volumeCondition',
        'singleNodeMultiWriter',
        'volumeMountGroup',
      ),
    }),
  ),
});

const NODE = '/csi.v1.Node';

/** Calls of the node service. */
export const nodeCalls = {
  getInfo: {
    path: `${NODE}/NodeGetInfo`,
    request: nothing,
    response: message({ nodeId: text(1), maxVolumesPerNode: integer(2), accessibleTopology: nested(3, message({ segments: textMap(1) })) }),
  },
  getCapabilities: {
    path: `${NODE}/NodeGetCapabilities`,
    request: nothing,
    response: message({ capabilities: listOf(nested(1, serviceCapability)) }),
  },
  stage: {
    path: `${NODE}/NodeStageVolume`,
    request: message({
      volumeId: text(1),
      publishContext: textMap(2),
      stagingTargetPath: text(3),
      volumeCapability: nested(4, volumeCapability),
      secrets: textMap(5),
      volumeContext: textMap(6),
    }),
    response: nothing,
  },
  unstage: { path: `${NODE}/NodeUnstageVolume`, request: message({ volumeId: text(1), stagingTargetPath: text(2) }), response: nothing },
  publish: {
    path: `${NODE}/NodePublishVolume`,
    request: message({
      volumeId: text(1),
      publishContext: textMap(2),
      stagingTargetPath: text(3),
      targetPath: text(4),
      volumeCapability: nested(5, volumeCapability),
      readonly: bool(6),
      secrets: textMap(7),
      volumeContext: textMap(8),
    }),
    response: nothing,
  },
  unpublish: { path: `${NODE}/NodeUnpublishVolume`, request: message({ volumeId: text(1), targetPath: text(2) }), response: nothing },
  expand: {
    path: `${NODE}/NodeExpandVolume`,
    request: message({
      volumeId: text(1),
      volumePath: text(2),
      capacityRange: nested(3, message({ requiredBytes: integer(1), limitBytes: integer(2) })),
      stagingTargetPath: text(4),
      volumeCapability: nested(5, volumeCapability),
      secrets: textMap(6),
    }),
    response: message({ capacityBytes: integer(1) }),
  },
} as const;

const REGISTRATION = '/pluginregistration.Registration';

/** Calls by which a kubelet gets to know a plugin that has put its socket into the registration directory. */
export const registrationCalls = {
  getInfo: {
    path: `${REGISTRATION}/GetInfo`,
    request: nothing,
    response: message({ type: text(1), name: text(2), endpoint: text(3), supportedVersions: listOf(text(4)) }),
  },
  notify: { path: `${REGISTRATION}/NotifyRegistrationStatus`, request: message({ pluginRegistered: bool(1), error: text(2) }), response: nothing },
} as const;
