/**
 * Wall clocks of time zones. A formatter takes a hundred times as long to make as to use, so those of the zones that were asked for lately are kept.
 */
// oxlint-disable no-restricted-globals -- calendar arithmetic on times that are given; nothing here asks what time it is
import { Lru } from './lru.ts';

/** Zones remembered: the world has some 400, a cluster uses a few. */
const MAX_ZONES = 32;
const UTC_NAMES = ['', 'UTC', 'Etc/UTC'];

/** Time zones by their names in the IANA database. */
export class TimeZones {
  readonly #formats = new Lru<string, Intl.DateTimeFormat>(MAX_ZONES);

  /**
   * What a clock on the wall of `zone` shows at `utcMs`, as if it were UTC, in milliseconds since the epoch.
   * @throws RangeError when there is no such zone
   */
  wallClockMs(utcMs: number, zone: string): number {
    if (UTC_NAMES.includes(zone)) return utcMs;
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format(zone).formatToParts(utcMs)) part[type] = Number(value);
    const day = new Date(0).setUTCFullYear(part['year']!, part['month']! - 1, part['day']);
    const milliseconds = ((utcMs % 1_000) + 1_000) % 1_000;
    return day + ((part['hour']! * 60 + part['minute']!) * 60 + part['second']!) * 1_000 + milliseconds;
  }

  #format(timeZone: string): Intl.DateTimeFormat {
    const known = this.#formats.get(timeZone);
    if (known) return known;
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    this.#formats.set(timeZone, format);
    return format;
  }
}
