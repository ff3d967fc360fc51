/**
 * Rules for a node's dynamic configuration, a feature that is gone while its fields remain.
 *
 * Source: kubernetes `pkg/apis/core/validation` validateNodeConfigSourceSpec, validateNodeConfigStatus.
 */
import { child, type FieldError, forbiddenField, invalid, required } from '#machinery/field-error.ts';
import { nameIsDnsLabel, nameIsDnsSubdomain, validateConfigMapKey } from '#machinery/names.ts';
import { goStruct } from '../../go-struct.ts';
import { invalidEach, present } from '../../rules.ts';
import { type ConfigMapNodeConfigSource, type NodeConfigSource, nodeConfigSource, type NodeConfigStatus } from './schema.ts';

/** What the node should run with: a ConfigMap by name alone. */
export function configSourceRules(field: string, source: NodeConfigSource): FieldError[] {
  return oneReference(field, source, (here, { uid, resourceVersion }) => [
    ...(uid ? [forbiddenField(child(here, 'uid'), 'uid must not be set in spec')] : []),
    ...(resourceVersion ? [forbiddenField(child(here, 'resourceVersion'), 'resourceVersion must not be set in spec')] : []),
  ]);
}

/** What the node runs with, to the version. */
export function configStatusRules(field: string, status: NodeConfigStatus): FieldError[] {
  return (['assigned', 'active', 'lastKnownGood'] as const).flatMap((name) => {
    const source = status[name];
    if (!source) return [];
    return oneReference(child(field, name), source, (here, { uid, resourceVersion }) => [
      ...present(child(here, 'uid'), uid),
      ...present(child(here, 'resourceVersion'), resourceVersion),
    ]);
  });
}

type Rule = (field: string, configMap: ConfigMapNodeConfigSource) => FieldError[];

function oneReference(field: string, source: NodeConfigSource, rule: Rule): FieldError[] {
  const { configMap } = source;
  if (!configMap) return [invalid(field, goStruct(nodeConfigSource, source), 'exactly one reference subfield must be non-nil')];
  const here = child(field, 'configMap');
  const { namespace, name, kubeletConfigKey: key } = configMap;
  const text = (member: string, value: string, texts: (value: string) => string[]): FieldError[] =>
    value ? invalidEach(child(here, member), value, texts(value)) : [required(child(here, member))];
  return [
    ...rule(here, configMap),
    ...text('namespace', namespace, (value) => nameIsDnsLabel(value, false)),
    ...text('name', name, (value) => nameIsDnsSubdomain(value, false)),
    ...text('kubeletConfigKey', key, validateConfigMapKey),
  ];
}
