/**
 * Pods run as a service account that exists, and find its token, the cluster's certificate and their namespace mounted.
 *
 * Source: kubernetes `plugin/pkg/admission/serviceaccount`.
 */
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { checkMountableSecrets } from './mountable-secrets.ts';
import { refusal } from './refusal.ts';
import { visitPodReferences } from '../authorization/pod-references.ts';
import type { Caches } from '../call.ts';
import { generateName } from '../registry/object-meta.ts';
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import type { Pod, PodSpec } from '#kinds/core/pod/schema.ts';
import type { Volume } from '#kinds/core/pod/volumes.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import type { ServiceAccount } from '#kinds/core/service-account/schema.ts';
import type { Draft } from '#machinery/schema.ts';

const DEFAULT_NAME = 'default';
const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';
const VOLUME_PREFIX = 'kube-api-access-';
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const ROOT_CA_CONFIG_MAP = 'kube-root-ca.crt';
/** An hour and a little, so that the token is told from those asked for explicitly. */
const TOKEN_SECONDS = 3_607;
const FILE_MODE = 0o644;

/** The account of a new namespace comes a moment after the namespace: a pod waits for it, at most this long. */
const DEFAULT_ACCOUNT_MS = 1_350;

/** What the plugin works with. */
export interface ServiceAccountOptions {
  readonly caches: Caches;
  readonly clock: Clock;
  readonly random: Random;
}

function tokenVolume(name: string): Draft<Volume> {
  const sources = [
    { serviceAccountToken: { path: 'token', expirationSeconds: TOKEN_SECONDS } },
    { configMap: { name: ROOT_CA_CONFIG_MAP, items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
  ];
  return { name, projected: { sources, defaultMode: FILE_MODE } };
}

/** Mounts the volume where a container has nothing at the path; true when some container needed it. */
function mountToken(containers: readonly Draft<Container>[] | undefined, volume: string): boolean {
  let needed = false;
  for (const container of containers ?? []) {
    const mounts = container.volumeMounts ?? [];
    if (mounts.some(({ mountPath }) => mountPath === MOUNT_PATH)) continue;
    container.volumeMounts = [...mounts, { name: volume, readOnly: true, mountPath: MOUNT_PATH }];
    needed = true;
  }
  return needed;
}

function provideToken(spec: Draft<PodSpec>, random: Random): void {
  const volumes = spec.volumes ?? [];
  const existing = volumes.find(({ name, projected }) => name?.startsWith(VOLUME_PREFIX) && projected)?.name;
  const name = existing ?? generateName(VOLUME_PREFIX, random);
  const inInit = mountToken(spec.initContainers, name);
  const inMain = mountToken(spec.containers, name);
  if (!existing && (inInit || inMain)) spec.volumes = [...volumes, tokenVolume(name)];
}

function automounts(account: ServiceAccount, spec: Draft<PodSpec>): boolean {
  return spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
}

function checkMirrorPod(request: AdmissionRequest, pod: Draft<Pod>): void {
  if (pod.spec?.serviceAccountName) throw refusal(request, 'a mirror pod may not reference service accounts');
  visitPodReferences(pod as unknown as Pod, (kind) => {
    if (kind === 'secrets') throw refusal(request, 'a mirror pod may not reference secrets');
  });
  for (const { projected } of pod.spec?.volumes ?? []) {
    if (projected?.sources?.some((source) => source.serviceAccountToken))
      throw refusal(request, 'a mirror pod may not use ServiceAccountToken volume projections');
  }
}

/** The plugin. */
export function serviceAccount({ caches, clock, random }: ServiceAccountOptions): AdmissionPlugin {
  const find = (namespace: string, name: string): ServiceAccount | undefined => caches.get(serviceAccounts, namespace, name);
  const fill = (request: AdmissionRequest, spec: Draft<PodSpec>, account: ServiceAccount): void => {
    checkMountableSecrets(request, spec, account);
    if (automounts(account, spec)) provideToken(spec, random);
    if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length)
      spec.imagePullSecrets = account.imagePullSecrets.map((secret) => ({ ...secret }));
  };
  const missing = (request: AdmissionRequest, name: string): Error =>
    refusal(request, `error looking up service account ${request.namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`);
  const waitForDefault = async (request: AdmissionRequest, spec: Draft<PodSpec>): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<ServiceAccount | undefined>();
    using _subscription = caches.subscribe(serviceAccounts, (account) => {
      if (account?.metadata.name === DEFAULT_NAME && account.metadata.namespace === request.namespace) resolve(account);
    });
    using _timer = clock.after(DEFAULT_ACCOUNT_MS, () => resolve(find(request.namespace, DEFAULT_NAME)));
    const account = await promise;
    if (!account) throw missing(request, DEFAULT_NAME);
    fill(request, spec, account);
  };
  return {
    name: 'ServiceAccount',
    interest: { operations: ['CREATE', 'UPDATE'], resources: ['/pods'], subresources: ['ephemeralcontainers'] },
    admit(request) {
      const pod = request.object as Draft<Pod>;
      const spec = (pod.spec ??= {});
      if (request.operation === 'UPDATE') {
        const account = request.subresource === '' ? undefined : find(request.namespace, spec.serviceAccountName || DEFAULT_NAME);
        if (account) checkMountableSecrets(request, spec, account);
        return undefined;
      }
      if (pod.metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined) return checkMirrorPod(request, pod);
      const name = spec.serviceAccountName || DEFAULT_NAME;
      spec.serviceAccountName = name;
      spec.serviceAccount = name;
      const account = find(request.namespace, name);
      if (account) return fill(request, spec, account);
      if (name !== DEFAULT_NAME) throw missing(request, name);
      return waitForDefault(request, spec);
    },
  };
}
