/** Evaluates the expressions of device selectors; compiled ones are kept. */
import { Lru } from '#base/lru.ts';
import type { CompiledExpression } from '#kinds/expressions.ts';
import { compileDeviceSelector, deviceMatches } from '#kinds/resource/device-selector.ts';
import type { SelectsDevice } from './allocator.ts';

/** Compiled expressions that are kept: more than classes and claims in use have. */
const MAX_KEPT = 1_000;

/** Makes what decides whether an expression means a device. */
export function deviceSelectors(): SelectsDevice {
  const kept = new Lru<string, CompiledExpression>(MAX_KEPT);
  return (expression, device) => {
    let compiled = kept.get(expression);
    if (!compiled) kept.set(expression, (compiled = compileDeviceSelector(expression)));
    if ('error' in compiled) throw new Error(`CEL compile error: ${compiled.error}`);
    try {
      return deviceMatches(compiled.program, device);
    } catch (error) {
      throw new Error(`CEL runtime error: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  };
}
