/**
 * Options of deletions: from the body, or from the query when there is none.
 *
 * Source: apiserver `endpoints/handlers/delete.go`, apimachinery `ValidateDeleteOptions`.
 */
import type { CallBody } from '../call.ts';
import { integerParameter, booleanParameter } from './list-options.ts';
import { decodeBody } from './request-body.ts';
import { validateDryRun, validateGracePeriod } from './write-options.ts';
import { invalid, invalidObject, notSupported, type FieldError } from '#machinery/field-error.ts';
import { deleteOptions, type DeleteOptions } from '#machinery/meta.ts';

/** What a deletion asks for. */
export interface DeleteRequest {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds: number | undefined;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
  readonly orphanDependents: boolean | undefined;
  readonly propagationPolicy: string | undefined;
}

/** Deletes without any wish. */
export const PLAIN_DELETE: DeleteRequest = {
  dryRun: false,
  gracePeriodSeconds: undefined,
  preconditions: {},
  orphanDependents: undefined,
  propagationPolicy: undefined,
};

const POLICIES = ['Foreground', 'Background', 'Orphan'];

function fromQuery(query: URLSearchParams): Partial<DeleteOptions> {
  const grace = integerParameter(query.get('gracePeriodSeconds'));
  const orphan = booleanParameter(query.get('orphanDependents'));
  const policy = query.get('propagationPolicy');
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(orphan === undefined ? {} : { orphanDependents: orphan }),
    ...(policy ? { propagationPolicy: policy } : {}),
    ...(dryRun.length > 0 ? { dryRun } : {}),
  };
}

function check(options: Partial<DeleteOptions>): FieldError[] {
  const { orphanDependents, propagationPolicy, dryRun, gracePeriodSeconds } = options;
  const errors: FieldError[] = [];
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    errors.push(invalid('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'));
  }
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy))
    errors.push(notSupported('propagationPolicy', propagationPolicy, [...POLICIES, 'nil']));
  return [...errors, ...validateDryRun(dryRun ?? []), ...validateGracePeriod(gracePeriodSeconds)];
}

/** @throws StatusError BadRequest, Invalid */
export function parseDeleteOptions(body: CallBody, query: URLSearchParams): DeleteRequest {
  const empty = body.type === 'none' || (body.type === 'bytes' && body.bytes.length === 0) || (body.type === 'object' && body.value === undefined);
  if (empty && query.size === 0) return PLAIN_DELETE;
  const options = empty ? fromQuery(query) : (decodeDeleteOptions(body) as Partial<DeleteOptions>);
  const errors = check(options);
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  return {
    dryRun: (options.dryRun ?? []).length > 0,
    gracePeriodSeconds: options.gracePeriodSeconds,
    preconditions: options.preconditions ?? {},
    orphanDependents: options.orphanDependents,
    propagationPolicy: options.propagationPolicy,
  };
}

/** The options in a body; they may be sent in the version of the resource's own group. */
function decodeDeleteOptions(body: CallBody): unknown {
  const lenient = { validation: 'ignore', warn: () => undefined } as const;
  return decodeBody(body, { group: '', version: 'v1', kind: 'DeleteOptions', schema: deleteOptions, anyVersion: true }, lenient);
}
