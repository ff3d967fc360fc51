/**
 * Rules that hold for every pod, and for new ones.
 *
 * Source: kubernetes `pkg/apis/core/validation` validatePodMetadataAndSpec, ValidatePodCreate.
 */
import { at, type FieldError, forbiddenField } from '#machinery/field-error.ts';
import type { KindContext } from '#machinery/kind.ts';
import type { Pod } from '../schema.ts';
import { PodMemory } from '../sound-specs.ts';
import { MIRROR_POD_ANNOTATION, podAnnotations } from './annotations.ts';
import { profileConflicts } from './profiles.ts';
import { ratcheted } from './ratchet.ts';
import { podSpecRules } from './spec.ts';

/** What rules take from the request. */
export type RuleContext = Pick<KindContext, 'gate' | 'memory'>;

/** What holds for every pod, new or changed. */
export function podRules(pod: Pod, { gate, memory }: RuleContext): FieldError[] {
  const { metadata, spec } = pod;
  const isMirror = metadata.annotations?.[MIRROR_POD_ANNOTATION] !== undefined;
  const specRules = (): FieldError[] => podSpecRules('spec', spec, { podName: metadata.name, isPod: true, isMirror, gate });
  const errors = [
    ...podAnnotations('metadata.annotations', metadata.annotations, spec),
    // A server's gates do not change, so what its rules say of other pods follows from the spec alone.
    ...(isMirror || !memory ? specRules() : memory.of(PodMemory).rules.findings(spec, specRules)),
  ];
  if (spec.serviceAccountName) return errors;
  for (const [index, { projected }] of (spec.volumes ?? []).entries()) {
    for (const [source, { serviceAccountToken }] of (projected?.sources ?? []).entries()) {
      const here = `${at('spec.volumes', index)}.${at('projected.sources', source)}.serviceAccountToken`;
      if (serviceAccountToken) errors.push(forbiddenField(here, 'must not be specified when serviceAccountName is not set'));
    }
  }
  return errors;
}

/** The same of a changed pod, but for what need not be mended. */
export function changedPodRules(pod: Pod, stored: Pod, context: RuleContext): FieldError[] {
  return ratcheted(podRules(pod, context), () => podRules(stored, context));
}

/** A new pod. */
export function validatePod(pod: Pod, context: RuleContext): FieldError[] {
  const errors = podRules(pod, context);
  if (pod.spec.ephemeralContainers?.length) errors.push(forbiddenField('spec.ephemeralContainers', 'cannot be set on create'));
  if (pod.spec.nodeName && pod.spec.schedulingGates?.length)
    errors.push(forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  return [...errors, ...profileConflicts('spec', pod.metadata.annotations, pod.spec)];
}
