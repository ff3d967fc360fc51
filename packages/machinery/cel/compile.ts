/**
 * Compiles expressions of the Common Expression Language as Kubernetes uses it.
 *
 * ```ts
 * const compiled = compile('device.driver == "gpu.example.com"', environment);
 * if ('errors' in compiled) …   // ERROR: <input>:1:1: undeclared reference to 'device' (in container '')
 * else compiled.program.evaluate({ device }, { costBudget: 1_000_000 }).value
 * ```
 */
import type { Expr } from './ast.ts';
import { check } from './checker.ts';
import type { Environment } from './environment.ts';
import { type Bindings, Frame } from './frame.ts';
import { type Issue, issuesText } from './issues.ts';
import { parse } from './parser.ts';
import { plan } from './planner.ts';
import type { CelType } from './types.ts';
import type { Value } from './values.ts';

/** What one evaluation may cost when nothing else is said. Source: PerCallLimit. */
export const PER_CALL_LIMIT = 1_000_000;
/** The outcome of an evaluation. */
export interface Outcome {
  readonly value: Value;
  readonly cost: number;
}

/** An expression that can be evaluated. */
export interface Program {
  readonly expression: string;
  /** Its parts, macros expanded. */
  readonly tree: Expr;
  /** The type of its value. */
  readonly type: CelType;
  /** Evaluates it. @throws CelError when it fails, CostLimitExceeded when it costs more than `costBudget` */
  evaluate(bindings: Bindings, options?: { readonly costBudget?: number }): Outcome;
}

/** A program, or the findings as text and one by one. */
export type Compiled = { readonly program: Program } | { readonly errors: string; readonly issues: readonly Issue[] };

/** Parses, checks and plans an expression. */
export function compile(expression: string, environment: Environment): Compiled {
  const parsed = parse(expression, environment.macros);
  if ('issues' in parsed) return { errors: issuesText(expression, parsed.issues), issues: parsed.issues };
  const { issues, ...checked } = check(parsed.expr, environment);
  if (issues.length > 0) return { errors: issuesText(expression, issues), issues };
  const run = plan(parsed.expr, checked, environment);
  const type = checked.types.get(parsed.expr)!;
  return {
    program: {
      expression,
      tree: parsed.expr,
      type,
      evaluate(bindings, { costBudget = PER_CALL_LIMIT } = {}) {
        const frame = new Frame(bindings, costBudget);
        const value = run(frame);
        return { value, cost: frame.cost };
      },
    },
  };
}
