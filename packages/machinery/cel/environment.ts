/** What an expression may refer to: variables, functions, macros and types. */
import type { Library, Overload } from './functions.ts';
import { STANDARD_MACROS, type MacroSet } from './macros.ts';
import type { CelType, ObjectType } from './types.ts';

/** An environment. Make one per kind of expression and keep it. */
export interface Environment {
  /** Variables in the order of their slots. */
  readonly variables: ReadonlyMap<string, CelType>;
  readonly functions: ReadonlyMap<string, readonly Overload[]>;
  readonly macros: MacroSet;
  /** Object types that expressions may construct, by name. */
  readonly types: ReadonlyMap<string, ObjectType>;
}

/** What an environment is made of. */
export interface EnvironmentParts {
  readonly variables?: { readonly [name: string]: CelType };
  readonly libraries: readonly Library[];
  readonly macros?: MacroSet;
  readonly types?: readonly ObjectType[];
}

/** Makes an environment. */
export function makeEnvironment({ variables = {}, libraries, macros = STANDARD_MACROS, types = [] }: EnvironmentParts): Environment {
  const functions = new Map<string, Overload[]>();
  for (const { name, overload } of libraries.flat()) {
    const known = functions.get(name);
    if (known) known.push(overload);
    else functions.set(name, [overload]);
  }
  return { variables: new Map(Object.entries(variables)), functions, macros, types: new Map(types.map((type) => [type.name, type])) };
}

/** The environment with other or more variables and types. */
export function withVariables(
  base: Environment,
  variables: { readonly [name: string]: CelType },
  more: { readonly macros?: MacroSet; readonly types?: readonly ObjectType[] } = {},
): Environment {
  return {
    ...base,
    variables: new Map([...base.variables, ...Object.entries(variables)]),
    ...(more.macros ? { macros: more.macros } : {}),
    ...(more.types ? { types: new Map([...base.types, ...more.types.map((type): [string, ObjectType] => [type.name, type])]) } : {}),
  };
}
