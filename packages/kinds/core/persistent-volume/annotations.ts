/**
 * The annotations by which binder, scheduler and provisioners talk to each other.
 *
 * Source: the documented well-known annotations of volumes and claims.
 */

/** On claims: the binding is complete; the claim is never bound elsewhere. */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
/** On claims and volumes: the binder (not a person) chose the other side, and may take it back. */
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
/** On volumes: who made it, and so removes it. */
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
/** On claims: who is to make a volume. */
export const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
/** What `STORAGE_PROVISIONER` was called before; written beside it. */
export const BETA_STORAGE_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner';
/** On claims: the node where their first consumer runs. A provisioner that cannot serve it removes the annotation. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
/** On claims and volumes: the class, before the spec had a field for it. */
export const BETA_STORAGE_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** The label by which classes are the default, in both its spellings. */
export const DEFAULT_CLASS_ANNOTATIONS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'] as const;

/** The provisioner of classes whose volumes are made by hand. */
export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';
