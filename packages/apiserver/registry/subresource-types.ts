/**
 * The types that subresources take and give where they are not their parent's.
 */
import type { BodyType } from './request-body.ts';
import { tokenRequest } from '#kinds/authentication/token-request/schema.ts';
import { scaleColumns } from '#kinds/autoscaling/scale/columns.ts';
import { scale } from '#kinds/autoscaling/scale/schema.ts';
import { binding } from '#kinds/core/binding/schema.ts';
import { nodeProxyOptions } from '#kinds/core/node/schema.ts';
import { podAttachOptions, podExecOptions, podLogOptions, podPortForwardOptions, podProxyOptions } from '#kinds/core/pod/options.ts';
import { serviceProxyOptions } from '#kinds/core/service/schema.ts';
import { eviction } from '#kinds/policy/eviction/schema.ts';
import type { GroupVersionKind } from '#machinery/kind.ts';

/** The types, as OpenAPI lists them too. */
export const SUBRESOURCE_TYPES: readonly BodyType[] = [
  { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', schema: tokenRequest },
  { group: 'autoscaling', version: 'v1', kind: 'Scale', schema: scale, columns: scaleColumns },
  { group: '', version: 'v1', kind: 'Binding', schema: binding },
  { group: 'policy', version: 'v1', kind: 'Eviction', schema: eviction },
  // Options, which come as queries.
  { group: '', version: 'v1', kind: 'PodExecOptions', schema: podExecOptions },
  { group: '', version: 'v1', kind: 'PodAttachOptions', schema: podAttachOptions },
  { group: '', version: 'v1', kind: 'PodPortForwardOptions', schema: podPortForwardOptions },
  { group: '', version: 'v1', kind: 'PodLogOptions', schema: podLogOptions },
  { group: '', version: 'v1', kind: 'PodProxyOptions', schema: podProxyOptions },
  { group: '', version: 'v1', kind: 'ServiceProxyOptions', schema: serviceProxyOptions },
  { group: '', version: 'v1', kind: 'NodeProxyOptions', schema: nodeProxyOptions },
];

/** The declared type of a subresource's body; absent for types that are only sent as queries. */
export function subresourceType({ group, version, kind }: GroupVersionKind): BodyType | undefined {
  return SUBRESOURCE_TYPES.find((type) => type.group === group && type.version === version && type.kind === kind);
}
