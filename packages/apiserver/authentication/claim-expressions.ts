/**
 * Expressions over the claims of a token, and over the user that they give.
 *
 * Source: the documentation of structured authentication; messages as the apiserver's OIDC authenticator words them.
 */
import { type CompiledExpression, compileExpression } from '#kinds/expressions.ts';
import type { Program } from '#machinery/cel/compile.ts';
import { withVariables } from '#machinery/cel/environment.ts';
import { KUBERNETES } from '#machinery/cel/kubernetes.ts';
import { ANY, BOOL, listOf, mapOf, objectOf, STRING } from '#machinery/cel/types.ts';
import { CelList, type Value } from '#machinery/cel/values.ts';
import { unauthorized } from '#machinery/status.ts';
import type { User } from '../call.ts';

const CLAIMS = withVariables(KUBERNETES, { claims: mapOf(STRING, ANY) });
const USER = withVariables(KUBERNETES, {
  user: objectOf('kubernetes.UserInfo', { username: STRING, uid: STRING, groups: listOf(STRING), extra: mapOf(STRING, listOf(STRING)) }),
});

/** An expression over `claims`, of any type. */
export const compileMapping = (expression: string): CompiledExpression => compileExpression(expression, CLAIMS, []);
/** A condition over `claims`. */
export const compileClaimsRule = (expression: string): CompiledExpression => compileExpression(expression, CLAIMS, [BOOL]);
/** A condition over `user`. */
export const compileUserRule = (expression: string): CompiledExpression => compileExpression(expression, USER, [BOOL]);

/** A condition, and what is said when it does not hold. */
export interface ValidationRule {
  readonly program: Program;
  readonly message: string;
}

type Claims = Readonly<Record<string, unknown>>;

const failed = (what: string, why: string): Error => unauthorized(`oidc: error evaluating ${what}: ${why}`);

function evaluate(program: Program, bindings: Claims, what: string): Value {
  try {
    return program.evaluate(bindings).value;
  } catch (error) {
    throw failed(what, `expression '${program.expression}' resulted in error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The text that an expression over claims gives. @throws StatusError Unauthorized */
export function mappedText(program: Program, claims: Claims, name: 'username' | 'uid'): string {
  const what = `${name} claim expression`;
  const value = evaluate(program, { claims }, what);
  if (typeof value !== 'string') throw failed(what, `${name} claim expression must return a string`);
  return value;
}

/** The texts that an expression over claims gives: one, a list, or none. Empty ones count as absent. @throws StatusError Unauthorized */
export function mappedTexts(program: Program, claims: Claims, name: 'group' | 'extra'): string[] {
  const what = `${name} claim expression`;
  const value = evaluate(program, { claims }, what);
  if (value === null) return [];
  const all = value instanceof CelList ? [...value] : [value];
  const texts = all.filter((one) => typeof one === 'string');
  if (texts.length < all.length) throw failed(what, 'expression must return a string or a list of strings');
  return texts.filter((one) => one !== '');
}

/** @throws StatusError Unauthorized when a condition on claims does not hold */
export function checkClaims(rules: readonly ValidationRule[], claims: Claims): void {
  check(rules, { claims }, 'claim validation expression');
}

/** @throws StatusError Unauthorized when a condition on the user does not hold */
export function checkUser(rules: readonly ValidationRule[], { name, uid = '', groups, extra = {} }: User): void {
  check(rules, { user: { username: name, uid, groups, extra } }, 'user info validation rule');
}

function check(rules: readonly ValidationRule[], bindings: Claims, what: string): void {
  const values = rules.map(({ program }) => evaluate(program, bindings, what));
  for (const [index, { program, message }] of rules.entries()) {
    if (typeof values[index] !== 'boolean') throw failed(what, 'validation expression must return a boolean');
    if (!values[index]) throw failed(what, `validation expression '${program.expression}' failed: ${message}`);
  }
}
