/**
 * Paths into objects: `.status.phase`, `.status.conditions[Ready].status`, `.metadata.annotations[example.com/x]`.
 */

const STEP = /\.([A-Za-z0-9_-]+)|\[([^\]]+)\]/gy;

/** What is wrong with the path; undefined: nothing. */
export function pathProblem(path: string): string | undefined {
  return stepsOf(path) === undefined ? 'must be a path such as .status.phase or .status.conditions[Ready].status' : undefined;
}

function stepsOf(path: string): readonly string[] | undefined {
  const steps = [...path.matchAll(STEP)];
  if (steps.length === 0 || steps.reduce((length, [text]) => length + text.length, 0) !== path.length) return undefined;
  return steps.map(([, name, key]) => name ?? key!);
}

/**
 * A function that answers the text of what is at the path, undefined where there is nothing. Brackets choose a member, or of a list the item whose `type` or `name` it is.
 *
 * @throws Error for what `pathProblem` objects to
 */
export function compilePath(path: string): (object: unknown) => string | undefined {
  const steps = stepsOf(path);
  if (!steps) throw new Error(`${JSON.stringify(path)} is no path`);
  return (object) => {
    let value = object;
    for (const step of steps) value = memberOf(value, step);
    if (value === undefined || value === null) return undefined;
    return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
  };
}

function memberOf(value: unknown, step: string): unknown {
  if (Array.isArray(value)) return (value as readonly Readonly<Record<string, unknown>>[]).find((one) => one['type'] === step || one['name'] === step);
  return typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? (value as Readonly<Record<string, unknown>>)[step] : undefined;
}
