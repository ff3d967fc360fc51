/**
 * `kubectl label` and `kubectl annotate`.
 */
import { CliError } from '../io.ts';
import { objectPath, objectText, type ResourceMap } from '../resources.ts';
import { fetchObjects, select, type SelectionFlags } from '../selection.ts';
import type { Session } from '../session.ts';
import { verbText, writeQuery } from './apply.ts';

/** Flags of label and annotate. */
export interface MetadataFlags extends SelectionFlags {
  readonly overwrite?: boolean;
  readonly list?: boolean;
  readonly dryRun?: string | boolean;
  readonly fieldManager?: string;
}

interface Change {
  /** Values to set; null removes. */
  readonly values: ReadonlyMap<string, string | null>;
  readonly targets: readonly string[];
}

/** Splits `pods web a=b c-` into the objects meant and the changes. @throws CliError */
export function parseChanges(args: readonly string[]): Change {
  const first = args.findIndex((arg, index) => index > 0 && (arg.includes('=') || /^[^/]+(?:\/[^/]+)?-$/.test(arg)) && !/^[a-z.]+\/[a-z0-9.-]+$/.test(arg));
  const [targets, changes] = first < 0 ? [args, []] : [args.slice(0, first), args.slice(first)];
  const values = new Map<string, string | null>();
  for (const change of changes) {
    const equals = change.indexOf('=');
    if (equals > 0) values.set(change.slice(0, equals), change.slice(equals + 1));
    else if (change.endsWith('-')) values.set(change.slice(0, -1), null);
    else throw new CliError(`error: unknown parameter "${change}"`);
  }
  return { values, targets };
}

/** Changes labels or annotations of the objects meant. */
export async function changeMetadata(session: Session, map: ResourceMap, field: 'labels' | 'annotations', args: readonly string[], flags: MetadataFlags): Promise<void> {
  const { values, targets } = parseChanges(args);
  const found = await fetchObjects(session, await select(session, map, targets, flags), flags);
  if (values.size === 0 && !flags.list) throw new CliError(`error: at least one ${field === 'labels' ? 'label' : 'annotation'} update is required`);
  for (const { resource, object } of found) {
    const { namespace, name } = object.metadata;
    const present = object.metadata[field] ?? {};
    if (flags.list) {
      for (const [key, value] of Object.entries(present)) session.io.stdout.write(`${key}=${value}\n`);
      continue;
    }
    for (const [key, value] of values) {
      if (value !== null && !flags.overwrite && present[key] !== undefined && present[key] !== value) {
        throw new CliError(`error: '${key}' already has a value (${present[key]}), and --overwrite is false`);
      }
      if (value === null && present[key] === undefined) session.io.stdout.write(`${field === 'labels' ? 'label' : 'annotation'} "${key}" not found.\n`);
    }
    const changed = [...values].some(([key, value]) => (value === null ? present[key] !== undefined : present[key] !== value));
    if (changed && flags.dryRun !== 'client') {
      const body = { metadata: { [field]: Object.fromEntries(values) } };
      await session.json({ method: 'PATCH', path: objectPath(resource, namespace, name) + writeQuery(flags, field === 'labels' ? 'kubectl-label' : 'kubectl-annotate'), body, contentType: 'application/merge-patch+json' });
    }
    session.io.stdout.write(`${objectText(resource, name)} ${verbText(outcome(field, values, changed), flags.dryRun)}\n`);
  }
}

function outcome(field: 'labels' | 'annotations', values: ReadonlyMap<string, string | null>, changed: boolean): string {
  if (field === 'annotations') return 'annotated';
  if (!changed) return 'not labeled';
  return [...values.values()].every((value) => value === null) ? 'unlabeled' : 'labeled';
}
