/**
 * The types that subresources take and give where they are not their parent's.
 */
import type { BodyType } from './request-body.ts';
import { tokenRequest } from '#kinds/authentication/token-request/schema.ts';
import { scale } from '#kinds/autoscaling/scale/schema.ts';
import { binding } from '#kinds/core/binding/schema.ts';
import { eviction } from '#kinds/policy/eviction/schema.ts';
import type { GroupVersionKind } from '#machinery/kind.ts';
import type { Message } from '#machinery/schema.ts';

const SCHEMAS: Readonly<Record<string, Message>> = {
  'authentication.k8s.io/v1/TokenRequest': tokenRequest,
  'autoscaling/v1/Scale': scale,
  '/v1/Binding': binding,
  'policy/v1/Eviction': eviction,
};

/** The declared type of a subresource's body; absent for types that are only sent as queries. */
export function subresourceType({ group, version, kind }: GroupVersionKind): BodyType | undefined {
  const schema = SCHEMAS[`${group}/${version}/${kind}`];
  return schema && { group, version, kind, schema };
}
