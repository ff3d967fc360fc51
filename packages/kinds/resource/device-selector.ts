/**
 * Expressions that select devices: what they may refer to, and whether a device is meant.
 *
 * Source: the documentation of `CELDeviceSelector` (resource.k8s.io/v1); errors as upstream words them.
 */
import type { Program } from '#machinery/cel/compile.ts';
import { type Environment, withVariables } from '#machinery/cel/environment.ts';
import { KUBERNETES } from '#machinery/cel/kubernetes.ts';
import { QUANTITY, quantityValue } from '#machinery/cel/library/quantities.ts';
import { parseSemver } from '#machinery/cel/library/semver.ts';
import { MACROS_WITH_BIND } from '#machinery/cel/macros.ts';
import { ANY, BOOL, mapOf, objectOf, runtimeText, STRING } from '#machinery/cel/types.ts';
import { CelError, CelMap, CelObject, type Value, ValueList } from '#machinery/cel/values.ts';
import { type CompiledExpression, compileExpression } from '../expressions.ts';
import type { Device } from './resource-slice/schema.ts';
import type { DeviceAttribute } from './shared.ts';

/** What the evaluation for one device may cost. Source: CELSelectorExpressionMaxCost. */
const MAX_COST = 1_000_000;

const DEVICE = objectOf('kubernetes.DRADevice', {
  driver: STRING,
  attributes: mapOf(STRING, mapOf(STRING, ANY)),
  capacity: mapOf(STRING, mapOf(STRING, QUANTITY)),
  allowMultipleAllocations: BOOL,
});

const ENVIRONMENT: Environment = withVariables(KUBERNETES, { device: DEVICE }, { macros: MACROS_WITH_BIND });

/** Compiles the expression of a selector. */
export function compileDeviceSelector(expression: string): CompiledExpression {
  return compileExpression(expression, ENVIRONMENT, [BOOL, ANY], (_types, type) => `must evaluate to bool or the unknown type, not ${runtimeText(type)}`);
}

/** A device and who drives it. */
export interface DrivenDevice {
  readonly driver: string;
  readonly device: Device;
}

/** Whether the expression means the device. @throws CelError when it fails */
export function deviceMatches(program: Program, { driver, device }: DrivenDevice): boolean {
  const raw = {
    driver,
    attributes: new ByDomain(driver, device.attributes ?? {}, attributeValue),
    capacity: new ByDomain(driver, device.capacity ?? {}, (_name, { value }) => quantityValue(value)),
    allowMultipleAllocations: device.allowMultipleAllocations ?? false,
  };
  const { value } = program.evaluate({ device: new CelObject(DEVICE, raw) }, { costBudget: MAX_COST });
  if (typeof value !== 'boolean') throw new CelError('CEL result could not be converted to bool: no such overload');
  return value;
}

function attributeValue(name: string, attribute: DeviceAttribute): Value {
  const { int, bool, string, version, ints, bools, strings, versions } = attribute;
  if (int !== undefined) return BigInt(int);
  if (bool !== undefined) return bool;
  if (string !== undefined) return string;
  if (version !== undefined) return semverOf(name, version);
  if (ints) return new ValueList(ints.map(BigInt));
  const texts = bools ?? strings;
  if (texts) return new ValueList([...texts]);
  if (versions) return new ValueList(versions.map((one) => semverOf(name, one)));
  throw new CelError(`attribute ${name}: unsupported attribute value`);
}

function semverOf(name: string, version: string): Value {
  try {
    return parseSemver(version);
  } catch (error) {
    throw new CelError(`attribute ${name}: parse semantic version: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

type Read<T> = (name: string, item: T) => Value;

/** Names are `domain/id`, or `id` alone in the driver's domain. A domain that is not there is empty, so that looking into it fails later. */
class ByDomain<T> extends CelMap {
  readonly #driver: string;
  readonly #items: Readonly<Record<string, T>>;
  readonly #read: Read<T>;

  constructor(driver: string, items: Readonly<Record<string, T>>, read: Read<T>) {
    super();
    this.#driver = driver;
    this.#items = items;
    this.#read = read;
  }

  #domains(): Set<string> {
    return new Set(Object.keys(this.#items).map((name) => (name.includes('/') ? name.slice(0, name.indexOf('/')) : this.#driver)));
  }

  get size(): number {
    return this.#domains().size;
  }

  get(domain: Value): Value | undefined {
    return typeof domain === 'string' ? new OfDomain(domain, domain === this.#driver, this.#items, this.#read) : undefined;
  }

  override has(domain: Value): boolean {
    return typeof domain === 'string' && this.#domains().has(domain);
  }

  keys(): Iterable<Value> {
    return this.#domains();
  }
}

class OfDomain<T> extends CelMap {
  readonly #prefix: string;
  readonly #own: boolean;
  readonly #items: Readonly<Record<string, T>>;
  readonly #read: Read<T>;

  constructor(domain: string, own: boolean, items: Readonly<Record<string, T>>, read: Read<T>) {
    super();
    this.#prefix = `${domain}/`;
    this.#own = own;
    this.#items = items;
    this.#read = read;
  }

  get size(): number {
    return this.#ids().length;
  }

  get(id: Value): Value | undefined {
    if (typeof id !== 'string') return undefined;
    const full = this.#prefix + id;
    const name = Object.hasOwn(this.#items, full) ? full : this.#own && !id.includes('/') ? id : '';
    return Object.hasOwn(this.#items, name) ? this.#read(name, this.#items[name]!) : undefined;
  }

  #ids(): string[] {
    const names = Object.keys(this.#items);
    const within = names.filter((name) => name.startsWith(this.#prefix)).map((name) => name.slice(this.#prefix.length));
    return this.#own ? [...new Set([...within, ...names.filter((name) => !name.includes('/'))])] : within;
  }

  keys(): Iterable<Value> {
    return this.#ids();
  }
}
