/**
 * Values that are a number or a percentage: replicas, surge, disruption budgets.
 *
 * Source: apimachinery `util/intstr`.
 */

const PERCENT = /^[+-]?\d+%$/;

/**
 * Resolves a number, or a percentage of `total`, rounding as asked.
 * @throws Error with apimachinery's words when the text is not a percentage.
 */
export function scaledValue(value: number | string, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  if (!value.endsWith('%')) throw new Error('invalid value for IntOrString: invalid type: string is not a percentage');
  if (!PERCENT.test(value)) {
    throw new Error(
      `invalid value for IntOrString: invalid value ${JSON.stringify(value)}: strconv.Atoi: parsing ${JSON.stringify(value.slice(0, -1))}: invalid syntax`,
    );
  }
  const exact = (Number(value.slice(0, -1)) * total) / 100;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
}

/** The number itself, or the text read as a number (0 when it is not one). */
export function intValue(value: number | string): number {
  if (typeof value === 'number') return value;
  return /^[+-]?\d+$/.test(value) ? Number(value) : 0;
}
