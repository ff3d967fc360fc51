/**
 * The life of a pod: what creation and updates may set, how it is deleted, and its subresources.
 *
 * Source: kubernetes `pkg/registry/core/pod/strategy.go`.
 */
import type { KindContext, Strategy, Subresource, SubresourceUpdate } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { sameValue } from '../../semantic-equal.ts';
import { ALL_METADATA, mergeMetadata, nextGeneration, startGeneration, statusSubresource } from '../../strategy.ts';
import { isPodTerminal } from './conditions.ts';
import type { Container } from './container.ts';
import { appArmorFields } from './app-armor.ts';
import { mirrorServiceAccount } from './defaults.ts';
import { mergeLabelKeys } from './label-keys.ts';
import { qosClass } from './qos.ts';
import type { Pod, PodSpec } from './schema.ts';
import type { PodCondition, PodStatus } from './status.ts';
import { validateEphemeralContainersUpdate } from './validation/ephemeral-containers.ts';
import { validatePod } from './validation/pod.ts';
import { validatePodUpdate } from './validation/pod-update.ts';
import { validateResize } from './validation/resize.ts';
import { validatePodStatus } from './validation/status.ts';
import { podCreateWarnings } from './warnings.ts';

/** A negative grace period means: one second. */
const SHORTEST_GRACE_SECONDS = 1;

/** Rules of a pod's life. */
export const podStrategy: Strategy<Pod> = {
  unconditionalUpdate: true,
  prepareForCreate(draft, { gate }) {
    startGeneration(draft);
    const spec = (draft.spec ??= {});
    mirrorServiceAccount(spec);
    draft.status = { phase: 'Pending', qosClass: qosClass(spec) };
    if (spec.schedulingGates?.length) draft.status.conditions = [gatedCondition()];
    mergeLabelKeys(spec, draft.metadata?.labels ?? {}, gate);
    appArmorFields(spec, draft.metadata?.annotations);
  },
  prepareForUpdate(draft, stored) {
    draft.status = stored.status as Draft<PodStatus>;
    if (draft.spec) mirrorServiceAccount(draft.spec);
    nextGeneration(draft, stored, !sameValue(draft.spec, stored.spec));
  },
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  warnings: (pod, stored, context) => (stored ? [] : podCreateWarnings(pod, context)),
  gracePeriodSeconds(pod, asked) {
    if (!pod.spec.nodeName || isPodTerminal(pod)) return 0;
    const seconds = asked ?? pod.spec.terminationGracePeriodSeconds ?? 0;
    return seconds < 0 ? SHORTEST_GRACE_SECONDS : seconds;
  },
};

function gatedCondition(): PodCondition {
  return { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates' };
}

/** `status`: owner references stay, because old kubelets corrupted them; the class and observed generations cannot be cleared. */
export const podStatusSubresource: Subresource = statusSubresource<Pod>({
  keptMetadata: ['ownerReferences'],
  prepare(draft, stored) {
    const status: Draft<PodStatus> = { ...draft.status };
    status.qosClass ||= stored.status.qosClass ?? qosClass(stored.spec);
    if (!status.observedGeneration && stored.status.observedGeneration) status.observedGeneration = stored.status.observedGeneration;
    if (status.conditions) status.conditions = keepObservedGenerations(status.conditions, stored.status.conditions ?? []);
    mirrorPodIPs(status);
    draft.status = status;
  },
  validate: validatePodStatus,
});

function keepObservedGenerations(conditions: Draft<PodCondition>[], stored: readonly PodCondition[]): Draft<PodCondition>[] {
  const left = [...stored];
  return conditions.map((condition) => {
    const index = left.findIndex((one) => one.type === condition.type);
    const old = index < 0 ? undefined : left.splice(index, 1)[0];
    return !condition.observedGeneration && old?.observedGeneration ? { ...condition, observedGeneration: old.observedGeneration } : condition;
  });
}

/** `podIP` is the first of `podIPs`; where they differ the single one wins, for kubelets that know only that. */
function mirrorPodIPs(status: Draft<PodStatus>): void {
  const first = status.podIPs?.[0]?.ip;
  if (status.podIP && first !== status.podIP) status.podIPs = [{ ip: status.podIP }];
  else if (!status.podIP && first) status.podIP = first;
}

/** `ephemeralcontainers`: takes only the ephemeral containers. */
export const ephemeralContainersUpdate: SubresourceUpdate = {
  apply(draft, sent, stored) {
    const pod = draft as Draft<Pod>;
    const from = stored as Pod;
    const spec: Draft<PodSpec> = { ...(from.spec as Draft<PodSpec>) };
    const ephemeralContainers = (sent as Draft<Pod>).spec?.ephemeralContainers;
    if (ephemeralContainers) spec.ephemeralContainers = ephemeralContainers;
    else delete spec.ephemeralContainers;
    pod.metadata = mergeMetadata(sent.metadata, stored.metadata, ALL_METADATA);
    pod.spec = spec;
    nextGeneration(pod, stored, !sameValue(pod.spec, from.spec));
  },
  validate: (pod, stored, context) => validateEphemeralContainersUpdate(pod as Pod, stored as Pod, context),
};

/** `resize`: takes only the resources and resize policies of containers and init containers. */
export const resizeUpdate: SubresourceUpdate = {
  apply(draft, sent, stored, context) {
    const pod = draft as Draft<Pod>;
    const from = stored as Pod;
    pod.metadata = mergeMetadata(sent.metadata, stored.metadata, ALL_METADATA);
    pod.spec = resizedSpec((sent as Draft<Pod>).spec ?? {}, from.spec as Draft<PodSpec>, context);
    nextGeneration(pod, stored, !sameValue(pod.spec, from.spec));
  },
  validate: (pod, stored, context) => validateResize(pod as Pod, stored as Pod, context),
};

/** Containers that were added, removed, renamed or reordered are taken as sent, so that validation refuses them. */
function resizedSpec(sent: Draft<PodSpec>, stored: Draft<PodSpec>, context: KindContext): Draft<PodSpec> {
  const containers = resizedContainers(sent.containers ?? [], stored.containers ?? []);
  const initContainers = resizedContainers(sent.initContainers ?? [], stored.initContainers ?? []);
  if (!containers || !initContainers) return sent;
  const spec: Draft<PodSpec> = { ...stored, containers };
  if (initContainers.length) spec.initContainers = initContainers;
  if (context.gate('InPlacePodLevelResourcesVerticalScaling') && sent.resources) spec.resources = sent.resources;
  return spec;
}

function resizedContainers(sent: Draft<Container>[], stored: Draft<Container>[]): Draft<Container>[] | undefined {
  if (sent.length !== stored.length || sent.some((one, index) => one.name !== stored[index]!.name)) return undefined;
  return stored.map((container, index) => {
    const { resizePolicy: _old, ...rest } = container;
    const { resources = {}, resizePolicy } = sent[index]!;
    return { ...rest, resources, ...(resizePolicy ? { resizePolicy } : {}) };
  });
}
