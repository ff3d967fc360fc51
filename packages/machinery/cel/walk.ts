/** Looks at the parts of an expression. */
import type { Expr } from './ast.ts';

function* parts(expr: Expr): IterableIterator<Expr> {
  switch (expr.node) {
    case 'select':
      yield expr.operand;
      break;
    case 'call':
      if (expr.target) yield expr.target;
      yield* expr.args;
      break;
    case 'list':
      yield* expr.elements;
      break;
    case 'map':
    case 'object':
      for (const { key, value } of expr.entries) yield* [key, value];
      break;
    case 'fold':
      yield* [expr.range, expr.start, expr.condition, expr.step, expr.result];
      break;
    case 'bind':
      yield* [expr.value, expr.body];
      break;
    default:
  }
}

/** Whether the expression reads `variable.field` anywhere, or tests whether it is there. */
export function readsField(expr: Expr, variable: string, field: string): boolean {
  const isVariable = (one: Expr | undefined): boolean => one?.node === 'ident' && one.name === variable;
  if (expr.node === 'select' && expr.field === field && isVariable(expr.operand)) return true;
  if (expr.node === 'call' && expr.name === '_?._' && isVariable(expr.args[0]) && expr.args[1]?.node === 'constant' && expr.args[1].value === field) return true;
  for (const part of parts(expr)) if (readsField(part, variable, field)) return true;
  return false;
}

/** Whether the expression reads the variable anywhere. */
export function readsVariable(expr: Expr, variable: string): boolean {
  if (expr.node === 'ident' && expr.name === variable) return true;
  for (const part of parts(expr)) if (readsVariable(part, variable)) return true;
  return false;
}
