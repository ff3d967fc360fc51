/** What an expression may refer to: variables, functions, macros and types. */
import type { Library, Overload } from './functions.ts';
import { STANDARD_MACROS, type MacroSet } from './macros.ts';
import type { CelType, ObjectType } from './types.ts';

/** The object type of a name; undefined: there is none. */
export type TypeNamed = (name: string) => ObjectType | undefined;

/** An environment. Make one per kind of expression and keep it. */
export interface Environment {
  /** Variables in the order of their slots. */
  readonly variables: ReadonlyMap<string, CelType>;
  readonly functions: ReadonlyMap<string, readonly Overload[]>;
  readonly macros: MacroSet;
  /** Object types that expressions may construct. */
  readonly typeNamed: TypeNamed;
}

/** What an environment is made of. */
export interface EnvironmentParts {
  readonly variables?: { readonly [name: string]: CelType };
  readonly libraries: readonly Library[];
  readonly macros?: MacroSet;
}

type Functions = Environment['functions'];

function withLibraries(base: Functions, libraries: readonly Library[]): Functions {
  const functions = new Map(base);
  for (const { name, overload } of libraries.flat()) functions.set(name, [...(functions.get(name) ?? []), overload]);
  return functions;
}

/** Makes an environment. */
export function makeEnvironment({ variables = {}, libraries, macros = STANDARD_MACROS }: EnvironmentParts): Environment {
  return { variables: new Map(Object.entries(variables)), functions: withLibraries(new Map(), libraries), macros, typeNamed: () => undefined };
}

/** What an environment can have beyond its base. */
export interface Additions {
  readonly macros?: MacroSet;
  readonly typeNamed?: TypeNamed;
  readonly libraries?: readonly Library[];
}

/** The environment with further variables, and what else is added. */
export function withVariables(base: Environment, variables: { readonly [name: string]: CelType }, { macros = base.macros, typeNamed = base.typeNamed, libraries = [] }: Additions = {}): Environment {
  const all = new Map([...base.variables, ...Object.entries(variables)]);
  return { variables: all, functions: libraries.length > 0 ? withLibraries(base.functions, libraries) : base.functions, macros, typeNamed };
}
