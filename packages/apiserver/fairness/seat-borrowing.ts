/**
 * How levels lend each other seats that they do not need.
 *
 *     Min = max(nominal - lendable, min(nominal, demand))      what a level keeps
 *     Max = nominal + borrowing limit
 *     seats = clamp(fraction * target, Min, Max)               one fraction for all, so that together they have the server's seats
 *
 * Source: KEP-1040, "Dispatching" and "Seat borrowing". Demand is the high watermark of a period, which is never less than upstream's envelope.
 */

/** One level. All numbers are seats. */
export interface Lender {
  readonly nominal: number;
  readonly lendable: number;
  /** At most this many are borrowed; `Infinity`: as many as there are. */
  readonly borrowingLimit: number;
  /** The most seats that were taken or wanted at once in the last period. */
  readonly demand: number;
  /** `smoothDemand` after the period. */
  readonly smoothDemand: number;
}

/** How slowly a level's past demand is forgotten, per period. */
const MEMORY = 0.977;
/** Halvings of the interval in which the fraction is searched. */
const SEARCH_STEPS = 40;

/** Demand that rises at once and falls slowly. */
export function smooth(before: number, demand: number): number {
  return Math.max(demand, MEMORY * before + (1 - MEMORY) * demand);
}

/** The seats of each level for the next period; their sum is the sum of the nominal ones, as far as the levels' limits allow. */
export function divideSeats(levels: readonly Lender[]): number[] {
  const total = levels.reduce((sum, { nominal }) => sum + nominal, 0);
  const bounds = levels.map(({ nominal, lendable, borrowingLimit, demand, smoothDemand }) => {
    const min = Math.max(nominal - lendable, Math.min(nominal, demand));
    return { min, max: Math.max(min, nominal + borrowingLimit), target: Math.max(min, smoothDemand, 1) };
  });
  const seatsAt = (fraction: number): number[] => bounds.map(({ min, max, target }) => Math.min(max, Math.max(min, fraction * target)));
  const sum = (seats: readonly number[]): number => seats.reduce((all, one) => all + one, 0);
  let low = 0;
  let high = total;
  for (let step = 0; step < SEARCH_STEPS; step++) {
    const middle = (low + high) / 2;
    if (sum(seatsAt(middle)) > total) high = middle;
    else low = middle;
  }
  return seatsAt(low).map((seats) => Math.max(1, Math.round(seats)));
}
