/**
 * The life of a namespace: it is gone only when its content is, which the finalizers in its spec stand for.
 *
 * Source: kubernetes `pkg/registry/core/namespace/strategy.go`.
 */
import type { Strategy, Subresource } from '#machinery/kind.ts';
import { nameIsDnsLabel } from '#machinery/names.ts';
import type { Draft } from '#machinery/schema.ts';
import { mergeMetadata, statusSubresource } from '../../strategy.ts';
import { labelWithName } from './defaults.ts';
import type { Namespace, NamespaceSpec, NamespaceStatus } from './schema.ts';
import { validateNamespace, validateNamespaceFinalize, validateNamespaceStatus } from './validation.ts';

/** The finalizer that stands for the namespace's content. */
export const KUBERNETES_FINALIZER = 'kubernetes';

/** Rules of a namespace's life. */
export const namespaceStrategy: Strategy<Namespace> = {
  unconditionalUpdate: true,
  validateName: nameIsDnsLabel,
  validate: validateNamespace,
  prepareForCreate(draft) {
    labelWithName(draft);
    draft.status = { phase: 'Active' };
    const finalizers = draft.spec?.finalizers ?? [];
    if (!finalizers.includes(KUBERNETES_FINALIZER)) draft.spec = { ...draft.spec, finalizers: [...finalizers, KUBERNETES_FINALIZER] };
  },
  isHeld: ({ spec }) => (spec.finalizers?.length ?? 0) > 0,
  beginDeletion(draft) {
    draft.status = { ...draft.status, phase: 'Terminating' };
  },
  prepareForUpdate(draft, stored) {
    draft.spec = { ...draft.spec };
    if (stored.spec.finalizers) draft.spec.finalizers = [...stored.spec.finalizers];
    else delete draft.spec.finalizers;
    draft.status = stored.status as Draft<NamespaceStatus>;
  },
};

/** `status`. */
export const namespaceStatusSubresource: Subresource = statusSubresource<Namespace>({ validate: validateNamespaceStatus });

/** `finalize`: takes the finalizers of the spec. */
export const namespaceFinalizeSubresource: Subresource = {
  verbs: ['update'],
  update: {
    apply(draft, sent, stored) {
      draft.metadata = mergeMetadata(sent.metadata, stored.metadata, []);
      (draft as Draft<Namespace>).spec = ((sent as Namespace).spec ?? {}) as Draft<NamespaceSpec>;
    },
    validate: (namespace) => validateNamespaceFinalize(namespace as Namespace),
  },
};
