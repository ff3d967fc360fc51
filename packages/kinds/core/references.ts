import type { Infer } from '#machinery/schema.ts';
import { bool, inline, list, message, oneOf, optional, pointer, required, string } from '#machinery/schema.ts';

export const objectReference = message(
  'core/v1.ObjectReference',
  {
    kind: optional(1, string),
    namespace: optional(2, string),
    name: optional(3, string),
    uid: optional(4, string),
    apiVersion: optional(5, string),
    resourceVersion: optional(6, string),
    fieldPath: optional(7, string),
  },
  'atomic',
);
export interface ObjectReference extends Infer<typeof objectReference> {}

export const localObjectReference = message(
  'core/v1.LocalObjectReference',
  {
    name: optional(1, string, { default: '' }),
  },
  'atomic',
);
export interface LocalObjectReference extends Infer<typeof localObjectReference> {}

export const secretReference = message(
  'core/v1.SecretReference',
  {
    name: optional(1, string),
    namespace: optional(2, string),
  },
  'atomic',
);
export interface SecretReference extends Infer<typeof secretReference> {}

export const typedLocalObjectReference = message(
  'core/v1.TypedLocalObjectReference',
  {
    apiGroup: pointer(1, string, { nullable: true }),
    kind: required(2, string),
    name: required(3, string),
  },
  'atomic',
);
export interface TypedLocalObjectReference extends Infer<typeof typedLocalObjectReference> {}

export const typedObjectReference = message('core/v1.TypedObjectReference', {
  apiGroup: pointer(1, string, { nullable: true }),
  kind: required(2, string),
  name: required(3, string),
  namespace: pointer(4, string, { gates: ['CrossNamespaceVolumeDataSource'] }),
});
export interface TypedObjectReference extends Infer<typeof typedObjectReference> {}

export const configMapKeySelector = message(
  'core/v1.ConfigMapKeySelector',
  {
    localObjectReference: inline(1, localObjectReference),
    key: required(2, string),
    optional: pointer(3, bool),
  },
  'atomic',
);
export interface ConfigMapKeySelector extends Infer<typeof configMapKeySelector> {}

export const secretKeySelector = message(
  'core/v1.SecretKeySelector',
  {
    localObjectReference: inline(1, localObjectReference),
    key: required(2, string),
    optional: pointer(3, bool),
  },
  'atomic',
);
export interface SecretKeySelector extends Infer<typeof secretKeySelector> {}

export const topologySelectorLabelRequirement = message('core/v1.TopologySelectorLabelRequirement', {
  key: required(1, string),
  values: required(2, list(string)),
});
export interface TopologySelectorLabelRequirement extends Infer<typeof topologySelectorLabelRequirement> {}

export const topologySelectorTerm = message(
  'core/v1.TopologySelectorTerm',
  {
    matchLabelExpressions: optional(1, list(topologySelectorLabelRequirement)),
  },
  'atomic',
);
export interface TopologySelectorTerm extends Infer<typeof topologySelectorTerm> {}

export const nodeSelectorOperator = oneOf('In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt');

export const nodeSelectorRequirement = message('core/v1.NodeSelectorRequirement', {
  key: required(1, string),
  operator: required(2, nodeSelectorOperator),
  values: optional(3, list(string)),
});
export interface NodeSelectorRequirement extends Infer<typeof nodeSelectorRequirement> {}

export const nodeSelectorTerm = message(
  'core/v1.NodeSelectorTerm',
  {
    matchExpressions: optional(1, list(nodeSelectorRequirement)),
    matchFields: optional(2, list(nodeSelectorRequirement)),
  },
  'atomic',
);
export interface NodeSelectorTerm extends Infer<typeof nodeSelectorTerm> {}

export const nodeSelector = message(
  'core/v1.NodeSelector',
  {
    nodeSelectorTerms: required(1, list(nodeSelectorTerm)),
  },
  'atomic',
);
export interface NodeSelector extends Infer<typeof nodeSelector> {}
