/**
 * Rules for environment variables.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateEnv, ValidateEnvFrom.
 */
import { at, child, type FieldError, fieldNotFound, invalid, required } from '#machinery/field-error.ts';
import { nameIsDnsSubdomain, validateConfigMapKey, validateEnvVarName } from '#machinery/names.ts';
import { dnsLabel, invalidEach } from '../../../rules.ts';
import type { EnvFromSource, EnvVar, EnvVarSource, FileKeySelector } from '../container.ts';
import type { PodSpec } from '../schema.ts';
import type { Volume } from '../volumes.ts';
import { ENV_FIELD_PATHS, objectFieldSelector, resourceFieldSelector } from './downward.ts';
import { noBacksteps } from './paths.ts';

/** Volumes of the pod by name. */
export type Volumes = ReadonlyMap<string, Volume>;

/** The variables of a container. */
export function validateEnv(field: string, variables: readonly EnvVar[]): FieldError[] {
  return variables.flatMap((variable, index) => {
    const here = at(field, index);
    const name = variable.name ? invalidEach(child(here, 'name'), variable.name, validateEnvVarName(variable.name)) : [required(child(here, 'name'))];
    return [...name, ...valueFromRules(child(here, 'valueFrom'), variable)];
  });
}

function valueFromRules(field: string, { value, valueFrom }: EnvVar): FieldError[] {
  if (!valueFrom) return [];
  const errors = sourceRules(field, valueFrom);
  const sources = [valueFrom.fieldRef, valueFrom.resourceFieldRef, valueFrom.configMapKeyRef, valueFrom.secretKeyRef, valueFrom.fileKeyRef].filter(
    (one) => one !== undefined,
  );
  if (sources.length === 0)
    errors.push(invalid(field, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'));
  else if (value) errors.push(invalid(field, '', 'may not be specified when `value` is not empty'));
  else if (sources.length > 1) errors.push(invalid(field, '', 'may not have more than one field specified at a time'));
  return errors;
}

function sourceRules(field: string, source: EnvVarSource): FieldError[] {
  const errors: FieldError[] = [];
  if (source.fieldRef) errors.push(...objectFieldSelector(child(field, 'fieldRef'), source.fieldRef, ENV_FIELD_PATHS));
  if (source.resourceFieldRef) errors.push(...resourceFieldSelector(child(field, 'resourceFieldRef'), source.resourceFieldRef, false));
  if (source.configMapKeyRef) errors.push(...keySelectorRules(child(field, 'configMapKeyRef'), source.configMapKeyRef));
  if (source.secretKeyRef) errors.push(...keySelectorRules(child(field, 'secretKeyRef'), source.secretKeyRef));
  if (source.fileKeyRef) errors.push(...fileKeyRules(child(field, 'fileKeyRef'), source.fileKeyRef));
  return errors;
}

function keySelectorRules(field: string, selector: { readonly name?: string; readonly key: string }): FieldError[] {
  const name = selector.name ?? '';
  return [
    ...invalidEach(child(field, 'name'), name, nameIsDnsSubdomain(name, false)),
    ...(selector.key ? invalidEach(child(field, 'key'), selector.key, validateConfigMapKey(selector.key)) : [required(child(field, 'key'))]),
  ];
}

function fileKeyRules(field: string, { key, volumeName, path }: FileKeySelector): FieldError[] {
  return [
    ...(key ? invalidEach(child(field, 'key'), key, validateEnvVarName(key)) : [required(child(field, 'key'))]),
    ...(volumeName ? dnsLabel(child(field, 'volumeName'), volumeName) : [required(child(field, 'volumeName'))]),
    ...(path ? noBacksteps(child(field, 'path'), path) : [required(child(field, 'path'))]),
  ];
}

/** Files that variables are read from lie in `emptyDir` volumes. */
export function envFileVolumes(field: string, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    for (const [index, { env = [] }] of (spec[list] ?? []).entries()) {
      for (const [position, { valueFrom }] of env.entries()) {
        if (!valueFrom?.fileKeyRef) continue;
        const here = `${at(child(field, list), index)}.${at('env', position)}.valueFrom.fileKeyRef.volumeName`;
        const name = valueFrom.fileKeyRef.volumeName;
        const volume = spec.volumes?.findLast((one) => one.name === name);
        if (!volume) errors.push(fieldNotFound(here, name));
        else if (!volume.emptyDir) errors.push(invalid(here, name, 'referenced volume must be of type emptyDir'));
      }
    }
  }
  return errors;
}

/** Sources whose every key becomes a variable. */
export function validateEnvFrom(field: string, sources: readonly EnvFromSource[]): FieldError[] {
  return sources.flatMap((source, index) => {
    const here = at(field, index);
    const errors = source.prefix ? invalidEach(child(here, 'prefix'), source.prefix, validateEnvVarName(source.prefix)) : [];
    if (source.configMapRef) errors.push(...namedSourceRules(child(here, 'configMapRef'), source.configMapRef.name));
    if (source.secretRef) errors.push(...namedSourceRules(child(here, 'secretRef'), source.secretRef.name));
    if (!source.configMapRef && !source.secretRef) errors.push(invalid(field, '', 'must specify one of: `configMapRef` or `secretRef`'));
    if (source.configMapRef && source.secretRef) errors.push(invalid(field, '', 'may not have more than one field specified at a time'));
    return errors;
  });
}

function namedSourceRules(field: string, name: string | undefined): FieldError[] {
  return name ? invalidEach(child(field, 'name'), name, nameIsDnsSubdomain(name, true)) : [required(child(field, 'name'))];
}
