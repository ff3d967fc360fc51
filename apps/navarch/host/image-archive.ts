/**
 * Writes OCI image archives from files, reproducibly: the same content gives the same bytes and digests.
 *
 * Source: OCI image specification (layout, manifest, configuration).
 */
import { createHash } from 'node:crypto';
import { tarArchive, type TarEntry } from './tar.ts';

/** What an image is made from. */
export interface ImageSpec {
  /** Full reference: `registry.k8s.io/pause:3.10`. */
  readonly name: string;
  /** Bottom layer first. */
  readonly layers: readonly (readonly TarEntry[])[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  /** `NAME=value`. */
  readonly environment?: readonly string[];
  readonly workingDirectory?: string;
  readonly user?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly exposedPorts?: readonly string[];
  /** `SIGQUIT` and the like. */
  readonly stopSignal?: string;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const MEDIA = 'application/vnd.oci.image';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The archive (a tar with an OCI layout) of one image for this machine's architecture; containerd, skopeo and registries read it. */
export function imageArchive(spec: ImageSpec): Buffer {
  const blobs = new Map<string, Buffer>();
  const store = (mediaType: string, content: Buffer): Descriptor => {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    blobs.set(digest, content);
    return { mediaType, digest, size: content.length };
  };
  const storeJson = (mediaType: string, value: unknown): Descriptor => store(mediaType, Buffer.from(JSON.stringify(value)));
  const layers = spec.layers.map((entries) => store(`${MEDIA}.layer.v1.tar`, tarArchive(entries)));
  const config = storeJson(`${MEDIA}.config.v1+json`, imageConfig(spec, layers));
  const manifest = storeJson(`${MEDIA}.manifest.v1+json`, { schemaVersion: 2, mediaType: `${MEDIA}.manifest.v1+json`, config, layers });
  const tag = spec.name.slice(spec.name.lastIndexOf(':') + 1);
  const index = {
    schemaVersion: 2,
    mediaType: `${MEDIA}.index.v1+json`,
    manifests: [{ ...manifest, annotations: { 'io.containerd.image.name': spec.name, 'org.opencontainers.image.ref.name': tag } }],
  };
  return tarArchive([
    { path: 'oci-layout', content: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
    { path: 'index.json', content: Buffer.from(JSON.stringify(index)) },
    ...[...blobs].map(([digest, content]) => ({ path: `blobs/${digest.replace(':', '/')}`, content })),
  ]);
}

function imageConfig(spec: ImageSpec, layers: readonly Descriptor[]): unknown {
  return {
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: 'linux',
    config: {
      ...(spec.user ? { User: spec.user } : {}),
      ...(spec.exposedPorts ? { ExposedPorts: Object.fromEntries(spec.exposedPorts.map((port) => [port, {}])) } : {}),
      Env: spec.environment ?? ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      ...(spec.entrypoint ? { Entrypoint: spec.entrypoint } : {}),
      ...(spec.command ? { Cmd: spec.command } : {}),
      ...(spec.workingDirectory ? { WorkingDir: spec.workingDirectory } : {}),
      ...(spec.labels ? { Labels: spec.labels } : {}),
      ...(spec.stopSignal ? { StopSignal: spec.stopSignal } : {}),
    },
    // Layers are stored uncompressed, so a layer's digest is also its difference id.
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
  };
}
