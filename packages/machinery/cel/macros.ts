/**
 * Macros: calls that the parser turns into loops, bindings and presence tests.
 *
 * Source: the language definition of CEL ("Macros"), cel-go's extensions for two variables, bindings and optional values.
 */
import type { Call, Constant, Expr, Fold, Ident } from './ast.ts';
import type { Issue } from './issues.ts';
import type { Value } from './values.ts';

/** A macro. Undefined: the call is an ordinary one. */
export type Macro = (call: Call, report: (at: number, message: string) => void) => Expr | undefined;

/** Macros by name, number of arguments and whether they are called on something: `all:2:true`. */
export type MacroSet = ReadonlyMap<string, Macro>;

/** The name of the hidden variable of loops. */
const RESULT = '@result';

/** What the call becomes. */
export function expandMacro(call: Call, macros: MacroSet, issues: Issue[]): Expr {
  const macro = macros.get(`${call.name}:${call.args.length}:${call.target !== undefined}`);
  return macro?.(call, (at, message) => issues.push({ at, message })) ?? call;
}

const constant = (value: Value, at: number): Constant => ({ node: 'constant', value, at });
const ident = (name: string, at: number): Ident => ({ node: 'ident', name, at });
const call = (name: string, at: number, ...args: Expr[]): Call => ({ node: 'call', name, args, at });
const listOf = (at: number, ...elements: Expr[]): Expr => ({ node: 'list', elements, optional: new Set(), at });
const result = (at: number): Ident => ident(RESULT, at);

function variableName(expr: Expr, report: (at: number, message: string) => void): string | undefined {
  if (expr.node === 'ident' && !expr.name.startsWith('.') && expr.name !== RESULT && expr.name !== '__result__') return expr.name;
  report(expr.at, expr.node === 'ident' ? 'iteration variable overwrites accumulator variable' : 'argument must be a simple name');
  return undefined;
}

type Parts = Pick<Fold, 'start' | 'condition' | 'step' | 'result'>;

/** A macro over a list or map with `count` variables. */
function loop(count: 1 | 2, parts: (args: readonly Expr[], at: number, first: Ident) => Parts): Macro {
  return ({ target, args, at }, report) => {
    const names = args.slice(0, count).map((one) => variableName(one, report));
    const [variable, second] = names;
    if (names.includes(undefined) || variable === undefined) return constant(null, at);
    if (variable === second) {
      report(args[1]!.at, 'duplicate variable name');
      return constant(null, at);
    }
    return { node: 'fold', range: target!, variable, ...(second === undefined ? {} : { second }), accumulator: RESULT, at, ...parts(args.slice(count), at, ident(variable, args[0]!.at)) };
  };
}

const all = ([test]: readonly Expr[], at: number): Parts => ({
  start: constant(true, at),
  condition: call('@not_strictly_false', at, result(at)),
  step: call('_&&_', at, result(at), test!),
  result: result(at),
});

const exists = ([test]: readonly Expr[], at: number): Parts => ({
  start: constant(false, at),
  condition: call('@not_strictly_false', at, call('!_', at, result(at))),
  step: call('_||_', at, result(at), test!),
  result: result(at),
});

const existsOne = ([test]: readonly Expr[], at: number): Parts => ({
  start: constant(0n, at),
  condition: constant(true, at),
  step: call('_?_:_', at, test!, call('_+_', at, result(at), constant(1n, at)), result(at)),
  result: call('_==_', at, result(at), constant(1n, at)),
});

function collect(at: number, element: Expr, test?: Expr): Parts {
  const added = call('_+_', at, result(at), listOf(at, element));
  return { start: listOf(at), condition: constant(true, at), step: test ? call('_?_:_', at, test, added, result(at)) : added, result: result(at) };
}

function collectEntries(at: number, added: Expr, test?: Expr): Parts {
  return {
    start: { node: 'map', entries: [], at },
    condition: constant(true, at),
    step: test ? call('_?_:_', at, test, added, result(at)) : added,
    result: result(at),
  };
}

const has: Macro = ({ args, at }, report) => {
  const [arg] = args;
  if (arg?.node === 'select' && !arg.test) return { ...arg, test: true };
  report(arg?.at ?? at, 'invalid argument to has() macro');
  return constant(false, at);
};

function keyed(count: 3 | 4): Macro {
  return (self, report) => {
    const inserted = (args: readonly Expr[], at: number, key: Expr): Parts =>
      collectEntries(at, call('cel.@mapInsert', at, result(at), key, args.at(-1)!), count === 4 ? args[0] : undefined);
    return loop(2, inserted)(self, report);
  };
}

const STANDARD: readonly (readonly [string, Macro])[] = [
  ['has:1:false', has],
  ['all:2:true', loop(1, all)],
  ['exists:2:true', loop(1, exists)],
  ['exists_one:2:true', loop(1, existsOne)],
  ['existsOne:2:true', loop(1, existsOne)],
  ['map:2:true', loop(1, ([element], at) => collect(at, element!))],
  ['map:3:true', loop(1, ([test, element], at) => collect(at, element!, test))],
  ['filter:2:true', loop(1, ([test], at, first) => collect(at, first, test))],
];

const TWO_VARIABLES: readonly (readonly [string, Macro])[] = [
  ['all:3:true', loop(2, all)],
  ['exists:3:true', loop(2, exists)],
  ['exists_one:3:true', loop(2, existsOne)],
  ['existsOne:3:true', loop(2, existsOne)],
  ['transformList:3:true', loop(2, ([element], at) => collect(at, element!))],
  ['transformList:4:true', loop(2, ([test, element], at) => collect(at, element!, test))],
  ['transformMap:3:true', keyed(3)],
  ['transformMap:4:true', keyed(4)],
  ['transformMapEntry:3:true', loop(2, ([entry], at) => collectEntries(at, call('cel.@mapInsert', at, result(at), entry!)))],
  ['transformMapEntry:4:true', loop(2, ([test, entry], at) => collectEntries(at, call('cel.@mapInsert', at, result(at), entry!), test))],
];

function whenPresent(wrap: (body: Expr, at: number) => Expr): Macro {
  return ({ target, args, at }, report) => {
    const variable = variableName(args[0]!, report);
    if (variable === undefined) return constant(null, at);
    const value: Expr = { node: 'call', name: 'value', target: ident('@target', at), args: [], at };
    const present: Expr = { node: 'call', name: 'hasValue', target: ident('@target', at), args: [], at };
    const body: Expr = { node: 'bind', variable, value, body: args[1]!, at };
    return { node: 'bind', variable: '@target', value: target!, body: call('_?_:_', at, present, wrap(body, at), call('optional.none', at)), at };
  };
}

const OPTIONAL: readonly (readonly [string, Macro])[] = [
  ['optMap:2:true', whenPresent((body, at) => call('optional.of', at, body))],
  ['optFlatMap:2:true', whenPresent((body) => body)],
];

/** `cel.bind(name, value, body)`. */
const bind: Macro = ({ target, args, at }, report) => {
  if (target?.node !== 'ident' || target.name !== 'cel') return undefined;
  if (args[0]!.node !== 'ident') {
    report(args[0]!.at, 'cel.bind() variable names must be simple identifiers');
    return constant(null, at);
  }
  return { node: 'bind', variable: args[0]!.name, value: args[1]!, body: args[2]!, at };
};

/** The macros that every expression in Kubernetes may use. */
export const STANDARD_MACROS: MacroSet = new Map([...STANDARD, ...TWO_VARIABLES, ...OPTIONAL]);

/** The same, and `cel.bind`. */
export const MACROS_WITH_BIND: MacroSet = new Map([...STANDARD_MACROS, ['bind:3:true', bind]]);

