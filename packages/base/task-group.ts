/**
 * Background work that belongs to someone: a group owns its tasks, sees their failures and waits for their end.
 */

/** Tasks that end together. Disposing aborts the signal and waits until every task has returned. */
export interface TaskGroup extends AsyncDisposable {
  /** Aborts when the group is disposed or its parent aborts. */
  readonly signal: AbortSignal;
  /** Starts `task`; a rejection other than the group's own abort goes to `onFailure`. */
  run(name: string, task: (signal: AbortSignal) => Promise<void>): void;
}

/** What a group does with a task that fails: log it, or take the owner down. Never silence it. */
export type OnTaskFailure = (name: string, error: unknown) => void;

/** Opens a group that ends when `parent` aborts or when it is disposed. */
export function openTaskGroup(onFailure: OnTaskFailure, parent?: AbortSignal): TaskGroup {
  const controller = new AbortController();
  const { signal } = controller;
  const abort = (): void => controller.abort(parent?.reason);
  if (parent?.aborted) abort();
  else parent?.addEventListener('abort', abort, { once: true });
  const running = new Set<Promise<void>>();
  const guard = async (name: string, task: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    try {
      await task(signal);
    } catch (error) {
      if (!signal.aborted) onFailure(name, error);
    }
  };
  return {
    signal,
    run(name, task) {
      const promise = guard(name, task);
      running.add(promise);
      void promise.then(() => running.delete(promise));
    },
    async [Symbol.asyncDispose]() {
      parent?.removeEventListener('abort', abort);
      controller.abort();
      while (running.size > 0) await Promise.all(running);
    },
  };
}
