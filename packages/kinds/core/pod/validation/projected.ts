/**
 * Rules for projected volumes and Downward API files.
 *
 * Source: kubernetes `pkg/apis/core/validation` validateProjectionSources, validateDownwardAPIVolumeFile.
 */
import { at, child, type FieldError, forbiddenField, invalid, required } from '#machinery/field-error.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import { present } from '../../../rules.ts';
import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../volumes.ts';
import { objectFieldSelector, resourceFieldSelector, VOLUME_FIELD_PATHS } from './downward.ts';
import { fileMode, localNonReservedPath } from './paths.ts';

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
    const kinds = Object.values(source).filter((one) => one !== undefined);
    if (kinds.length > 1) errors.push(forbiddenField(here, 'may not specify more than 1 volume type per source'));
  }
  return errors;
}

function projectionRules(field: string, here: string, source: VolumeProjection): FieldError[] {
  const errors: FieldError[] = [];
  if (source.secret) errors.push(...keyedRules(child(here, 'secret'), source.secret));
  if (source.configMap) errors.push(...keyedRules(child(here, 'configMap'), source.configMap));
  if (source.downwardAPI) errors.push(...downwardFiles(child(here, 'downwardAPI'), source.downwardAPI.items ?? []));
  if (source.serviceAccountToken) errors.push(...tokenRules(field, child(here, 'serviceAccountToken'), source.serviceAccountToken));
  if (source.clusterTrustBundle) errors.push(...bundleRules(child(here, 'clusterTrustBundle'), source.clusterTrustBundle));
  if (source.podCertificate) errors.push(...certificateRules(child(here, 'podCertificate'), source.podCertificate));
  return errors;
}

function projectedPaths(source: VolumeProjection): { readonly path: string; readonly value: string }[] {
  const keyed = (name: string | undefined, items: readonly KeyToPath[] | undefined): { path: string; value: string }[] =>
    (items ?? []).map(({ path }) => ({ path, value: name ?? '' }));
  const plain = (path: string | undefined): { path: string; value: string } => ({ path: path ?? '', value: path ?? '' });
  return [
    ...keyed(source.secret?.name, source.secret?.items),
    ...keyed(source.configMap?.name, source.configMap?.items),
    ...(source.downwardAPI?.items ?? []).map(({ path }) => plain(path)),
    plain(source.clusterTrustBundle?.path),
    plain(source.podCertificate?.credentialBundlePath),
    plain(source.podCertificate?.keyPath),
    plain(source.podCertificate?.certificateChainPath),
  ].filter(({ path }) => path);
}

function keyedRules(field: string, source: { readonly name?: string; readonly items?: readonly KeyToPath[] }): FieldError[] {
  const items = (source.items ?? []).flatMap(({ key, path, mode }, index) => {
    const here = at(child(field, 'items'), index);
    return [
      ...present(child(here, 'key'), key),
      ...present(child(here, 'path'), path),
      ...localNonReservedPath(child(here, 'path'), path),
      ...fileMode(child(here, 'mode'), mode),
    ];
  });
  return [...present(child(field, 'name'), source.name), ...items];
}

function tokenRules(field: string, here: string, token: ServiceAccountTokenProjection): FieldError[] {
  const errors: FieldError[] = [];
  const seconds = token.expirationSeconds ?? 0;
  const at = child(here, 'expirationSeconds');
  if (seconds < SHORTEST_TOKEN_SECONDS) errors.push(invalid(at, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > LONGEST_TOKEN_SECONDS) errors.push(invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds'));
  errors.push(...(token.path ? localNonReservedPath(child(field, 'path'), token.path) : [required(child(field, 'path'))]));
  return errors;
}

function bundleRules(field: string, bundle: ClusterTrustBundleProjection): FieldError[] {
  const { name, signerName, labelSelector, path } = bundle;
  const errors: FieldError[] = [];
  if (name !== undefined && signerName !== undefined) errors.push(invalid(field, bundle, 'only one of name and signerName may be used'));
  else if (name !== undefined) {
    if (!name) errors.push(required(child(field, 'name'), 'must be a valid object name'));
    if (labelSelector) errors.push(invalid(child(field, 'labelSelector'), labelSelector, 'labelSelector must be unset if name is specified'));
  } else if (signerName !== undefined) {
    if (!signerName) errors.push(required(child(field, 'signerName'), 'must be a valid signer name'));
    errors.push(...validateLabelSelector(labelSelector, child(field, 'labelSelector')));
  } else {
    errors.push(required(field, 'either name or signerName must be specified'));
  }
  errors.push(...present(child(field, 'path'), path), ...localNonReservedPath(child(field, 'path'), path));
  return errors;
}

function certificateRules(field: string, { credentialBundlePath, keyPath, certificateChainPath }: PodCertificateProjection): FieldError[] {
  const errors: FieldError[] = [];
  if (!credentialBundlePath && !keyPath && !certificateChainPath) {
    errors.push(required(field, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath'));
  }
  for (const [name, path] of Object.entries({ credentialBundlePath, keyPath, certificateChainPath }))
    if (path) errors.push(...localNonReservedPath(child(field, name), path));
  return errors;
}
