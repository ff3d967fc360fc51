import { formatTime } from '#machinery/time.ts';

const DAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const DAY_MS = 86_400_000;

/** A time since the epoch the way HTTP writes it: `Sat, 21 Nov 2026 05:54:41 GMT`. Source: RFC 9110, IMF-fixdate. */
export function httpDate(ms: number): string {
  const text = formatTime(ms);
  const month = MONTHS[Number(text.slice(5, 7)) - 1];
  // The epoch was a Thursday.
  const day = DAYS[Math.floor(ms / DAY_MS) % DAYS.length];
  return `${day}, ${text.slice(8, 10)} ${month} ${text.slice(0, 4)} ${text.slice(11, 19)} GMT`;
}
