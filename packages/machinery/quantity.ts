/**
 * Resource quantities: `500m`, `1Gi`, `1e3`. Exact to the nano unit, which is the smallest Kubernetes keeps.
 *
 * In memory a quantity is its canonical text; the functions here work on that text. `parseQuantity` gives the exact value for sums and comparisons.
 *
 * Source: apimachinery `api/resource` Quantity (parsing, rounding up to nano, canonical form, suffix rules).
 */

/** How a quantity prefers to be written: powers of two, powers of ten with letters, powers of ten with exponent. */
export type QuantityFormat = 'BinarySI' | 'DecimalSI' | 'DecimalExponent';

/** An exact amount in billionths and its preferred form. */
export interface Quantity {
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

const NANO = 1_000_000_000n;
/** Larger amounts are cut to this, as upstream does unless they are decimal with so few digits that 64 bits hold them. */
const MAX_NANOS = (2n ** 63n - 1n) * NANO;
const UNCUT_DIGITS = 18;
/** Exponents beyond this cannot give anything but zero-rounded or capped values. */
const MAX_EXPONENT = 100;
/** Digits beyond this are refused: no real amount has them. */
const MAX_LENGTH = 128;

const WRONG_FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const WRONG_SUFFIX = "unable to parse quantity's suffix";

const DECIMAL_EXPONENTS: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);

const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** Suffixes with which amounts of up to FAST_DIGITS digits are never cut. */
const UNCUT_BINARY: ReadonlySet<string> = new Set(['Ki', 'Mi']);

const DECIMAL_SUFFIXES: ReadonlyMap<number, string> = new Map([...DECIMAL_EXPONENTS].map(([suffix, exponent]) => [exponent, suffix]));

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*)([-+]?\d*)$/;

interface Suffix {
  readonly base: 2 | 10;
  readonly exponent: number;
  readonly format: QuantityFormat;
}

function interpretSuffix(letters: string, digits: string): Suffix | undefined {
  if (digits === '') {
    const decimal = DECIMAL_EXPONENTS.get(letters);
    if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'DecimalSI' };
    const binary = BINARY_SUFFIXES.indexOf(letters);
    return binary > 0 ? { base: 2, exponent: binary * 10, format: 'BinarySI' } : undefined;
  }
  if ((letters !== 'e' && letters !== 'E') || !/\d/.test(digits)) return undefined;
  return { base: 10, exponent: Number(digits), format: 'DecimalExponent' };
}

function scale(mantissa: bigint, fractionDigits: number, suffix: Suffix): bigint {
  if (suffix.base === 2) return roundUp(mantissa * 2n ** BigInt(suffix.exponent) * NANO, 10n ** BigInt(fractionDigits));
  const power = Math.max(-MAX_EXPONENT, Math.min(MAX_EXPONENT, suffix.exponent)) - fractionDigits + 9;
  return power >= 0 ? mantissa * 10n ** BigInt(power) : roundUp(mantissa, 10n ** BigInt(-power));
}

/** Divides, rounding up. Non-negative only: who wants some of a resource gets some. */
function roundUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}

/**
 * The exact value of a quantity text.
 * @throws Error with apimachinery's words.
 */
export function parseQuantity(text: string): Quantity {
  const found = text.length <= MAX_LENGTH ? SHAPE.exec(text) : null;
  if (!found) throw new Error(WRONG_FORMAT);
  const whole = found[2]!;
  const fraction = found[3] ?? '';
  if (whole === '' && fraction === '') throw new Error(WRONG_FORMAT);
  const suffix = interpretSuffix(found[4]!, found[5]!);
  if (!suffix) throw new Error(WRONG_SUFFIX);
  let nanos = scale(BigInt(whole + fraction), fraction.length, suffix);
  if (nanos > MAX_NANOS && (suffix.base === 2 || whole.length + fraction.length > UNCUT_DIGITS)) nanos = MAX_NANOS;
  const tiny = suffix.format === 'BinarySI' && nanos > 0n && nanos < NANO;
  return { nanos: found[1] === '-' ? -nanos : nanos, format: tiny ? 'DecimalSI' : suffix.format };
}

function decimalText(nanos: bigint, format: QuantityFormat): string {
  let mantissa = nanos;
  let exponent = -9;
  const largest = format === 'DecimalSI' ? 18 : Number.MAX_SAFE_INTEGER;
  while (exponent < largest && mantissa % 1000n === 0n) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalSI') return `${mantissa}${DECIMAL_SUFFIXES.get(exponent)}`;
  return exponent === 0 ? String(mantissa) : `${mantissa}e${exponent}`;
}

/** Canonical text: the largest suffix that leaves no fraction, in the quantity's own form. */
export function formatQuantity(quantity: Quantity): string {
  const { nanos } = quantity;
  if (nanos === 0n) return '0';
  if (quantity.format !== 'BinarySI') return decimalText(nanos, quantity.format);
  const small = nanos > -1024n * NANO && nanos < 1024n * NANO;
  if (small || nanos % NANO !== 0n) return decimalText(nanos, 'DecimalSI');
  let mantissa = nanos / NANO;
  let power = 0;
  while (power < BINARY_SUFFIXES.length - 1 && mantissa % 1024n === 0n) {
    mantissa /= 1024n;
    power += 1;
  }
  return `${mantissa}${BINARY_SUFFIXES[power]}`;
}

/** Digits that a number holds exactly even after scaling by 1000. */
const FAST_DIGITS = 12;

/** Length of the leading digits of `text`, or 0 when it has none, starts with 0 or has too many for exact arithmetic. */
function fastDigits(text: string): number {
  let length = 0;
  while (length < text.length) {
    const code = text.charCodeAt(length);
    if (code < 48 || code > 57) break;
    length += 1;
  }
  return length > FAST_DIGITS || text.charCodeAt(0) === 48 ? 0 : length;
}

/** Whether `text` is canonical, decided only for the plain forms (`500m`, `2`, `128Mi`); `false` means "not known". */
function isPlainCanonical(text: string): boolean {
  if (text === '0') return true;
  const digits = fastDigits(text);
  if (digits === 0) return false;
  const mantissa = Number(text.slice(0, digits));
  const suffix = text.slice(digits);
  if (suffix.length === 2 && suffix.charCodeAt(1) === 105)
    return mantissa % 1024 !== 0 && (UNCUT_BINARY.has(suffix) || (suffix === 'Gi' && digits <= 9));
  return mantissa % 1000 !== 0 && DECIMAL_EXPONENTS.has(suffix);
}

/**
 * Canonical form of a quantity text; canonical text is returned as it is.
 * @throws Error with apimachinery's words.
 */
export function canonicalQuantity(text: string): string {
  return isPlainCanonical(text) ? text : formatQuantity(parseQuantity(text.trim()));
}

function ceilDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by > 0n ? quotient + 1n : value % by < 0n ? quotient - 1n : quotient;
}

/** The plain forms as a number in thousandths of a unit, or undefined for the others. */
function fastMilli(text: string): number | undefined {
  if (text === '0') return 0;
  const digits = fastDigits(text);
  if (digits === 0) return undefined;
  const mantissa = Number(text.slice(0, digits));
  switch (text.slice(digits)) {
    case 'm':
      return mantissa;
    case '':
      return mantissa * 1000;
    case 'k':
      return digits <= 9 ? mantissa * 1_000_000 : undefined;
    case 'Ki':
      return digits <= 9 ? mantissa * 1_024_000 : undefined;
    case 'Mi':
      return digits <= 6 ? mantissa * 1_048_576_000 : undefined;
    case 'Gi':
      return digits <= 3 ? mantissa * 1_073_741_824_000 : undefined;
    default:
      return undefined;
  }
}

/** The amount in thousandths, rounded away from zero; for CPU. Exact up to 2^53. */
export function quantityMilliValue(text: string): number {
  return fastMilli(text) ?? Number(ceilDivide(parseQuantity(text).nanos, 1_000_000n));
}

/** The amount in whole units, rounded away from zero; for bytes and counts. Exact up to 2^53. */
export function quantityValue(text: string): number {
  const milli = fastMilli(text);
  return milli === undefined ? Number(ceilDivide(parseQuantity(text).nanos, NANO)) : Math.ceil(milli / 1000);
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compareQuantities(a: string, b: string): number {
  if (a === b) return 0;
  const left = parseQuantity(a).nanos;
  const right = parseQuantity(b).nanos;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The sum, in the form of `a` unless `a` is zero. */
export function addQuantities(a: string, b: string): string {
  const left = parseQuantity(a);
  const right = parseQuantity(b);
  return formatQuantity({ nanos: left.nanos + right.nanos, format: left.nanos === 0n ? right.format : left.format });
}

/** The difference, in the form of `a` unless `a` is zero. */
export function subtractQuantities(a: string, b: string): string {
  const left = parseQuantity(a);
  const right = parseQuantity(b);
  return formatQuantity({ nanos: left.nanos - right.nanos, format: left.nanos === 0n ? right.format : left.format });
}

/** -1, 0 or 1. */
export function quantitySign(text: string): number {
  const { nanos } = parseQuantity(text);
  return nanos > 0n ? 1 : nanos < 0n ? -1 : 0;
}

/** Canonical text of a whole number in the given form. */
export function quantityOf(value: number | bigint, format: QuantityFormat = 'DecimalSI'): string {
  return formatQuantity({ nanos: BigInt(value) * NANO, format });
}

/** Canonical text of a number of thousandths. */
export function quantityOfMilli(milli: number | bigint): string {
  return formatQuantity({ nanos: BigInt(milli) * 1_000_000n, format: 'DecimalSI' });
}
