/** Expressions in the fields of objects, which must compile and give values of the types wanted there. */
import { compile, type Program } from '#machinery/cel/compile.ts';
import type { Environment } from '#machinery/cel/environment.ts';
import { type CelType, runtimeText, sameType } from '#machinery/cel/types.ts';

/** An expression that can be evaluated, or why it cannot. */
export type CompiledExpression = { readonly program: Program } | { readonly error: string };

/** Words the refusal of an expression whose value has another type than those wanted. */
export type WrongType = (wanted: readonly CelType[], found: CelType) => string;

/** Compiles an expression whose value has one of the types (none: any). */
export function compileExpression(expression: string, environment: Environment, types: readonly CelType[], otherwise: WrongType = mustEvaluateTo): CompiledExpression {
  const compiled = compile(expression, environment);
  if ('errors' in compiled) return { error: `compilation failed: ${compiled.errors}` };
  const { type } = compiled.program;
  return types.length === 0 || types.some((one) => sameType(one, type)) ? compiled : { error: otherwise(types, type) };
}

/** `[string null_type]`, or the only one. */
const namesOf = (types: readonly CelType[]): string => (types.length === 1 ? runtimeText(types[0]!) : `one of [${types.map(runtimeText).join(' ')}]`);

/** `must evaluate to bool`. */
const mustEvaluateTo: WrongType = (wanted) => `must evaluate to ${namesOf(wanted)}`;

/** `must evaluate to bool but got int`. */
export const mustEvaluateToButGot: WrongType = (wanted, found) => `must evaluate to ${namesOf(wanted)} but got ${runtimeText(found)}`;
