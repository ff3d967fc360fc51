/**
 * Volumes of CSI drivers: persistent ones, which are attached, staged once per node and published to each pod, and ephemeral ones in the pod's spec.
 *
 *     attached ──NodeStageVolume──> plugins/kubernetes.io/csi/DRIVER/HASH/globalmount ──NodePublishVolume──> pods/UID/volumes/kubernetes.io~csi/NAME/mount
 *
 * Source: kubernetes `pkg/volume/csi`; the CSI specification.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import type { Client } from '#client/client.ts';
import type { Informer } from '#client/informer.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import type { CSIDriver } from '#kinds/storage/csi-driver/schema.ts';
import { formatTime } from '#machinery/time.ts';
import type { ServiceAccountTokens } from '../service-account-tokens.ts';
import type { PersistentPlugin, PersistentRequest } from '../volumes/persistent.ts';
import type { MountedVolume, VolumePlugin, VolumeRequest } from '../volumes/plugin.ts';
import { attachmentName, type NodeAttachments, uniqueName } from './attached.ts';
import type { CsiDriverNode } from './driver.ts';
import { expandOnNode } from './expand.ts';
import { appliesFsGroup, capabilityOf, podInfo, useOf, type VolumeUse } from './request.ts';
import {
  allVolumeData,
  readVolumeData,
  removeMountPoint,
  removeVolumeData,
  type VolumeData,
  volumeDirectory,
  writeVolumeData,
} from './volume-data.ts';

/** What CSI volumes are made with. */
export interface CsiOptions {
  readonly rootDirectory: string;
  readonly nodeName: string;
  readonly client: Client;
  readonly clock: Clock;
  /** A driver that is registered on this node. */
  readonly driver: (name: string) => CsiDriverNode | undefined;
  readonly drivers: Informer<CSIDriver>;
  readonly attachments: NodeAttachments;
  readonly tokens: ServiceAccountTokens;
}

/** Volumes whose driver asks for it are published again this often; others are looked at for a new size. */
const REPUBLISH_MS = 60_000;

interface SecretReference {
  readonly name?: string;
  readonly namespace?: string;
}

/** Everything about one mount. */
interface Publication {
  readonly pod: Pod;
  readonly driver: CsiDriverNode;
  readonly declared: CSIDriver | undefined;
  readonly use: VolumeUse;
  readonly data: VolumeData;
  readonly directory: string;
  readonly readOnly: boolean;
  readonly publishContext: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string>>;
  readonly secret: SecretReference | undefined;
}

/** The CSI volumes of a node. */
export class CsiVolumes {
  readonly #options: CsiOptions;
  /** What this process has already done, by path. */
  readonly #staged = new Set<string>();
  readonly #published = new Set<string>();

  constructor(options: CsiOptions) {
    this.#options = options;
  }

  /** Remembers which volumes are in use from before this process. */
  async recover(): Promise<void> {
    const { attachments, rootDirectory } = this.#options;
    for (const { driverName, volumeHandle, volumeLifecycleMode } of (await allVolumeData(rootDirectory)).values()) {
      if (volumeLifecycleMode === 'Persistent') attachments.use(uniqueName(driverName, volumeHandle));
    }
  }

  /** `csi` in a pod's spec, and the taking down of both kinds. */
  get plugin(): VolumePlugin {
    return {
      name: 'kubernetes.io/csi',
      supports: ({ csi }) => csi !== undefined,
      setUp: (request, signal) => this.#setUpEphemeral(request, signal),
      tearDown: (directory, signal) => this.#tearDown(directory, signal),
    };
  }

  /** `csi` in a persistent volume. */
  get persistent(): PersistentPlugin {
    return { supports: ({ spec }) => spec.csi !== undefined, setUp: (request, signal) => this.#setUpPersistent(request, signal) };
  }

  async #setUpEphemeral({ pod, volume, directory }: VolumeRequest, signal: AbortSignal): Promise<MountedVolume> {
    const { driver: name = '', readOnly = false, fsType, volumeAttributes = {}, nodePublishSecretRef } = volume.csi ?? {};
    const driver = this.#driver(name);
    const declared = await this.#declared(name, signal);
    const modes = declared?.spec.volumeLifecycleModes ?? ['Persistent'];
    if (!modes.includes('Ephemeral'))
      throw new Error(`volume mode "Ephemeral" not supported by driver ${name} (only supports ${JSON.stringify(modes)})`);
    const handle = `csi-${sha256(`${pod.metadata.uid}${volume.name}`)}`;
    const own = volumeDirectory(podVolumes(directory), volume.name);
    const data: VolumeData = {
      ...this.#data(name, handle),
      specVolID: volume.name,
      volumeLifecycleMode: 'Ephemeral',
      targetPath: join(own, 'mount'),
    };
    const use: VolumeUse = { accessModes: ['ReadWriteOnce'], block: false, ...(fsType ? { fsType } : {}), ...groupOf(pod) };
    const secret = nodePublishSecretRef && { ...nodePublishSecretRef, namespace: pod.metadata.namespace ?? '' };
    return this.#publish(
      { pod, driver, declared, use, data, directory: own, readOnly, publishContext: {}, attributes: volumeAttributes, secret },
      signal,
    );
  }

  async #setUpPersistent(request: PersistentRequest, signal: AbortSignal): Promise<MountedVolume> {
    const { pod, persistent, directory, readOnly } = request;
    const { driver: name, volumeHandle, volumeAttributes = {}, nodePublishSecretRef } = persistent.spec.csi!;
    const driver = this.#driver(name);
    const declared = await this.#declared(name, signal);
    const volumeName = persistent.metadata.name ?? '';
    const own = volumeDirectory(podVolumes(directory), volumeName);
    const use = { ...useOf(persistent), ...groupOf(pod) };
    const { attachments } = this.#options;
    const publishContext = declared?.spec.attachRequired === false ? {} : await attachments.attached(name, volumeHandle, signal);
    attachments.use(uniqueName(name, volumeHandle));
    const staging = driver.capabilities.has('stageUnstageVolume') ? this.#stagingPath(persistent) : undefined;
    const targetPath = use.block ? join(this.#root('volumeDevices/publish'), volumeName, pod.metadata.uid ?? '') : join(own, 'mount');
    const data: VolumeData = {
      ...this.#data(name, volumeHandle),
      specVolID: volumeName,
      volumeLifecycleMode: 'Persistent',
      targetPath,
      ...(staging ? { stagingPath: staging } : {}),
    };
    // Written first: whatever fails from here on can be undone.
    await writeVolumeData(own, data);
    if (staging) await this.#stage(persistent, driver, { staging, use, publishContext }, signal);
    const readOnlyVolume = readOnly || persistent.spec.csi?.readOnly === true;
    const publication = {
      pod,
      driver,
      declared,
      use,
      data,
      directory: own,
      readOnly: readOnlyVolume,
      publishContext,
      attributes: volumeAttributes,
      secret: nodePublishSecretRef,
    };
    const mounted = await this.#publish(publication, signal);
    const grows = await expandOnNode(
      request,
      driver,
      { volumePath: targetPath, stagingPath: staging ?? '', capability: capabilityOf(use, driver.capabilities), client: this.#options.client },
      signal,
    );
    return grows && mounted.refreshAtMs === undefined ? { ...mounted, refreshAtMs: this.#options.clock.now() + REPUBLISH_MS } : mounted;
  }

  async #stage(
    volume: PersistentVolume,
    driver: CsiDriverNode,
    {
      staging,
      use,
      publishContext,
    }: { readonly staging: string; readonly use: VolumeUse; readonly publishContext: Readonly<Record<string, string>> },
    signal: AbortSignal,
  ): Promise<void> {
    const { volumeHandle, volumeAttributes = {}, nodeStageSecretRef } = volume.spec.csi!;
    if (this.#staged.has(staging)) return;
    await mkdir(staging, { recursive: true, mode: 0o750 });
    const volumeCapability = capabilityOf(use, driver.capabilities);
    await driver.call(
      'stage',
      {
        volumeId: volumeHandle,
        publishContext,
        stagingTargetPath: staging,
        volumeCapability,
        secrets: await this.#secret(nodeStageSecretRef, signal),
        volumeContext: volumeAttributes,
      },
      signal,
    );
    this.#staged.add(staging);
  }

  async #publish(publication: Publication, signal: AbortSignal): Promise<MountedVolume> {
    const { driver, declared, use, data, directory, readOnly } = publication;
    const { clock } = this.#options;
    await writeVolumeData(directory, data);
    if (declared?.spec.requiresRepublish || !this.#published.has(data.targetPath)) await this.#callPublish(publication, signal);
    const managesOwnership = appliesFsGroup(declared, use, readOnly, driver.capabilities);
    const again = declared?.spec.requiresRepublish ? { refreshAtMs: clock.now() + REPUBLISH_MS } : {};
    return { path: data.targetPath, ...(use.block ? { device: data.targetPath } : {}), readOnly, managesOwnership, ...again };
  }

  async #callPublish(
    { pod, driver, declared, use, data, readOnly, publishContext, attributes, secret }: Publication,
    signal: AbortSignal,
  ): Promise<void> {
    await mkdir(dirname(data.targetPath), { recursive: true, mode: 0o750 });
    const context = { ...attributes, ...podInfo(pod, declared, data.volumeLifecycleMode === 'Ephemeral') };
    const tokens = await this.#tokens(pod, declared, signal);
    const inSecrets = declared?.spec.serviceAccountTokenInSecrets === true;
    const secretData = await this.#secret(secret, signal);
    await driver.call(
      'publish',
      {
        volumeId: data.volumeHandle,
        publishContext,
        stagingTargetPath: data.stagingPath ?? '',
        targetPath: data.targetPath,
        volumeCapability: capabilityOf(use, driver.capabilities),
        readonly: readOnly,
        secrets: inSecrets ? { ...secretData, ...tokens } : secretData,
        volumeContext: inSecrets ? context : { ...context, ...tokens },
      },
      signal,
    );
    this.#published.add(data.targetPath);
  }

  async #tearDown(directory: string, signal: AbortSignal): Promise<void> {
    const data = await readVolumeData(directory);
    if (data) {
      const driver = this.#driver(data.driverName);
      await driver.call('unpublish', { volumeId: data.volumeHandle, targetPath: data.targetPath }, signal);
      this.#published.delete(data.targetPath);
      await removeMountPoint(data.targetPath);
    }
    await removeVolumeData(directory);
    if (data?.volumeLifecycleMode === 'Persistent') await this.#release(data, signal);
  }

  /** Unstages the volume when no pod uses it any more. */
  async #release({ driverName, volumeHandle, stagingPath }: VolumeData, signal: AbortSignal): Promise<void> {
    const { attachments, rootDirectory } = this.#options;
    for (const other of (await allVolumeData(rootDirectory)).values())
      if (other.driverName === driverName && other.volumeHandle === volumeHandle) return;
    if (stagingPath !== undefined) {
      await this.#driver(driverName).call('unstage', { volumeId: volumeHandle, stagingTargetPath: stagingPath }, signal);
      this.#staged.delete(stagingPath);
      await removeMountPoint(stagingPath);
    }
    attachments.release(uniqueName(driverName, volumeHandle));
  }

  /** What the cluster's administrator says of the driver. */
  async #declared(name: string, signal: AbortSignal): Promise<CSIDriver | undefined> {
    const { drivers } = this.#options;
    await drivers.whenSynced(signal);
    return drivers.lister.get(name);
  }

  #driver(name: string): CsiDriverNode {
    const driver = this.#options.driver(name);
    if (!driver) throw new Error(`kubernetes.io/csi: driver name ${name} not found in the list of registered CSI drivers`);
    return driver;
  }

  #data(driverName: string, volumeHandle: string) {
    const { nodeName } = this.#options;
    return { driverName, volumeHandle, nodeName, attachmentID: attachmentName(driverName, volumeHandle, nodeName) };
  }

  #root(below: string): string {
    return join(this.#options.rootDirectory, 'plugins/kubernetes.io/csi', below);
  }

  #stagingPath({ metadata, spec }: PersistentVolume): string {
    if (spec.volumeMode === 'Block') return join(this.#root('volumeDevices/staging'), metadata.name ?? '');
    return join(this.#root(spec.csi!.driver), sha256(spec.csi!.volumeHandle), 'globalmount');
  }

  async #secret(reference: SecretReference | undefined, signal: AbortSignal): Promise<Record<string, string>> {
    if (!reference?.name) return {};
    const { data = {} } = await this.#options.client
      .of(secrets)
      .namespace(reference.namespace ?? '')
      .get(reference.name, signal);
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(String(value), 'base64').toString()]));
  }

  /** The tokens of the pod's account that the driver wants, by audience. */
  async #tokens(pod: Pod, declared: CSIDriver | undefined, signal: AbortSignal): Promise<Record<string, string>> {
    const requests = declared?.spec.tokenRequests ?? [];
    if (requests.length === 0) return {};
    const tokens: Record<string, unknown> = {};
    for (const { audience, expirationSeconds } of requests) {
      const { token, expiresAtMs } = await this.#options.tokens.get(pod, { audience, ...(expirationSeconds ? { expirationSeconds } : {}) }, signal);
      tokens[audience] = { token, expirationTimestamp: formatTime(expiresAtMs) };
    }
    return { 'csi.storage.k8s.io/serviceAccount.tokens': JSON.stringify(tokens) };
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The directory of all volumes of a pod, from that of one volume. */
const podVolumes = (directory: string): string => dirname(dirname(directory));

const groupOf = ({ spec }: Pod): { readonly fsGroup?: number } =>
  spec.securityContext?.fsGroup === undefined ? {} : { fsGroup: spec.securityContext.fsGroup };
