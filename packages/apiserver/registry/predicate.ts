/**
 * Label and field selectors of a request as one predicate, with what a cache can use to find objects and watchers faster.
 */
import { compileFieldSelector } from '#machinery/field-selectors.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { parseLabelSelector, type LabelMatcher } from '#machinery/selectors.ts';
import { badRequest } from '#machinery/status.ts';

/** What a request selects. */
export interface Predicate {
  /** Absent: everything. */
  readonly matches: ((object: KubeObject) => boolean) | undefined;
  /** The only name that can match. */
  readonly name: string | undefined;
  /** A field that must have this text. */
  readonly field: { readonly label: string; readonly value: string } | undefined;
}

const EVERYTHING: Predicate = { matches: undefined, name: undefined, field: undefined };

function labelMatcher(text: string): LabelMatcher {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    throw badRequest((error as Error).message);
  }
}

/**
 * Parses the selectors of a request.
 * @throws StatusError BadRequest
 */
export function parsePredicate(kind: Kind, selectors: { readonly labelSelector: string; readonly fieldSelector: string }): Predicate {
  if (selectors.labelSelector === '' && selectors.fieldSelector === '') return EVERYTHING;
  const labels = labelMatcher(selectors.labelSelector);
  const fields = compileFieldSelector(kind, selectors.fieldSelector);
  const byLabel = labels.everything ? undefined : (object: KubeObject) => labels.matches(object.metadata.labels);
  const byField = fields.everything ? undefined : fields.matches;
  const exact = fields.requirements.find(({ field, operator }) => operator === '=' && Object.hasOwn(kind.selectableFields, field));
  return {
    matches: byLabel && byField ? (object) => byField(object) && byLabel(object) : (byField ?? byLabel),
    name: fields.name,
    field: exact && { label: exact.field, value: exact.value },
  };
}
