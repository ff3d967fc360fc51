/**
 * Which autoscalers look at which pods: pods must not be scaled by two.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { LabelMatcher } from '#machinery/selectors.ts';
import { splitKey } from '#client/object-key.ts';

/** The selectors of all autoscalers, by their keys. */
export class PodSelectors {
  readonly #byKey = new Map<string, LabelMatcher>();

  /** Notes the selector of the autoscaler `key`. */
  remember(key: string, selector: LabelMatcher): void {
    this.#byKey.set(key, selector);
  }

  /** The autoscaler is gone. */
  forget(key: string): void {
    this.#byKey.delete(key);
  }

  /** Keys of the autoscalers in `namespace` that select any of `pods`. */
  selecting(namespace: string, pods: readonly Pod[]): string[] {
    const keys: string[] = [];
    for (const [key, selector] of this.#byKey) {
      if (splitKey(key).namespace === namespace && pods.some((pod) => selector.matches(pod.metadata.labels ?? {}))) keys.push(key);
    }
    return keys.toSorted();
  }
}
