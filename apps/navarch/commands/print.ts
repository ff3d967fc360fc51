/**
 * How commands print: aligned columns, and progress lines on standard error.
 */

/** Prints rows under headings, columns padded to the widest cell and three spaces apart. */
export function printTable(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]!.length)));
  for (const row of [headings, ...rows]) {
    console.log(row.map((cell, column) => cell.padEnd(widths[column]!)).join('   ').trimEnd());
  }
}

/** Reports the steps of a command as they happen, with the time since its start. */
export interface Progress {
  step(text: string): void;
}

/** Progress on standard error. */
export function createProgress(nowMs: () => number): Progress {
  const startMs = nowMs();
  return {
    step: (text) => console.error(`${((nowMs() - startMs) / 1000).toFixed(1).padStart(5)}s  ${text}`),
  };
}
