/**
 * Rules for adding ephemeral containers.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidatePodEphemeralContainersUpdate.
 */
import { type FieldError, forbiddenField } from '#machinery/field-error.ts';
import { sameValue } from '../../../semantic-equal.ts';
import { specDiff } from '../../../spec-diff.ts';
import type { Pod } from '../schema.ts';
import { MIRROR_POD_ANNOTATION } from './annotations.ts';
import { changedPodRules, type RuleContext } from './pod.ts';

const FIELD = 'spec.ephemeralContainers';

/** More ephemeral containers; those that are there stay. */
export function validateEphemeralContainersUpdate(pod: Pod, stored: Pod, context: RuleContext): FieldError[] {
  if (stored.metadata.annotations?.[MIRROR_POD_ANNOTATION] !== undefined)
    return [forbiddenField('', 'static pods do not support ephemeral containers')];
  const errors = changedPodRules(pod, stored, context);
  for (const old of stored.spec.ephemeralContainers ?? []) {
    const now = pod.spec.ephemeralContainers?.findLast(({ name }) => name === old.name);
    const which = `existing ephemeral containers ${JSON.stringify(old.name)}`;
    if (!now) errors.push(forbiddenField(FIELD, `${which} may not be removed\n`));
    else if (!sameValue(old, now)) errors.push(forbiddenField(FIELD, `${which} may not be changed\n${specDiff('core.EphemeralContainer', old, now)}`));
  }
  return errors;
}
