/**
 * Defaults of resource amounts.
 *
 * Source: kubernetes `pkg/apis/core/v1/defaults.go` SetDefaults_ResourceList.
 */
import { formatQuantity, parseQuantity } from '#machinery/quantity.ts';

type Amounts = Record<string, string | undefined>;

const MILLI_IN_NANOS = 1_000_000n;

/** Rounds every amount up to thousandths, the finest that is kept. Amounts that do not parse are left for validation. */
export function roundAmounts(amounts: Amounts | undefined): void {
  if (!amounts) return;
  for (const name in amounts) {
    const text = amounts[name];
    if (text !== undefined && mayBeFine(text)) amounts[name] = rounded(text);
  }
}

/** Copies the amounts of `from` whose names `amounts` lacks. */
export function fillAmounts(amounts: Amounts, from: Readonly<Amounts> | undefined): void {
  for (const name in from) {
    if (amounts[name] === undefined && from[name] !== undefined) amounts[name] = from[name];
  }
}

/** Rounds the limits and requests of one set of requirements. */
export function defaultRequirements(requirements: { limits?: Amounts; requests?: Amounts } | undefined): void {
  roundAmounts(requirements?.limits);
  roundAmounts(requirements?.requests);
}

/** Only canonical text that ends in `n` or `u`, or has an exponent, can be finer than thousandths. */
function mayBeFine(text: string): boolean {
  return text.endsWith('n') || text.endsWith('u') || text.includes('e') || text.includes('.');
}

function rounded(text: string): string {
  const { nanos, format } = parseQuantity(text);
  const rest = nanos % MILLI_IN_NANOS;
  if (rest === 0n) return text;
  return formatQuantity({ nanos: nanos - rest + (nanos > 0n ? MILLI_IN_NANOS : -MILLI_IN_NANOS), format });
}
