/**
 * What expressions of webhooks and policies may refer to, and the types that they must give.
 *
 * Source: the documentation of admission policies; apiserver `admission/plugin/cel` (names and types of variables).
 */
import { type Environment, withVariables } from '#machinery/cel/environment.ts';
import { fn, type Library } from '#machinery/cel/functions.ts';
import { KUBERNETES } from '#machinery/cel/kubernetes.ts';
import { AUTHORIZER, RESOURCE_CHECK } from '#machinery/cel/library/authorizer.ts';
import { readTimestamp } from '#machinery/cel/standard/conversions.ts';
import { BOOL, type CelType, DYN, INT, listOf, mapOf, type ObjectType, objectOf, STRING } from '#machinery/cel/types.ts';
import { type FieldError, invalid } from '#machinery/field-error.ts';
import { compileExpression, mustEvaluateToButGot } from '../expressions.ts';
import type { Variable } from './rules.ts';

const TIME: CelType = { kind: 'timestamp', adapt: readTimestamp };
const TEXTS = mapOf(STRING, STRING);

const kind = objectOf('kubernetes.GroupVersionKind', { group: STRING, version: STRING, kind: STRING });
const resource = objectOf('kubernetes.GroupVersionResource', { group: STRING, version: STRING, resource: STRING });

/** The type of `request`. */
const REQUEST = objectOf('kubernetes.AdmissionRequest', {
  kind,
  resource,
  subResource: STRING,
  requestKind: kind,
  requestResource: resource,
  requestSubResource: STRING,
  name: STRING,
  namespace: STRING,
  operation: STRING,
  userInfo: objectOf('kubernetes.UserInfo', { username: STRING, uid: STRING, groups: listOf(STRING), extra: mapOf(STRING, listOf(STRING)) }),
  dryRun: BOOL,
  options: DYN,
});

const condition = objectOf('kubernetes.NamespaceCondition', { status: STRING, type: STRING, lastTransitionTime: TIME, message: STRING, reason: STRING });

/** The type of `namespaceObject`. */
const NAMESPACE = objectOf('kubernetes.Namespace', {
  metadata: objectOf('kubernetes.NamespaceMetadata', {
    name: STRING,
    generateName: STRING,
    namespace: STRING,
    labels: TEXTS,
    annotations: TEXTS,
    UID: STRING,
    creationTimestamp: TIME,
    deletionGracePeriodSeconds: INT,
    deletionTimestamp: TIME,
    generation: INT,
    resourceVersion: STRING,
    finalizers: listOf(STRING),
  }),
  spec: objectOf('kubernetes.NamespaceSpec', { finalizers: listOf(STRING) }),
  status: objectOf('kubernetes.NamespaceStatus', { conditions: listOf(condition), phase: STRING }),
});

const COMMON = withVariables(KUBERNETES, { object: DYN, oldObject: DYN, namespaceObject: NAMESPACE, request: REQUEST });

/** What mutations make: a patch's operation. */
export const JSON_PATCH = objectOf('JSONPatch', { op: STRING, path: STRING, from: STRING, value: DYN });

const anyFields = (name: string): ObjectType => ({ kind: 'object', name, field: () => ({ type: DYN }) });

/** What mutations make: the fields to apply. */
export const APPLIED_OBJECT = anyFields('Object');

const jsonPatch: Library = [fn('jsonpatch.escapeKey', [[STRING], STRING], (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1'))];

function mutationType(name: string): ObjectType | undefined {
  if (name === 'JSONPatch') return JSON_PATCH;
  return name === 'Object' || name.startsWith('Object.') ? anyFields(name) : undefined;
}

/** What an expression has beside the request. */
export interface Available {
  readonly params: boolean;
  readonly authorizer: boolean;
  /** The type of the objects, where it is known. */
  readonly object?: CelType;
  /** The type of the parameters, where it is known. */
  readonly parameters?: CelType;
  /** Types of what mutations make. */
  readonly patches?: boolean;
  /** By name, in the order in which they are declared. */
  readonly variables?: Readonly<Record<string, CelType>>;
}

/** The environment of an expression. */
export function admissionEnvironment({ params, authorizer, object, parameters = DYN, patches, variables }: Available): Environment {
  return withVariables(
    COMMON,
    {
      ...(object ? { object, oldObject: object } : {}),
      ...(params ? { params: parameters } : {}),
      ...(authorizer ? { authorizer: AUTHORIZER, 'authorizer.requestResource': RESOURCE_CHECK } : {}),
      ...(variables ? { variables: objectOf('kubernetes.variables', variables) } : {}),
    },
    patches ? { typeNamed: mutationType, libraries: [jsonPatch] } : {},
  );
}

/** What is wrong with an expression; it must give one of the types (none: any). */
export function admissionExpressionFindings(field: string, expression: string, environment: Environment, types: readonly CelType[]): FieldError[] {
  const compiled = compileExpression(expression, environment, types, mustEvaluateToButGot);
  return 'error' in compiled ? [invalid(field, expression, compiled.error)] : [];
}

/** The types of a policy's variables: each may use those before it. Those that do not compile are left out. */
export function variableTypes(variables: readonly Variable[], available: Available): Record<string, CelType> {
  const types: Record<string, CelType> = {};
  for (const { name, expression } of variables) {
    const compiled = compileExpression(expression, admissionEnvironment({ ...available, variables: { ...types } }), []);
    if ('program' in compiled) types[name] = compiled.program.type;
  }
  return types;
}
