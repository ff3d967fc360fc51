/**
 * Container images made by hand: an OCI layout in a tar archive, without a registry or a build tool.
 *
 * Source: the OCI image specification.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { tar, type TarEntry } from './tar.ts';

/** What an image holds and runs. */
export interface ImageSpec {
  /** `docker.io/library/busybox:1.36`. */
  readonly name: string;
  readonly files: readonly TarEntry[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly string[];
  readonly user?: string;
}

interface Blob {
  readonly digest: string;
  readonly content: Buffer;
}

function blob(content: Buffer): Blob {
  return { digest: createHash('sha256').update(content).digest('hex'), content };
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const descriptor = (mediaType: string, { digest, content }: Blob): Record<string, unknown> => ({ mediaType, digest: `sha256:${digest}`, size: content.length });

/** The image as a tar archive that `ctr images import` and `navarch image load` accept. */
export function imageTar(spec: ImageSpec): Buffer {
  const layerTar = tar(spec.files);
  const layer = blob(gzipSync(layerTar, { level: 1 }));
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const config = blob(
    json({
      architecture,
      os: 'linux',
      config: { Entrypoint: spec.entrypoint, Cmd: spec.command, Env: spec.env ?? ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], User: spec.user },
      rootfs: { type: 'layers', diff_ids: [`sha256:${blob(layerTar).digest}`] },
    }),
  );
  const manifest = blob(
    json({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: descriptor('application/vnd.oci.image.config.v1+json', config),
      layers: [descriptor('application/vnd.oci.image.layer.v1.tar+gzip', layer)],
    }),
  );
  const index = json({
    schemaVersion: 2,
    manifests: [{ ...descriptor('application/vnd.oci.image.manifest.v1+json', manifest), annotations: { 'io.containerd.image.name': spec.name, 'org.opencontainers.image.ref.name': spec.name } }],
  });
  const blobs = [layer, config, manifest].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  return tar([
    { path: 'blobs/', directory: true },
    { path: 'blobs/sha256/', directory: true },
    ...blobs.map(({ digest, content }) => ({ path: `blobs/sha256/${digest}`, content })),
    { path: 'index.json', content: index },
    { path: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
  ]);
}

/** Where Debian's packages put the programs that the test images are made of. */
const BUSYBOX = ['/usr/bin/busybox', '/bin/busybox'];
const CATATONIT = ['/usr/bin/catatonit', '/usr/libexec/podman/catatonit'];

const present = (candidates: readonly string[]): string | undefined => candidates.find((path) => existsSync(path));

/** What is missing on this machine for making the test images; undefined when nothing is. */
export function missingForImages(): string | undefined {
  if (!present(BUSYBOX)) return 'busybox-static is not installed';
  return present(CATATONIT) ? undefined : 'catatonit is not installed';
}

/** The pause image: a process that only waits and reaps. */
export function pauseImage(name: string): ImageSpec {
  const path = present(CATATONIT) ?? '';
  return { name, files: [{ path: 'pause', mode: 0o755, content: readFileSync(path) }], entrypoint: ['/pause', '-P'] };
}

/** Applets that the tests use; `busybox` itself knows many more. */
const APPLETS = 'awk base64 cat chmod chown cp cut date dd df du echo env expr false find free grep gunzip head hostname httpd id ip kill less ln ls mkdir mktemp mount mv nc netstat nohup nproc nslookup ping printf ps pwd rm sed seq sh sleep sort stat stty sync tail tar tee test timeout top touch tr true tty udhcpc umount uname uniq usleep vi wc wget which whoami xargs yes'.split(' ');

/** busybox with its applets as links, a few users, and nothing else. */
export function busyboxImage(name: string): ImageSpec {
  const directories = ['bin/', 'etc/', 'home/', 'proc/', 'root/', 'tmp/', 'usr/', 'usr/bin/', 'var/', 'var/run/', 'www/'];
  return {
    name,
    files: [
      ...directories.map((path): TarEntry => ({ path, directory: true, mode: path === 'tmp/' ? 0o1777 : 0o755 })),
      { path: 'bin/busybox', mode: 0o755, content: readFileSync(present(BUSYBOX) ?? '') },
      ...APPLETS.map((applet): TarEntry => ({ path: `bin/${applet}`, link: '/bin/busybox', mode: 0o777 })),
      { path: 'etc/group', content: 'root:x:0:\nnobody:x:65534:\nusers:x:100:app\n' },
      { path: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n' },
    ],
    command: ['sh'],
  };
}

