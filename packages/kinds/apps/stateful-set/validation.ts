/**
 * Rules for stateful sets.
 *
 * Source: kubernetes `pkg/apis/apps/validation` ValidateStatefulSet and updates.
 */
import { at, child, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import { claimSpecRules } from '../../core/persistent-volume-claim/spec-validation.ts';
import type { PodSpec } from '../../core/pod/schema.ts';
import { ratcheted } from '../../core/pod/validation/ratchet.ts';
import { podSpecRules } from '../../core/pod/validation/spec.ts';
import { templateMetadataRules } from '../../core/pod/validation/template.ts';
import { dnsLabel, nonNegative } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import {
  amountOf,
  atMost100Percent,
  type Gated,
  intOrPercent,
  matcherOf,
  notDecremented,
  replicaCounts,
  runsForEver,
  selectorMatches,
  workloadSelector,
} from '../validation.ts';
import type { StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from './schema.ts';

const RETENTION: readonly string[] = ['Retain', 'Delete'];

/** A new stateful set. */
export function validateStatefulSet({ spec }: StatefulSet, gated: Gated = {}): FieldError[] {
  const { serviceName } = spec;
  return [
    ...ordinaryRules(spec),
    ...(serviceName ? dnsLabel('spec.serviceName', serviceName) : []),
    ...(spec.volumeClaimTemplates ?? []).flatMap((claim, index) => claimSpecRules(`${at('spec.volumeClaimTemplates', index)}.spec`, claim.spec)),
    ...podRules(spec, gated),
  ];
}

/** What holds for new and changed ones. */
function ordinaryRules(spec: StatefulSetSpec): FieldError[] {
  const { podManagementPolicy, ordinals } = spec;
  const errors: FieldError[] = [];
  if (!podManagementPolicy) errors.push(required('spec.podManagementPolicy'));
  else if (podManagementPolicy !== 'OrderedReady' && podManagementPolicy !== 'Parallel') {
    errors.push(invalid('spec.podManagementPolicy', podManagementPolicy, "must be 'OrderedReady' or 'Parallel'"));
  }
  errors.push(...strategyRules('spec.updateStrategy', spec.updateStrategy), ...retentionRules(spec));
  errors.push(
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.ordinals.start', ordinals?.start),
  );
  errors.push(...workloadSelector('spec.selector', spec.selector, 'statefulset'));
  if (spec.selector && !matcherOf(spec.selector)) return [...errors, invalid('spec.selector', spec.selector, '')];
  return [
    ...errors,
    ...selectorMatches('spec.template', spec.selector, spec.template),
    ...templateMetadataRules('spec.template', spec.template),
    ...runsForEver('spec.template', spec.template, 'StatefulSet'),
  ];
}

/** The pods that the template makes, with the volumes that the claim templates add; those replace volumes of the same name. */
function podRules({ template, volumeClaimTemplates = [] }: StatefulSetSpec, { gate }: Gated): FieldError[] {
  const claims = new Map(volumeClaimTemplates.map(({ metadata: { name = '' } }) => [name, { name, persistentVolumeClaim: { claimName: name } }]));
  const others = (template.spec.volumes ?? []).filter(({ name }) => !claims.has(name));
  const volumes: PodSpec['volumes'] = [...claims.values(), ...others];
  return podSpecRules('spec.template.spec', { ...template.spec, volumes }, gate ? { isPod: false, gate } : { isPod: false });
}

function strategyRules(field: string, strategy: StatefulSetUpdateStrategy): FieldError[] {
  const { type, rollingUpdate } = strategy;
  const here = child(field, 'rollingUpdate');
  if (!type) return [required(field)];
  if (type === 'OnDelete') return rollingUpdate ? [invalid(here, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")] : [];
  if (type !== 'RollingUpdate') return [invalid(field, strategy, "must be 'RollingUpdate' or 'OnDelete'")];
  if (!rollingUpdate) return [];
  const { partition, maxUnavailable } = rollingUpdate;
  const errors = nonNegative(child(here, 'partition'), partition);
  if (maxUnavailable === undefined) return errors;
  const inMax = child(here, 'maxUnavailable');
  errors.push(...intOrPercent(inMax, maxUnavailable));
  if (amountOf(maxUnavailable) === 0) errors.push(invalid(inMax, maxUnavailable, 'cannot be 0'));
  return [...errors, ...atMost100Percent(inMax, maxUnavailable)];
}

function retentionRules({ persistentVolumeClaimRetentionPolicy: policy }: StatefulSetSpec): FieldError[] {
  if (!policy) return [];
  return (['whenDeleted', 'whenScaled'] as const).flatMap((name) =>
    RETENTION.includes(policy[name] ?? '') ? [] : [notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, policy[name] ?? '', RETENTION)],
  );
}

const UPDATABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

/** A changed stateful set: its identity and claims stay. Pods and services that were not asked about once may stay wrong. */
export function validateStatefulSetUpdate(statefulSet: StatefulSet, stored: StatefulSet, gated: Gated = {}): FieldError[] {
  const errors = ratcheted(ordinaryRules(statefulSet.spec), () => ordinaryRules(stored.spec));
  if (podRules(stored.spec, gated).length === 0) errors.push(...podRules(statefulSet.spec, gated));
  const fixed = (spec: StatefulSetSpec): unknown => {
    const rest: Partial<StatefulSetSpec> = { ...spec };
    for (const name of UPDATABLE) delete (rest as Record<string, unknown>)[name];
    return rest;
  };
  if (!sameValue(fixed(statefulSet.spec), fixed(stored.spec))) {
    errors.push(
      forbiddenField(
        'spec',
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    );
  }
  return errors;
}

/** A new status. */
export function validateStatefulSetStatus({ status }: StatefulSet, stored: StatefulSet): FieldError[] {
  const errors = [...replicaCounts('status', status), ...nonNegative('status.currentReplicas', status.currentReplicas)];
  const current = status.currentReplicas ?? 0;
  if (current > status.replicas) errors.push(invalid('status.currentReplicas', current, 'cannot be greater than status.replicas'));
  return [...errors, ...notDecremented('status.collisionCount', status.collisionCount, stored.status.collisionCount)];
}
