/**
 * The messages of the Container Runtime Interface that we send and read, with their field numbers; names are those of `#cri`, so that
 * most values pass through unchanged.
 *
 * Source: cri-api `runtime.v1` (field numbers).
 */
import { bool, bytes, integer, integers, listOf, maybeInteger, message, nanos, nested, text, textMap, words } from '#h2/proto.ts';

const sandboxMetadata = message({ name: text(1), uid: text(2), namespace: text(3), attempt: integer(4) });
const containerMetadata = message({ name: text(1), attempt: integer(2) });
const imageSpec = message({ image: text(1), userSpecifiedImage: text(18) });

const namespaceMode = (number: number) => words(number, 'pod', 'container', 'node', 'target');
const idMapping = message({ hostId: integer(1), containerId: integer(2), length: integer(3) });
const userNamespace = message({ mode: namespaceMode(1), uids: listOf(nested(2, idMapping)), gids: listOf(nested(3, idMapping)) });
const namespaceOptions = message({
  network: namespaceMode(1),
  pid: namespaceMode(2),
  ipc: namespaceMode(3),
  targetId: text(4),
  usernsOptions: nested(5, userNamespace),
});
const securityProfile = message({ profileType: words(1, 'runtimeDefault', 'unconfined', 'localhost'), localhostRef: text(2) });
const selinuxOption = message({ user: text(1), role: text(2), type: text(3), level: text(4) });
const hugepageLimit = message({ pageSize: text(1), limit: integer(2) });

const containerResources = message({
  cpuPeriod: integer(1),
  cpuQuota: integer(2),
  cpuShares: integer(3),
  memoryLimitInBytes: integer(4),
  oomScoreAdj: integer(5),
  cpusetCpus: text(6),
  cpusetMems: text(7),
  hugepageLimits: listOf(nested(8, hugepageLimit)),
  unified: textMap(9),
  memorySwapLimitInBytes: integer(10),
});

const sandboxSecurity = message({
  namespaceOptions: nested(1, namespaceOptions),
  selinuxOptions: nested(2, selinuxOption),
  runAsUser: maybeInteger(3),
  readonlyRootfs: bool(4),
  supplementalGroups: integers(5),
  privileged: bool(6),
  runAsGroup: maybeInteger(8),
  seccomp: nested(9, securityProfile),
  apparmor: nested(10, securityProfile),
  supplementalGroupsPolicy: words(11, 'merge', 'strict'),
});

const dnsConfig = message({ servers: listOf(text(1)), searches: listOf(text(2)), options: listOf(text(3)) });
const portMapping = message({ protocol: words(1, 'tcp', 'udp', 'sctp'), containerPort: integer(2), hostPort: integer(3), hostIp: text(4) });

const sandboxConfig = message({
  metadata: nested(1, sandboxMetadata),
  hostname: text(2),
  logDirectory: text(3),
  dnsConfig: nested(4, dnsConfig),
  portMappings: listOf(nested(5, portMapping)),
  labels: textMap(6),
  annotations: textMap(7),
  linux: nested(
    8,
    message({
      cgroupParent: text(1),
      securityContext: nested(2, sandboxSecurity),
      sysctls: textMap(3),
      overhead: nested(4, containerResources),
      resources: nested(5, containerResources),
    }),
  ),
});

const mount = message({
  containerPath: text(1),
  hostPath: text(2),
  readonly: bool(3),
  selinuxRelabel: bool(4),
  propagation: words(5, 'private', 'hostToContainer', 'bidirectional'),
  recursiveReadOnly: bool(8),
  image: nested(9, imageSpec),
  imageSubPath: text(10),
});

const containerSecurity = message({
  capabilities: nested(1, message({ addCapabilities: listOf(text(1)), dropCapabilities: listOf(text(2)) })),
  privileged: bool(2),
  namespaceOptions: nested(3, namespaceOptions),
  selinuxOptions: nested(4, selinuxOption),
  runAsUser: maybeInteger(5),
  runAsUsername: text(6),
  readonlyRootfs: bool(7),
  supplementalGroups: integers(8),
  noNewPrivs: bool(11),
  runAsGroup: maybeInteger(12),
  maskedPaths: listOf(text(13)),
  readonlyPaths: listOf(text(14)),
  seccomp: nested(15, securityProfile),
  apparmor: nested(16, securityProfile),
  supplementalGroupsPolicy: words(17, 'merge', 'strict'),
});

const containerConfig = message({
  metadata: nested(1, containerMetadata),
  image: nested(2, imageSpec),
  command: listOf(text(3)),
  args: listOf(text(4)),
  workingDir: text(5),
  env: listOf(nested(6, message({ key: text(1), value: text(2) }))),
  mounts: listOf(nested(7, mount)),
  devices: listOf(nested(8, message({ containerPath: text(1), hostPath: text(2), permissions: text(3) }))),
  labels: textMap(9),
  annotations: textMap(10),
  logPath: text(11),
  stdin: bool(12),
  stdinOnce: bool(13),
  tty: bool(14),
  linux: nested(15, message({ resources: nested(1, containerResources), securityContext: nested(2, containerSecurity) })),
});

const sandboxState = (number: number) => words(number, 'ready', 'notReady');
const containerState = (number: number) => words(number, 'created', 'running', 'exited', 'unknown');

const sandbox = message({
  id: text(1),
  metadata: nested(2, sandboxMetadata),
  state: sandboxState(3),
  createdAtMs: nanos(4),
  labels: textMap(5),
  annotations: textMap(6),
  runtimeHandler: text(7),
});

const sandboxStatus = message({
  id: text(1),
  metadata: nested(2, sandboxMetadata),
  state: sandboxState(3),
  createdAtMs: nanos(4),
  network: nested(5, message({ ip: text(1), additionalIps: listOf(nested(2, message({ ip: text(1) }))) })),
  labels: textMap(7),
  annotations: textMap(8),
  runtimeHandler: text(9),
});

const container = message({
  id: text(1),
  sandboxId: text(2),
  metadata: nested(3, containerMetadata),
  state: containerState(6),
  createdAtMs: nanos(7),
  labels: textMap(8),
  annotations: textMap(9),
});

const containerStatus = message({
  id: text(1),
  metadata: nested(2, containerMetadata),
  state: containerState(3),
  createdAtMs: nanos(4),
  startedAtMs: nanos(5),
  finishedAtMs: nanos(6),
  exitCode: integer(7),
  image: nested(8, imageSpec),
  imageRef: text(9),
  reason: text(10),
  message: text(11),
  labels: textMap(12),
  annotations: textMap(13),
  logPath: text(15),
});

const filesystemUsage = message({
  timestampMs: nanos(1),
  filesystem: nested(2, message({ mountpoint: text(1) })),
  usedBytes: maybeInteger(3),
  inodesUsed: maybeInteger(4),
});

const containerStats = message({
  attributes: nested(1, message({ id: text(1), metadata: nested(2, containerMetadata), labels: textMap(3) })),
  cpu: nested(2, message({ timestampMs: nanos(1), usageCoreNanoSeconds: maybeInteger(2), usageNanoCores: maybeInteger(3) })),
  memory: nested(
    3,
    message({
      timestampMs: nanos(1),
      workingSetBytes: maybeInteger(2),
      availableBytes: maybeInteger(3),
      usageBytes: maybeInteger(4),
      rssBytes: maybeInteger(5),
      pageFaults: maybeInteger(6),
      majorPageFaults: maybeInteger(7),
    }),
  ),
  writableLayer: nested(4, filesystemUsage),
});

const image = message({
  id: text(1),
  repoTags: listOf(text(2)),
  repoDigests: listOf(text(3)),
  sizeBytes: integer(4),
  uid: maybeInteger(5),
  username: text(6),
  pinned: bool(8),
});

const imageAuth = message({ username: text(1), password: text(2), auth: text(3), serverAddress: text(4), identityToken: text(5), registryToken: text(6) });

const runtimeCondition = message({ type: text(1), status: bool(2), reason: text(3), message: text(4) });
const runtimeHandler = message({ name: text(1), features: nested(2, message({ recursiveReadOnlyMounts: bool(1), userNamespaces: bool(2) })) });

const nothing = message({});
const sandboxId = message({ id: text(1) });
const containerId = message({ id: text(1) });
const url = message({ url: text(1) });

const RUNTIME = '/runtime.v1.RuntimeService';
const IMAGES = '/runtime.v1.ImageService';

/** The calls: path, request, answer. */
export const calls = {
  version: { path: `${RUNTIME}/Version`, request: nothing, response: message({ runtimeName: text(2), runtimeVersion: text(3), runtimeApiVersion: text(4) }) },
  status: {
    path: `${RUNTIME}/Status`,
    request: message({ verbose: bool(1) }),
    response: message({
      status: nested(1, message({ conditions: listOf(nested(1, runtimeCondition)) })),
      runtimeHandlers: listOf(nested(3, runtimeHandler)),
    }),
  },
  runSandbox: { path: `${RUNTIME}/RunPodSandbox`, request: message({ config: nested(1, sandboxConfig), handler: text(2) }), response: sandboxId },
  stopSandbox: { path: `${RUNTIME}/StopPodSandbox`, request: sandboxId, response: nothing },
  removeSandbox: { path: `${RUNTIME}/RemovePodSandbox`, request: sandboxId, response: nothing },
  sandboxStatus: { path: `${RUNTIME}/PodSandboxStatus`, request: sandboxId, response: message({ status: nested(1, sandboxStatus) }) },
  listSandboxes: {
    path: `${RUNTIME}/ListPodSandbox`,
    request: message({ filter: nested(1, message({ id: text(1), state: nested(2, message({ state: sandboxState(1) })), labels: textMap(3) })) }),
    response: message({ items: listOf(nested(1, sandbox)) }),
  },
  createContainer: {
    path: `${RUNTIME}/CreateContainer`,
    request: message({ sandboxId: text(1), config: nested(2, containerConfig), sandboxConfig: nested(3, sandboxConfig) }),
    response: containerId,
  },
  startContainer: { path: `${RUNTIME}/StartContainer`, request: containerId, response: nothing },
  stopContainer: { path: `${RUNTIME}/StopContainer`, request: message({ id: text(1), timeoutSeconds: integer(2) }), response: nothing },
  removeContainer: { path: `${RUNTIME}/RemoveContainer`, request: containerId, response: nothing },
  containerStatus: { path: `${RUNTIME}/ContainerStatus`, request: containerId, response: message({ status: nested(1, containerStatus) }) },
  listContainers: {
    path: `${RUNTIME}/ListContainers`,
    request: message({
      filter: nested(1, message({ id: text(1), state: nested(2, message({ state: containerState(1) })), sandboxId: text(3), labels: textMap(4) })),
    }),
    response: message({ containers: listOf(nested(1, container)) }),
  },
  updateContainerResources: { path: `${RUNTIME}/UpdateContainerResources`, request: message({ id: text(1), linux: nested(2, containerResources) }), response: nothing },
  reopenContainerLog: { path: `${RUNTIME}/ReopenContainerLog`, request: containerId, response: nothing },
  execSync: {
    path: `${RUNTIME}/ExecSync`,
    request: message({ id: text(1), command: listOf(text(2)), timeoutSeconds: integer(3) }),
    response: message({ stdout: bytes(1), stderr: bytes(2), exitCode: integer(3) }),
  },
  exec: {
    path: `${RUNTIME}/Exec`,
    request: message({ containerId: text(1), command: listOf(text(2)), tty: bool(3), stdin: bool(4), stdout: bool(5), stderr: bool(6) }),
    response: url,
  },
  attach: { path: `${RUNTIME}/Attach`, request: message({ containerId: text(1), stdin: bool(2), tty: bool(3), stdout: bool(4), stderr: bool(5) }), response: url },
  portForward: { path: `${RUNTIME}/PortForward`, request: message({ sandboxId: text(1), ports: integers(2) }), response: url },
  containerStats: {
    path: `${RUNTIME}/ListContainerStats`,
    request: message({ filter: nested(1, message({ id: text(1), sandboxId: text(2), labels: textMap(3) })) }),
    response: message({ stats: listOf(nested(1, containerStats)) }),
  },
  listImages: { path: `${IMAGES}/ListImages`, request: nothing, response: message({ images: listOf(nested(1, image)) }) },
  imageStatus: { path: `${IMAGES}/ImageStatus`, request: message({ image: nested(1, imageSpec) }), response: message({ image: nested(1, image) }) },
  pullImage: { path: `${IMAGES}/PullImage`, request: message({ image: nested(1, imageSpec), auth: nested(2, imageAuth) }), response: message({ imageRef: text(1) }) },
  removeImage: { path: `${IMAGES}/RemoveImage`, request: message({ image: nested(1, imageSpec) }), response: nothing },
  imageFilesystems: { path: `${IMAGES}/ImageFsInfo`, request: nothing, response: message({ filesystems: listOf(nested(1, filesystemUsage)) }) },
} as const;

/** Lifecycle events, where the runtime interface serves them (containerd 1.7 and later). */
export const containerEvents = {
  path: `${RUNTIME}/GetContainerEvents`,
  request: nothing,
  response: message({ containerId: text(1), type: words(2, 'created', 'started', 'exited', 'deleted'), createdAtMs: nanos(3) }),
} as const;

/** containerd's own event stream, which every version serves. Source: containerd `api/services/events/v1`. */
export const containerdEvents = {
  path: '/containerd.services.events.v1.Events/Subscribe',
  request: message({ filters: listOf(text(1)) }),
  response: message({ namespace: text(2), topic: text(3), event: nested(4, message({ typeUrl: text(1), value: bytes(2) })) }),
} as const;

/** The events under `/tasks/`; field 1 is the container in all of them. Source: containerd `api/events`. */
export const taskExit = message({ containerId: text(1), id: text(2), pid: integer(3), exitStatus: integer(4) });
