import { formatTime } from '#machinery/time.ts';

const SECOND_MS = 1_000;

/** Times as metadata shows them, to the second: requests of one second share the text. */
export class TimeTexts {
  #second = -1;
  #text = '';

  /** `2026-01-02T03:04:05Z`. */
  at(nowMs: number): string {
    const second = Math.floor(nowMs / SECOND_MS);
    if (second !== this.#second) {
      this.#text = formatTime(nowMs);
      this.#second = second;
    }
    return this.#text;
  }
}
