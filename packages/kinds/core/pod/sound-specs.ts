/**
 * Specs that were found to be in order: the pods of a workload have the same one but for the name of the volume with their token, and looking at each of them again
 * costs a third of what creating a pod allocates.
 */
import { Lru } from '#base/lru.ts';
import type { PodSpec } from './schema.ts';

/** Specs remembered by each user. */
const MAX_SPECS = 256;
/** Longer specs are rarely repeated. */
const MAX_TEXT = 16_384;
const TOKEN_VOLUME = /^kube-api-access-[a-z0-9]{5}$/;

/** What is remembered of the specs of pods: one memory for each judgement. */
export class PodMemory {
  readonly #texts = new SpecTexts();
  readonly rules = new SoundSpecs(this.#texts);
  readonly warnings = new SoundSpecs(this.#texts);
}

/** Texts of specs for judges that are asked about the same one right after each other: the second takes the text of the first. */
class SpecTexts {
  #latest: { readonly spec: PodSpec; readonly text: string | undefined } | undefined;

  take(spec: PodSpec): string | undefined {
    const known = this.#latest;
    if (known?.spec === spec) {
      this.#latest = undefined;
      return known.text;
    }
    const text = textOf(spec);
    this.#latest = { spec, text };
    return text;
  }
}

/** Remembers specs of which some pure judgement said that there is nothing to say. */
export class SoundSpecs {
  readonly #sound = new Lru<string, true>(MAX_SPECS);
  readonly #texts: SpecTexts;

  constructor(texts = new SpecTexts()) {
    this.#texts = texts;
  }

  /** What `judge` finds; it is not asked about a spec like one of which it said nothing. What it says may depend on nothing but the spec. */
  findings<T>(spec: PodSpec, judge: () => T[]): T[] {
    const text = this.#texts.take(spec);
    if (text === undefined) return judge();
    if (this.#sound.get(text)) return [];
    const found = judge();
    if (found.length === 0) this.#sound.set(text, true);
    return found;
  }
}

/** Equal for specs that differ in the name of their token volume at most; undefined where the name of the pod counts too. */
function textOf(spec: PodSpec): string | undefined {
  let token: string | undefined;
  for (const { name, ephemeral, projected } of spec.volumes ?? []) {
    if (ephemeral) return undefined;
    if (projected && TOKEN_VOLUME.test(name)) token = name;
  }
  const text = JSON.stringify(spec);
  if (text.length > MAX_TEXT) return undefined;
  // Encoded text has no NUL of its own, so nothing else can look like the name's place.
  return token === undefined ? text : text.replaceAll(token, '\0');
}
