/**
 * Warnings of expressions that do not fit the types of the objects that a policy matches: fields that do not exist, comparisons that cannot hold.
 *
 * Source: the documentation of validating admission policies ("Type checking"); apiserver `plugin/policy/validating/typechecking.go` (limits, words).
 */
import { compile } from '#machinery/cel/compile.ts';
import { messageType } from '#machinery/cel/schema-types.ts';
import type { CelType } from '#machinery/cel/types.ts';
import { groupVersionText, type Kind } from '#machinery/kind.ts';
import { admissionEnvironment, type Available, variableTypes } from '../policy-expressions.ts';
import type { ExpressionWarning, ValidatingAdmissionPolicy, ValidatingAdmissionPolicySpec } from './schema.ts';

/** No more types are looked at. */
const MAX_TYPES = 10;

/** The warnings of a policy; `kinds` are those whose types are known. */
export function typeWarnings({ spec }: ValidatingAdmissionPolicy, kinds: readonly Kind[]): ExpressionWarning[] {
  const matched = matchedKinds(spec, kinds);
  if (matched.length === 0) return [];
  const parameters = parameterType(spec, kinds);
  const perKind = matched.map((kind): readonly [Kind, Available] => {
    const available = { params: spec.paramKind !== undefined, authorizer: true, object: messageType(kind.schema), ...(parameters ? { parameters } : {}) };
    return [kind, { ...available, variables: variableTypes(spec.variables ?? [], available) }];
  });
  const warnings: ExpressionWarning[] = [];
  const look = (fieldRef: string, expression: string): void => {
    const found = perKind.flatMap(([kind, available]) => {
      const compiled = compile(expression, admissionEnvironment(available));
      return 'errors' in compiled ? [`${kindText(kind)}: ${compiled.errors}`] : [];
    });
    if (found.length > 0) warnings.push({ fieldRef, warning: found.join('\n') });
  };
  for (const [index, { expression, messageExpression }] of (spec.validations ?? []).entries()) {
    look(`spec.validations[${index}].expression`, expression);
    if (messageExpression) look(`spec.validations[${index}].messageExpression`, messageExpression);
  }
  return warnings;
}

/** `apps/v1, Kind=Deployment`. */
const kindText = ({ group, version, kind }: Kind): string => `${group}/${version}, Kind=${kind}`;

/** Kinds that are matched by name: wildcards and subresources say nothing about types. */
function matchedKinds({ matchConstraints }: ValidatingAdmissionPolicySpec, kinds: readonly Kind[]): Kind[] {
  const found = new Set<Kind>();
  for (const { apiGroups = [], apiVersions = [], resources = [] } of matchConstraints?.resourceRules ?? []) {
    if (apiGroups.includes('*') || apiVersions.includes('*')) continue;
    for (const kind of kinds) if (apiGroups.includes(kind.group) && apiVersions.includes(kind.version) && resources.includes(kind.plural)) found.add(kind);
  }
  const sorted = [...found].toSorted((a, b) => (kindText(a) < kindText(b) ? -1 : 1));
  return sorted.slice(0, MAX_TYPES);
}

function parameterType({ paramKind }: ValidatingAdmissionPolicySpec, kinds: readonly Kind[]): CelType | undefined {
  const known = paramKind && kinds.find((kind) => groupVersionText(kind) === paramKind.apiVersion && kind.kind === paramKind.kind);
  return known && messageType(known.schema);
}
