/**
 * Where other servers write too, what this one knows of users and their rights may be behind by a moment: a refusal is looked at again with the newest state.
 */
import { isReason } from '#machinery/status.ts';
import type { Stage } from './pipeline.ts';

const REFUSALS = ['Unauthorized', 'Forbidden'] as const;

/** `stage`, entered once more when it refuses and `fresh` says that there may be something to learn. */
export function withSecondLook(stage: Stage, fresh: () => Promise<void> | undefined): Stage {
  const again = (error: unknown, enter: () => void | Promise<void>): Promise<void> => {
    const refreshing = REFUSALS.some((reason) => isReason(error, reason)) ? fresh() : undefined;
    if (!refreshing) throw error;
    return refreshing.then(enter);
  };
  return {
    ...stage,
    enter(call) {
      const enter = (): void | Promise<void> => stage.enter(call);
      try {
        const entering = enter();
        return entering instanceof Promise ? entering.catch((error: unknown) => again(error, enter)) : entering;
      } catch (error) {
        return again(error, enter);
      }
    },
  };
}
