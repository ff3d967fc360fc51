/**
 * What is particular to the deletion of some resources.
 */
import type { KubeObject } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';

/** How a resource's deletion differs from the ordinary. */
export interface DeletionRules {
  /** Keeps the object although metadata has no finalizers. */
  readonly held?: (object: KubeObject) => boolean;
  /** Changes the object when its deletion begins. */
  readonly begin?: (draft: Draft<KubeObject>) => void;
  /** DELETE answers with the object rather than with a Status. */
  readonly returnsObject?: true;
}

interface WithFinalizersInSpec {
  readonly spec?: { readonly finalizers?: readonly string[] };
  readonly status?: object;
}

const RETURNS_OBJECT: DeletionRules = { returnsObject: true };

/** By `GROUP/PLURAL`. Source: the `ReturnDeletedObject` of the original's registries; namespace `storage.go`. */
const DELETION_RULES: Readonly<Record<string, DeletionRules>> = {
  '/namespaces': {
    held: (object) => ((object as WithFinalizersInSpec).spec?.finalizers?.length ?? 0) > 0,
    begin: (draft) => {
      const open = draft as { status?: object };
      open.status = { ...open.status, phase: 'Terminating' };
    },
  },
  '/pods': RETURNS_OBJECT,
  '/services': RETURNS_OBJECT,
  '/serviceaccounts': RETURNS_OBJECT,
  '/persistentvolumes': RETURNS_OBJECT,
  '/persistentvolumeclaims': RETURNS_OBJECT,
  '/podtemplates': RETURNS_OBJECT,
  '/resourcequotas': RETURNS_OBJECT,
  'resource.k8s.io/deviceclasses': RETURNS_OBJECT,
  'resource.k8s.io/resourceclaims': RETURNS_OBJECT,
  'resource.k8s.io/resourceclaimtemplates': RETURNS_OBJECT,
  'resource.k8s.io/resourceslices': RETURNS_OBJECT,
  'storage.k8s.io/csinodes': RETURNS_OBJECT,
  'storage.k8s.io/storageclasses': RETURNS_OBJECT,
  'storage.k8s.io/volumeattachments': RETURNS_OBJECT,
  'storage.k8s.io/volumeattributesclasses': RETURNS_OBJECT,
};

/** The rules of a resource. */
export function deletionRules(kind: { readonly group: string; readonly plural: string }): DeletionRules {
  return DELETION_RULES[`${kind.group}/${kind.plural}`] ?? {};
}
