/**
 * Pods keep to the level of the pod security standards that their namespace's labels set; workloads are told of pods that would not.
 *
 * Source: KEP-2579; `k8s.io/pod-security-admission/admission`.
 */
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { refusal } from '../refusal.ts';
import type { Caches } from '../../call.ts';
import type { AnyContainer, PodLike } from './check.ts';
import type { PodSecurityConfiguration } from './configuration.ts';
import { violations, violationsText } from './evaluate.ts';
import {
  compareLevels,
  levelLabel,
  levelVersionText,
  type LevelVersion,
  MODES,
  type Policy,
  policyOfLabels,
  type PolicyOfLabels,
  sameLevelVersion,
  versionLabel,
} from './policy.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod, PodTemplateSpec } from '#kinds/core/pod/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { invalidObject } from '#machinery/field-error.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { internalError } from '#machinery/status.ts';

/** At most this many pods of a namespace are looked at when its level changes. */
const MAX_PODS_CHECKED = 3_000;

/** What a workload makes pods from, by `GROUP/PLURAL`. */
const TEMPLATES: Readonly<Record<string, (object: never) => PodTemplateSpec | undefined>> = {
  '/podtemplates': ({ template }: { readonly template?: PodTemplateSpec }) => template,
  '/replicationcontrollers': templateOfSpec,
  'apps/replicasets': templateOfSpec,
  'apps/deployments': templateOfSpec,
  'apps/statefulsets': templateOfSpec,
  'apps/daemonsets': templateOfSpec,
  'batch/jobs': templateOfSpec,
  'batch/cronjobs': ({ spec }: { readonly spec?: { readonly jobTemplate?: { readonly spec?: { readonly template?: PodTemplateSpec } } } }) =>
    spec?.jobTemplate?.spec?.template,
};

function templateOfSpec({ spec }: { readonly spec?: { readonly template?: PodTemplateSpec | null } }): PodTemplateSpec | undefined {
  return spec?.template ?? undefined;
}

/** Subresources of pods that bring another container. */
const POD_SUBRESOURCES = ['ephemeralcontainers', 'resize'];

function isSignificant(pod: Pod, before: Pod): boolean {
  const images = (containers: readonly AnyContainer[] | undefined) => (containers ?? []).map(({ image }) => image);
  if (
    !sameValue(images(pod.spec.containers), images(before.spec.containers)) ||
    !sameValue(images(pod.spec.initContainers), images(before.spec.initContainers))
  )
    return true;
  const known = (before.spec.ephemeralContainers ?? []) as readonly AnyContainer[];
  return ((pod.spec.ephemeralContainers ?? []) as readonly AnyContainer[]).some(
    ({ name, image }) => known.find((one) => one.name === name)?.image !== image,
  );
}

/** What the decision is about. */
interface Judged {
  readonly request: AdmissionRequest;
  readonly pod: PodLike;
  readonly policy: Policy;
}

function enforce({ request, pod, policy }: Judged): void {
  const found = violations(pod, policy.enforce);
  if (found.length > 0) throw refusal(request, `violates PodSecurity ${JSON.stringify(levelVersionText(policy.enforce))}: ${violationsText(found)}`);
}

function wouldViolate(pod: PodLike, at: LevelVersion): string | undefined {
  const found = violations(pod, at);
  return found.length > 0 ? `would violate PodSecurity ${JSON.stringify(levelVersionText(at))}: ${violationsText(found)}` : undefined;
}

function auditAndWarn({ request, pod, policy }: Judged): void {
  const audited = wouldViolate(pod, policy.audit);
  if (audited) request.annotate?.('pod-security.kubernetes.io/audit-violations', audited);
  const warned = wouldViolate(pod, policy.warn);
  if (warned) request.warn(warned);
}

/** Pods that do not keep to a new level, as warnings: alike ones together. */
function existingPodWarnings(all: readonly Pod[], namespace: string, at: LevelVersion, isExempt: (pod: PodLike) => boolean): string[] {
  const candidates = oneOfEachOwnerFirst(all.filter((pod) => !isExempt(pod)));
  const checked = candidates.slice(0, MAX_PODS_CHECKED);
  const namesByReason = new Map<string, string[]>();
  for (const pod of checked) {
    const found = violations(pod, at);
    if (found.length === 0) continue;
    const reason = found.map((one) => one.reason).join(', ');
    namesByReason.set(reason, [...(namesByReason.get(reason) ?? []), pod.metadata.name ?? '']);
  }
  const warnings: string[] = [];
  if (checked.length < candidates.length)
    warnings.push(`new PodSecurity enforce level only checked against the first ${checked.length} of ${candidates.length} existing pods`);
  if (namesByReason.size > 0)
    warnings.push(
      `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(levelVersionText(at))}`,
    );
  const lines = [...namesByReason].map(([reason, names]) => {
    const [first] = names.toSorted();
    const others = names.length - 1;
    if (others === 0) return `${first}: ${reason}`;
    return `${first} (and ${others} other ${others === 1 ? 'pod' : 'pods'}): ${reason}`;
  });
  return [...warnings, ...lines.toSorted()];
}

/** Pods of one controller are alike: one of each is looked at before the others. */
function oneOfEachOwnerFirst(all: readonly Pod[]): Pod[] {
  const owners = new Set<string>();
  const [first, later]: [Pod[], Pod[]] = [[], []];
  for (const pod of all) {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller)?.uid;
    if (owner !== undefined && owners.has(owner)) later.push(pod);
    else first.push(pod);
    if (owner !== undefined) owners.add(owner);
  }
  return [...first, ...later];
}

/** The plugin. */
export function podSecurity(caches: Caches, { defaults, exemptions }: PodSecurityConfiguration): AdmissionPlugin {
  /** What was read from a namespace as it is in the cache. */
  const policies = new WeakMap<object, PolicyOfLabels>();
  const isExemptClass = ({ spec }: PodLike): boolean =>
    Boolean(spec.runtimeClassName) && exemptions.runtimeClasses.includes(spec.runtimeClassName ?? '');

  const exemptWarning = (name: string, labels: Readonly<Record<string, string>>, policy: Policy): string | undefined => {
    if (MODES.every((mode) => policy[mode].level === 'privileged') || MODES.every((mode) => sameLevelVersion(policy[mode], defaults[mode])))
      return undefined;
    const set = MODES.filter((mode) => policy[mode].level !== 'privileged' && (levelLabel(mode) in labels || versionLabel(mode) in labels));
    return `namespace ${JSON.stringify(name)} is exempt from Pod Security, and the policy (${set.map((mode) => `${mode}=${levelVersionText(policy[mode])}`).join(', ')}) will be ignored`;
  };

  const checkNamespace = (request: AdmissionRequest): void => {
    const { metadata } = request.object as unknown as KubeObject;
    const name = metadata.name ?? '';
    const { policy, errors } = policyOfLabels(metadata.labels, defaults);
    const before = request.old && policyOfLabels(request.old.metadata.labels, defaults);
    if (errors.length > 0 && !sameValue(errors, before?.errors)) throw invalidObject({ group: '', kind: 'Namespace' }, name, errors);
    const { enforce: next } = policy;
    if (before) {
      const { enforce: previous } = before.policy;
      if (sameLevelVersion(next, previous) || next.level === 'privileged') return;
      if (next.minor === previous.minor && compareLevels(next.level, previous.level) < 1) return;
    }
    if (exemptions.namespaces.includes(name)) {
      const warning = exemptWarning(name, metadata.labels ?? {}, policy);
      if (warning) request.warn(warning);
    } else if (before) for (const warning of existingPodWarnings(caches.list(pods, name), name, next, isExemptClass)) request.warn(warning);
  };

  const policyFor = (request: AdmissionRequest): Policy | undefined => {
    const { namespace, user } = request;
    if (exemptions.namespaces.includes(namespace) || exemptions.usernames.includes(user.name)) return undefined;
    const found = caches.get(namespaces, '', namespace);
    if (!found) throw internalError(new Error(`failed to lookup namespace ${JSON.stringify(namespace)}`));
    let known = policies.get(found);
    if (!known) policies.set(found, (known = policyOfLabels(found.metadata.labels, defaults)));
    const { policy, errors } = known;
    if (errors.length > 0)
      request.annotate?.(
        'pod-security.kubernetes.io/error',
        `Failed to parse policy: ${errors.map(({ field, message }) => `${field}: ${message}`).join(', ')}`,
      );
    return MODES.every((mode) => policy[mode].level === 'privileged') ? undefined : policy;
  };

  const checkPod = (request: AdmissionRequest): void => {
    const policy = policyFor(request);
    if (!policy) return;
    const pod = request.object as unknown as Pod;
    if (request.old && !isSignificant(pod, request.old as Pod)) return;
    if (isExemptClass(pod)) return;
    request.annotate?.('pod-security.kubernetes.io/enforce-policy', levelVersionText(policy.enforce));
    enforce({ request, pod, policy });
    auditAndWarn({ request, pod, policy });
  };

  const checkWorkload = (request: AdmissionRequest, key: string): void => {
    if (request.subresource !== '') return;
    const policy = policyFor(request);
    const template = TEMPLATES[key]?.(request.object as never);
    if (policy && template && !isExemptClass(template)) auditAndWarn({ request, pod: template, policy });
  };

  return {
    name: 'PodSecurity',
    interest: { operations: ['CREATE', 'UPDATE'], resources: ['/namespaces', '/pods', ...Object.keys(TEMPLATES)], subresources: POD_SUBRESOURCES },
    validate(request) {
      const key = `${request.kind.group}/${request.kind.plural}`;
      if (key === '/pods') checkPod(request);
      else if (key !== '/namespaces') checkWorkload(request, key);
      else if (request.subresource === '') checkNamespace(request);
    },
  };
}
