/**
 * Names in OpenAPI documents: definitions, operations, tags.
 *
 * Source: kube-openapi `util` friendly names and the API server's operation ids.
 */

const PACKAGES: ReadonlyMap<string, string> = new Map([
  ['meta', 'io.k8s.apimachinery.pkg.apis.meta.'],
  ['apiextensions', 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.'],
  ['apiregistration', 'io.k8s.kube-aggregator.pkg.apis.apiregistration.'],
]);

/** `core/v1.PodSpec` is `io.k8s.api.core.v1.PodSpec`. */
export function definitionName(typeName: string): string {
  const slash = typeName.indexOf('/');
  const group = typeName.slice(0, slash);
  const rest = typeName.slice(slash + 1);
  return `${PACKAGES.get(group) ?? `io.k8s.api.${group}.`}${rest.replaceAll('/', '.')}`;
}

export const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
export const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
export const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';
export const RAW_EXTENSION = 'io.k8s.apimachinery.pkg.runtime.RawExtension';
export const VERSION_INFO = 'io.k8s.apimachinery.pkg.version.Info';
const APIEXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.';
export const JSON_VALUE = `${APIEXTENSIONS}JSON`;
export const PROPS_OR_BOOL = `${APIEXTENSIONS}JSONSchemaPropsOrBool`;
export const PROPS_OR_ARRAY = `${APIEXTENSIONS}JSONSchemaPropsOrArray`;
export const PROPS_OR_STRINGS = `${APIEXTENSIONS}JSONSchemaPropsOrStringArray`;

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function groupWords(group: string): string[] {
  if (group === '') return ['core'];
  return group.replace(/\.k8s\.io$/, '').split(/[.-]/);
}

/** `apps`, `rbacAuthorization`. */
export function groupTag(group: string): string {
  const [first = '', ...rest] = groupWords(group);
  return `${first}${rest.map(upper).join('')}`;
}

/** `Apps`, `RbacAuthorization`: the part of operation ids that names the group. */
export function groupOperation(group: string): string {
  return groupWords(group).map(upper).join('');
}

/** `apps_v1`, `core_v1`, `rbacAuthorization_v1`. */
export function tagName(group: string, version: string): string {
  return `${groupTag(group)}_${version}`;
}

/** `AppsV1`, `CoreV1`, `RbacAuthorizationV1`: the part of operation ids that names the group version. */
export function operationGroup(group: string, version: string): string {
  return `${groupOperation(group)}${upper(version)}`;
}

/** `log` is `Log`, `ephemeralcontainers` is `Ephemeralcontainers`. */
export function operationSuffix(subresource: string): string {
  return upper(subresource);
}
