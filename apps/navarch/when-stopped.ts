/**
 * The end of a long-running command.
 */

/** A signal that aborts, and a promise that resolves, on SIGTERM or SIGINT. */
export function whenStopped(): { readonly signal: AbortSignal; readonly stopped: Promise<void> } {
  const controller = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.on(name, () => {
        controller.abort(new Error('stopped'));
        resolve();
      });
    }
  });
  return { signal: controller.signal, stopped };
}
