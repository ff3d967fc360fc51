/**
 * What a client is told about a pod that is accepted but probably not meant so.
 *
 * Source: kubernetes `pkg/api/pod/warnings.go`, `pkg/registry/core/pod/strategy.go`.
 */
import { at, child } from '#machinery/field-error.ts';
import type { KindContext } from '#machinery/kind.ts';
import { validateDns1123Label } from '#machinery/names.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import { sameValue } from '../../semantic-equal.ts';
import { fractionalBytes, goTexts, namedLabelWarnings, nodeLabelDeprecation, nodeTermWarnings } from '../../warnings.ts';
import type { PodAffinity } from './affinity.ts';
import type { Container, EnvVar } from './container.ts';
import { portWarnings } from './port-warnings.ts';
import type { Pod, PodSpec, PodTemplateSpec } from './schema.ts';
import { PodMemory } from './sound-specs.ts';
import { APP_ARMOR_PREFIX, appArmorOfAnnotation, SECCOMP_CONTAINER_PREFIX, SECCOMP_POD_ANNOTATION } from './validation/profiles.ts';
import { volumeWarnings } from './volume-warnings.ts';

const NO_POD = 'a null labelSelector results in matching no pod';
const BYTES = ['memory', 'ephemeral-storage'];
const SECCOMP_TEXT = 'non-functional in v1.27+; use the "seccompProfile" field instead';
const APP_ARMOR_TEXT = 'deprecated since v1.30; use the "appArmorProfile" field instead';
/** The lists of containers, in the order in which they are looked at. */
const CONTAINERS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Warnings for a new pod. */
export function podCreateWarnings(pod: Pod, { memory }: Pick<KindContext, 'memory'>): string[] {
  const texts = validateDns1123Label(pod.metadata.name ?? '');
  const name = texts.length
    ? [`metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: ${goTexts(texts)}`]
    : [];
  const judge = (): string[] => specWarnings({ field: '', metadata: pod.metadata, spec: pod.spec });
  // What a spec without annotations is warned of follows from it alone.
  return [...name, ...(pod.metadata.annotations || !memory ? judge() : memory.of(PodMemory).warnings.findings(pod.spec, judge))];
}

/** Warnings for the template of a workload. */
export function podTemplateWarnings(field: string, template: PodTemplateSpec): string[] {
  return specWarnings({ field, metadata: template.metadata, spec: template.spec });
}

/** A pod, or a template under `field`. */
interface Subject {
  readonly field: string;
  readonly metadata: ObjectMeta | undefined;
  readonly spec: PodSpec;
}

const under = (field: string, name: string): string => (field === '' ? name : child(field, name));

function specWarnings(subject: Subject): string[] {
  const { spec } = subject;
  const field = under(subject.field, 'spec');
  const grace = spec.terminationGracePeriodSeconds;
  return [
    ...nodeWarnings(field, spec),
    ...volumeWarnings(field, spec),
    ...repeated(child(field, 'hostAliases'), 'ip', (spec.hostAliases ?? []).map(({ ip }) => ip)),
    ...pullSecretWarnings(field, spec),
    ...fractionalBytes(child(field, 'overhead'), spec.overhead, BYTES),
    ...profileWarnings(subject),
    ...CONTAINERS.flatMap((list) => (spec[list] ?? []).flatMap((container, index) => containerWarnings(at(child(field, list), index), container as Container))),
    ...portWarnings(field, spec),
    ...(grace !== undefined && grace < 0 ? [`${child(field, 'terminationGracePeriodSeconds')}: must be >= 0; negative values are invalid and will be treated as 1`] : []),
    ...(['podAffinity', 'podAntiAffinity'] as const).flatMap((name) => affinityWarnings(child(field, 'affinity', name), spec.affinity?.[name])),
  ];
}

/** Deprecated labels of nodes, wherever a pod can name them. */
function nodeWarnings(field: string, { nodeSelector = {}, affinity, topologySpreadConstraints = [] }: PodSpec): string[] {
  const selected = Object.keys(nodeSelector).flatMap((key) => {
    const text = nodeLabelDeprecation(key);
    return text === undefined ? [] : [`${at(child(field, 'nodeSelector'), key)}: ${text}`];
  });
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const preferred = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const nodeAffinity = child(field, 'affinity', 'nodeAffinity');
  const requiredField = child(nodeAffinity, 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms');
  const preferredField = child(nodeAffinity, 'preferredDuringSchedulingIgnoredDuringExecution');
  return [
    ...selected,
    ...required.flatMap((term, index) => nodeTermWarnings(at(requiredField, index), term)),
    ...preferred.flatMap(({ preference }, index) => nodeTermWarnings(child(at(preferredField, index), 'preference'), preference)),
    ...topologySpreadConstraints.flatMap(({ topologyKey, labelSelector }, index) => {
      const here = at(child(field, 'topologySpreadConstraints'), index);
      return [...namedLabelWarnings(child(here, 'topologyKey'), topologyKey), ...(labelSelector ? [] : [`${child(here, 'labelSelector')}: ${NO_POD}`])];
    }),
  ];
}

function affinityWarnings(field: string, affinity: PodAffinity | undefined): string[] {
  const required = child(field, 'requiredDuringSchedulingIgnoredDuringExecution');
  const preferred = child(field, 'preferredDuringSchedulingIgnoredDuringExecution');
  return [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ labelSelector }, index) =>
      labelSelector ? [] : [`${child(at(required, index), 'labelSelector')}: ${NO_POD}`],
    ),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm }, index) =>
      podAffinityTerm.labelSelector ? [] : [`${child(at(preferred, index), 'podAffinityTerm', 'labelSelector')}: ${NO_POD}`],
    ),
  ];
}

/** Values that stand twice in a list. */
function repeated(field: string, name: string, values: readonly string[]): string[] {
  return values.flatMap((value, index) => (values.indexOf(value) < index ? [`${child(at(field, index), name)}: duplicate ${name} ${JSON.stringify(value)}`] : []));
}

function pullSecretWarnings(field: string, { imagePullSecrets = [] }: PodSpec): string[] {
  const secrets = child(field, 'imagePullSecrets');
  const names = imagePullSecrets.map(({ name = '' }) => name);
  return [...repeated(secrets, 'name', names), ...names.flatMap((name, index) => (name === '' ? [`${child(at(secrets, index), 'name')}: invalid empty name ""`] : []))];
}

/** Annotations of which fields have taken the place. */
function profileWarnings({ field, metadata, spec }: Subject): string[] {
  const { annotations } = metadata ?? {};
  if (!annotations) return [];
  const where = (key: string): string => at(under(field, 'metadata.annotations'), key);
  const pod = spec.securityContext;
  const warnings = !pod?.seccompProfile && SECCOMP_POD_ANNOTATION in annotations ? [`${where(SECCOMP_POD_ANNOTATION)}: ${SECCOMP_TEXT}`] : [];
  for (const list of CONTAINERS) {
    for (const { name, securityContext: own } of spec[list] ?? []) {
      const [seccomp, appArmor] = [SECCOMP_CONTAINER_PREFIX + name, APP_ARMOR_PREFIX + name];
      if (!own?.seccompProfile && seccomp in annotations) warnings.push(`${where(seccomp)}: ${SECCOMP_TEXT}`);
      const annotation = annotations[appArmor];
      if (annotation === undefined) continue;
      // Of a pod, the profile that the annotation names stands in the field already.
      const moved = field === '' && sameValue(own?.appArmorProfile, appArmorOfAnnotation(annotation));
      if (moved || (!own?.appArmorProfile && !pod?.appArmorProfile)) warnings.push(`${where(appArmor)}: ${APP_ARMOR_TEXT}`);
    }
  }
  return warnings;
}

function containerWarnings(field: string, { resources, env = [] }: Container): string[] {
  return [
    ...BYTES.flatMap((resource) => (['limits', 'requests'] as const).flatMap((side) => fractionalBytes(child(field, 'resources', side), resources?.[side], [resource]))),
    ...envWarnings(child(field, 'env'), env),
  ];
}

/** Variables that hide an earlier one, unless they are made of it. */
function envWarnings(field: string, variables: readonly EnvVar[]): string[] {
  const seen = new Set<string>();
  return variables.flatMap(({ name, value = '', valueFrom }, index) => {
    const before = seen.has(name);
    seen.add(name);
    const reference = `$(${name})`;
    if (!before || (!valueFrom && value !== reference && value.includes(reference))) return [];
    return [`${at(field, index)}: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`];
  });
}
