/** Kubernetes' quantities. */
import { parseQuantity, type Quantity } from '../../quantity.ts';
import { sizeOf } from '../compare.ts';
import { type Declaration, fn, type Library, method } from '../functions.ts';
import { TRAVERSAL } from '../standard/operators.ts';
import { BOOL, DOUBLE, INT, opaque, STRING } from '../types.ts';
import { CelError, CelOpaque, type Value } from '../values.ts';

const NANO = 1_000_000_000n;
const BARE = opaque('kubernetes.Quantity');

/** A quantity as a value. */
export class CelQuantity extends CelOpaque {
  readonly type = BARE as CelOpaque['type'];
  readonly quantity: Quantity;

  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
  }

  equals(other: CelOpaque): boolean {
    return other instanceof CelQuantity && other.quantity.nanos === this.quantity.nanos;
  }
}

/** Reads a quantity. @throws CelError */
export function quantityValue(raw: unknown): CelQuantity {
  try {
    return new CelQuantity(parseQuantity(String(raw)));
  } catch (error) {
    throw new CelError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** The type, as fields of schemas have it: their text is read when an expression reads the field. */
export const QUANTITY = { ...BARE, adapt: quantityValue } as const;

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
}

const nanosOf = (value: Value): bigint => (value instanceof CelQuantity ? value.quantity.nanos : (value as bigint) * NANO);

function isInteger({ quantity: { nanos } }: CelQuantity): boolean {
  return nanos % NANO === 0n && nanos / NANO >= -(2n ** 63n) && nanos / NANO < 2n ** 63n;
}

function asInteger(value: CelQuantity): bigint {
  if (!isInteger(value)) throw new CelError('cannot convert value to integer');
  return value.quantity.nanos / NANO;
}

/** Sums and differences keep the format of the first. */
function combined(name: string, of: (a: bigint, b: bigint) => bigint): Declaration[] {
  const run = ({ quantity: { nanos, format } }: CelQuantity, other: Value): Value => new CelQuantity({ nanos: of(nanos, nanosOf(other)), format });
  return [method(name, [[BARE, BARE], BARE], run), method(name, [[BARE, INT], BARE], run)];
}

const sign = (value: bigint): bigint => (value > 0n ? 1n : value < 0n ? -1n : 0n);
const bySize = ([text]: readonly Value[]): number => Math.ceil(sizeOf(text!) * TRAVERSAL);

/** `quantity`, `isQuantity`, `add`, `compareTo`, … */
export const quantities: Library = [
  fn('quantity', [[STRING], BARE], quantityValue, bySize),
  fn('isQuantity', [[STRING], BOOL], isQuantity, bySize),
  method('sign', [[BARE], INT], (one: CelQuantity) => sign(one.quantity.nanos)),
  method('isInteger', [[BARE], BOOL], isInteger),
  method('asInteger', [[BARE], INT], asInteger),
  method('asApproximateFloat', [[BARE], DOUBLE], ({ quantity: { nanos } }: CelQuantity) => Number(nanos) / 1e9),
  ...combined('add', (a, b) => a + b),
  ...combined('sub', (a, b) => a - b),
  method('isLessThan', [[BARE, BARE], BOOL], (a: CelQuantity, b: CelQuantity) => a.quantity.nanos < b.quantity.nanos),
  method('isGreaterThan', [[BARE, BARE], BOOL], (a: CelQuantity, b: CelQuantity) => a.quantity.nanos > b.quantity.nanos),
  method('compareTo', [[BARE, BARE], INT], (a: CelQuantity, b: CelQuantity) => sign(a.quantity.nanos - b.quantity.nanos)),
];
