/** Lets other work of this process run: resolves in a later turn of the event loop. For loops that would otherwise hold it too long. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
