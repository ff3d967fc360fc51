/** Findings about expressions in the fields of objects: those that do not compile, or give values of other types than wanted. */
import { compile, type Program } from '#machinery/cel/compile.ts';
import type { Environment } from '#machinery/cel/environment.ts';
import { type CelType, sameType, typeText } from '#machinery/cel/types.ts';
import { type FieldError, invalid } from '#machinery/field-error.ts';

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

/** `must evaluate to bool`, `must evaluate to one of [string null_type]`. */
function mustEvaluateTo(types: readonly CelType[]): string {
  const names = types.map((one) => (one.kind === 'null' ? 'null_type' : typeText(one)));
  return names.length === 1 ? `must evaluate to ${names[0]}` : `must evaluate to one of [${names.join(' ')}]`;
}

/** What is wrong with the expression in a field. */
export function expressionFindings(field: string, expression: string, environment: Environment, types: readonly CelType[]): FieldError[] {
  const compiled = compileExpression(expression, environment, types);
  return 'error' in compiled ? [invalid(field, expression, compiled.error)] : [];
}
