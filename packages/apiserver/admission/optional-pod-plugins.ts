/**
 * Plugins about pods that clusters turn on when they need them.
 *
 * Source: kubernetes `plugin/pkg/admission/{alwayspullimages,antiaffinity,extendedresourcetoleration}`.
 */
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refusal } from './refusal.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import { isExtendedResource } from '#kinds/core/pod/resource-names.ts';
import type { Pod, PodSpec } from '#kinds/core/pod/schema.ts';
import { notSupported } from '#machinery/field-error.ts';
import type { Draft } from '#machinery/schema.ts';

const PODS = ['/pods'];
const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;
const HOSTNAME = 'kubernetes.io/hostname';

type Pulled = Draft<Pick<Container, 'image' | 'imagePullPolicy'>>;

function containersOf(spec: Draft<PodSpec> | undefined): { readonly field: string; readonly container: Pulled }[] {
  return CONTAINER_LISTS.flatMap((list) =>
    ((spec?.[list] ?? []) as Pulled[]).map((container, index) => ({ field: `spec.${list}[${index}].imagePullPolicy`, container })),
  );
}

function bringsNewImages({ object, old }: AdmissionRequest): boolean {
  if (!old) return true;
  const before = new Set(containersOf((old as unknown as Draft<Pod>).spec).map(({ container }) => container.image));
  return containersOf((object as Draft<Pod>).spec).some(({ container }) => !before.has(container.image));
}

/** Images are pulled anew for every container, so that only who has the credentials can use a private image. */
export const alwaysPullImages: AdmissionPlugin = {
  name: 'AlwaysPullImages',
  interest: { operations: ['CREATE', 'UPDATE'], resources: PODS, subresources: ['ephemeralcontainers'] },
  admit(request) {
    if (!bringsNewImages(request)) return;
    const { spec } = request.object as Draft<Pod>;
    if (!spec) return;
    for (const list of CONTAINER_LISTS) {
      const containers = spec[list] as Pulled[] | undefined;
      if (containers) (spec as Record<string, unknown>)[list] = containers.map((container) => ({ ...container, imagePullPolicy: 'Always' }));
    }
    spec.volumes = spec.volumes?.map((volume) => (volume.image ? { ...volume, image: { ...volume.image, pullPolicy: 'Always' } } : volume));
  },
  validate(request) {
    if (!bringsNewImages(request)) return;
    const findings = containersOf((request.object as Draft<Pod>).spec)
      .filter(({ container }) => container.imagePullPolicy !== 'Always')
      .map(({ field, container }) => notSupported(field, container.imagePullPolicy ?? '', ['Always']))
      .map(({ field, message }) => `${field}: ${message}`);
    if (findings.length > 0) throw refusal(request, findings.length === 1 ? findings[0]! : `[${findings.join(', ')}]`);
  },
};

/** Pods may keep others off their node, not off more. */
export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: 'LimitPodHardAntiAffinityTopology',
  interest: { operations: ['CREATE', 'UPDATE'], resources: PODS },
  validate(request) {
    const { spec } = request.object as unknown as Pod;
    for (const { topologyKey } of spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
      if (topologyKey !== HOSTNAME)
        throw refusal(
          request,
          `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${topologyKey} but only key ${HOSTNAME} is allowed`,
        );
    }
  },
};

/** Pods tolerate the taint that nodes with the devices they ask for carry. */
export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',
  interest: { operations: ['CREATE', 'UPDATE'], resources: PODS },
  admit({ object }) {
    const { spec } = object as Draft<Pod>;
    if (!spec) return;
    const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
    const names = new Set(containers.flatMap(({ resources }) => Object.keys(resources?.requests ?? {})).filter(isExtendedResource));
    const own = spec.tolerations ?? [];
    const added = [...names]
      .toSorted()
      .filter((key) => !own.some((one) => one.key === key && one.operator === 'Exists' && !one.effect))
      .map((key) => ({ key, operator: 'Exists' as const }));
    if (added.length > 0) spec.tolerations = [...own, ...added];
  },
};
