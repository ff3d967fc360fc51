/**
 * Rules for projected volumes and Downward API files.
 *
 * Source: kubernetes `pkg/apis/core/validation` validateProjectionSources, validateDownwardAPIVolumeFile.
 */
import { at, child, type FieldError, forbiddenField, invalid, required } from '#machinery/field-error.ts';
import { present } from '../../../rules.ts';
import type { DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource, ServiceAccountTokenProjection, VolumeProjection } from '../volumes.ts';
import { objectFieldSelector, resourceFieldSelector, VOLUME_FIELD_PATHS } from './downward.ts';
import { fileMode, keyPathRule, localNonReservedPath } from './paths.ts';
import { podCertificateProjection, trustBundleProjection } from './projected-certificates.ts';

const SHORTEST_TOKEN_SECONDS = 600;
const LONGEST_TOKEN_SECONDS = 2 ** 32;

/** Files that show fields of the pod. Upstream names the volume, not the file, in their paths. */
export function downwardFiles(field: string, files: readonly DownwardAPIVolumeFile[]): FieldError[] {
  return files.flatMap((file) => {
    const errors = [...present(child(field, 'path'), file.path), ...localNonReservedPath(child(field, 'path'), file.path)];
    if (file.fieldRef) {
      errors.push(...objectFieldSelector(child(field, 'fieldRef'), file.fieldRef, VOLUME_FIELD_PATHS));
      if (file.resourceFieldRef) errors.push(invalid(field, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    } else if (file.resourceFieldRef) {
      errors.push(...resourceFieldSelector(child(field, 'resourceFieldRef'), file.resourceFieldRef, true));
    } else {
      errors.push(required(field, 'one of fieldRef and resourceFieldRef is required'));
    }
    errors.push(...fileMode(child(field, 'mode'), file.mode));
    return errors;
  });
}

/** The sources of a projected volume: one kind each, no path twice. */
export function projectedSource(field: string, projected: ProjectedVolumeSource): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  for (const [index, source] of (projected.sources ?? []).entries()) {
    const here = at(child(field, 'sources'), index);
    errors.push(...projectionRules(field, here, source));
    for (const { path, value } of projectedPaths(source)) {
      if (paths.has(path)) errors.push(invalid(field, value, 'conflicting duplicate paths'));
      paths.add(path);
    }
    let kinds = 0;
    for (const kind in source) if (source[kind as keyof VolumeProjection] !== undefined) kinds += 1;
    if (kinds > 1) errors.push(forbiddenField(here, 'may not specify more than 1 volume type per source'));
  }
  return errors;
}

function projectionRules(field: string, here: string, source: VolumeProjection): FieldError[] {
  const errors: FieldError[] = [];
  if (source.secret) errors.push(...keyedRules(child(here, 'secret'), source.secret));
  if (source.configMap) errors.push(...keyedRules(child(here, 'configMap'), source.configMap));
  if (source.downwardAPI) errors.push(...downwardFiles(child(here, 'downwardAPI'), source.downwardAPI.items ?? []));
  if (source.serviceAccountToken) errors.push(...tokenRules(field, child(here, 'serviceAccountToken'), source.serviceAccountToken));
  if (source.clusterTrustBundle) errors.push(...trustBundleProjection(child(here, 'clusterTrustBundle'), source.clusterTrustBundle));
  if (source.podCertificate) errors.push(...podCertificateProjection(child(here, 'podCertificate'), source.podCertificate));
  return errors;
}

/** A file of a source, and what messages name when its path is taken. */
interface ProjectedPath {
  readonly path: string;
  readonly value: string;
}

function projectedPaths({ secret, configMap, downwardAPI, clusterTrustBundle, podCertificate }: VolumeProjection): ProjectedPath[] {
  const found: ProjectedPath[] = [];
  const add = (path: string | undefined, value: string | undefined): void => void (path && found.push({ path, value: value ?? '' }));
  for (const { path } of secret?.items ?? []) add(path, secret?.name);
  for (const { path } of configMap?.items ?? []) add(path, configMap?.name);
  for (const { path } of downwardAPI?.items ?? []) add(path, path);
  if (clusterTrustBundle) found.push({ path: clusterTrustBundle.path, value: clusterTrustBundle.path });
  for (const path of [podCertificate?.credentialBundlePath, podCertificate?.keyPath, podCertificate?.certificateChainPath]) add(path, path);
  return found;
}

function keyedRules(field: string, source: { readonly name?: string; readonly items?: readonly KeyToPath[] }): FieldError[] {
  return [
    ...present(child(field, 'name'), source.name),
    ...(source.items ?? []).flatMap((item, index) => keyPathRule(at(child(field, 'items'), index), item)),
  ];
}

/** Upstream gives the path of the volume, not of the token, for findings about the file. */
function tokenRules(field: string, here: string, token: ServiceAccountTokenProjection): FieldError[] {
  const errors: FieldError[] = [];
  const seconds = token.expirationSeconds ?? 0;
  const lifetime = child(here, 'expirationSeconds');
  if (seconds < SHORTEST_TOKEN_SECONDS) errors.push(invalid(lifetime, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > LONGEST_TOKEN_SECONDS) errors.push(invalid(lifetime, seconds, 'may not specify a duration larger than 2^32 seconds'));
  errors.push(...(token.path ? localNonReservedPath(child(field, 'path'), token.path) : [required(child(field, 'path'))]));
  return errors;
}
