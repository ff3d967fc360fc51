/**
 * The life of a node.
 *
 * Source: kubernetes `pkg/registry/core/node/strategy.go`.
 */
import { at } from '#machinery/field-error.ts';
import type { Strategy, Subresource } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { statusSubresource } from '../../strategy.ts';
import { cidrWarnings } from '../../warnings.ts';
import { defaultNodeStatus } from './defaults.ts';
import type { Node, NodeStatus } from './schema.ts';
import { validateNode, validateNodeUpdate } from './validation.ts';

/** Rules of a node's life; a kubelet creates its node with a status. */
export const nodeStrategy: Strategy<Node> = {
  unconditionalUpdate: true,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  warnings: nodeWarnings,
  prepareForCreate(draft) {
    if (draft.spec?.configSource) draft.spec = without(draft.spec, 'configSource');
    if (draft.status?.config) draft.status = without(draft.status, 'config');
  },
  prepareForUpdate(draft, stored) {
    draft.status = stored.status as Draft<NodeStatus>;
    if (draft.spec?.configSource && !stored.spec.configSource) draft.spec = without(draft.spec, 'configSource');
  },
};

/** Warnings about fields that do nothing, and ranges that are written oddly. */
function nodeWarnings({ spec }: Node): string[] {
  return [
    ...(spec.configSource ? ['spec.configSource: the feature is no longer available'] : []),
    ...(spec.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
    ...(spec.podCIDRs ?? []).flatMap((range, index) => cidrWarnings(at('spec.podCIDRs', index), range)),
  ];
}

/** A copy that lacks a member: the fields of a feature that is gone stay only where they are in use. */
function without<T extends object>(value: T, name: keyof T): T {
  const copy = { ...value };
  delete copy[name];
  return copy;
}

/** `status`. */
export const nodeStatusSubresource: Subresource = statusSubresource<Node>({
  prepare(draft) {
    const status = { ...draft.status };
    defaultNodeStatus(status);
    draft.status = status;
  },
  validate: validateNodeUpdate,
});
