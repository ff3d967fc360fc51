/**
 * Selectors and delays of stages, compiled.
 */
import type { Random } from '#base/random.ts';
import { durationToMs } from '#machinery/duration.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { everything, matchLabels } from '#machinery/selectors.ts';
import type { StageDelay, StageExpression, StageSelector } from './lifecycle.ts';
import { compilePath } from './object-path.ts';

type Test = (object: KubeObject) => boolean;

/** Whether the selector selects an object; an absent one selects every object. */
export function compileStageSelector({ matchLabels: labels, matchAnnotations = {}, matchExpressions = [] }: StageSelector = {}): Test {
  const matcher = labels ? matchLabels(labels) : everything;
  const annotations = Object.entries(matchAnnotations);
  const expressions = matchExpressions.map(compileExpression);
  return (object) => {
    const { metadata } = object;
    return matcher.matches(metadata.labels) && annotations.every(([key, value]) => metadata.annotations?.[key] === value) && expressions.every((holds) => holds(object));
  };
}

function compileExpression({ key, operator, values = [] }: StageExpression): Test {
  const read = compilePath(key);
  const wanted = new Set(values);
  const isWanted = (text: string | undefined): boolean => text !== undefined && wanted.has(text);
  switch (operator) {
    case 'In':
      return (object) => isWanted(read(object));
    case 'NotIn':
      return (object) => !isWanted(read(object));
    case 'Exists':
      return (object) => read(object) !== undefined;
    default:
      return (object) => read(object) === undefined;
  }
}

/** Milliseconds from when an object is selected until its stage is due; an annotation that is no duration counts as absent. */
export function delayOf({ duration = '0s', durationFromAnnotation }: StageDelay, { metadata }: KubeObject): number {
  const own = durationFromAnnotation === undefined ? undefined : metadata.annotations?.[durationFromAnnotation];
  return (own === undefined ? undefined : durationOrNone(own)) ?? durationToMs(duration);
}

function durationOrNone(text: string): number | undefined {
  try {
    return durationToMs(text);
  } catch {
    // People write annotations; what cannot be read has no effect, as documented.
    return undefined;
  }
}

/** The most that is added to the delay at random, in milliseconds. */
export const jitterOf = ({ jitterDuration }: StageDelay): number => (jitterDuration === undefined ? 0 : durationToMs(jitterDuration));

/** A delay with its jitter. */
export const jittered = (delayMs: number, jitterMs: number, random: Random): number => delayMs + (jitterMs > 0 ? jitterMs * random.next() : 0);
