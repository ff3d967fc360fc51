/**
 * Conditions on which an authorization webhook is asked.
 *
 * Source: the documentation of AuthorizationConfiguration; apiserver `authorization/cel` (types, absent texts are empty, messages).
 */
import { type CompiledExpression, compileExpression, mustEvaluateToButGot } from '#kinds/expressions.ts';
import type { SubjectAccessReviewSpec } from '#kinds/authorization/attributes.ts';
import type { Program } from '#machinery/cel/compile.ts';
import { withVariables } from '#machinery/cel/environment.ts';
import { KUBERNETES } from '#machinery/cel/kubernetes.ts';
import { BOOL, listOf, mapOf, objectOf, STRING } from '#machinery/cel/types.ts';

const requirement = objectOf('kubernetes.SelectorRequirement', { key: STRING, operator: STRING, values: listOf(STRING) });
const selector = { rawSelector: STRING, requirements: listOf(requirement) };
const resourceAttributes = objectOf('kubernetes.ResourceAttributes', {
  namespace: STRING,
  verb: STRING,
  group: STRING,
  version: STRING,
  resource: STRING,
  subresource: STRING,
  name: STRING,
  fieldSelector: objectOf('kubernetes.FieldSelectorAttributes', selector),
  labelSelector: objectOf('kubernetes.LabelSelectorAttributes', selector),
});
const request = objectOf('kubernetes.SubjectAccessReviewSpec', {
  resourceAttributes,
  nonResourceAttributes: objectOf('kubernetes.NonResourceAttributes', { path: STRING, verb: STRING }),
  user: STRING,
  groups: listOf(STRING),
  extra: mapOf(STRING, listOf(STRING)),
  uid: STRING,
});

const ENVIRONMENT = withVariables(KUBERNETES, { request });

/** Compiles a condition. */
export function compileMatchCondition(expression: string): CompiledExpression {
  return compileExpression(expression, ENVIRONMENT, [BOOL], mustEvaluateToButGot);
}

/** Whether all conditions hold. One that does not decides, even when others fail. @throws Error when some fail and all others hold */
export function matches(conditions: readonly Program[], spec: SubjectAccessReviewSpec): boolean {
  const bindings = { request: complete(spec) };
  const failures: string[] = [];
  for (const condition of conditions) {
    try {
      if (condition.evaluate(bindings).value === false) return false;
    } catch (error) {
      failures.push(`cel evaluation error: expression '${condition.expression}' resulted in error: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (failures.length > 0) throw new Error(failures.length === 1 ? failures[0] : `[${failures.join(', ')}]`);
  return true;
}

/** Texts that are left out on the wire are there, empty. */
function complete({ user = '', groups = [], uid = '', extra = {}, resourceAttributes: resource, nonResourceAttributes: other }: SubjectAccessReviewSpec): object {
  const empty = { namespace: '', verb: '', group: '', version: '', resource: '', subresource: '', name: '' };
  return {
    user,
    groups,
    uid,
    extra,
    ...(resource ? { resourceAttributes: { ...empty, ...resource } } : {}),
    ...(other ? { nonResourceAttributes: { path: '', verb: '', ...other } } : {}),
  };
}
