/**
 * `kubectl label` and `kubectl annotate`.
 */
import { validateLabelValue } from '#machinery/names.ts';
import { CliError } from '../io.ts';
import { sorted } from '../describe/writer.ts';
import type { AnyObject } from '../objects.ts';
import { parseOutput, renderObjects } from '../print/output.ts';
import { objectPath, objectText, type ResourceMap } from '../resources.ts';
import { fetchObjects, requireNames, select, type SelectionFlags } from '../selection.ts';
import type { Session } from '../session.ts';
import { isDryClient, verbText, writeQuery } from './apply.ts';

/** Flags of label and annotate. */
export interface MetadataFlags extends SelectionFlags {
  readonly overwrite?: boolean;
  readonly list?: boolean;
  readonly dryRun?: string | boolean;
  readonly fieldManager?: string;
  readonly output?: string;
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
export async function changeMetadata(session: Session, map: ResourceMap, field: Field, args: readonly string[], flags: MetadataFlags): Promise<void> {
  const { values, targets } = parseChanges(args);
  if (values.size === 0 && !flags.list) throw new CliError(`error: at least one ${ONE[field]} update is required`);
  if (field === 'labels') for (const [key, value] of values) checkLabel(key, value);
  const selections = await select(session, map, targets, flags, field);
  requireNames(selections, flags);
  const format = await parseOutput(flags.output, { isWrite: true });
  for (const { resource, object } of await fetchObjects(session, selections, flags)) {
    const { namespace, name } = object.metadata;
    const present = object.metadata[field] ?? {};
    if (flags.list) {
      session.io.stdout.write(sorted(present).map(([key, value]) => `${key}=${value}\n`).join(''));
      continue;
    }
    for (const [key, value] of values) {
      if (value === null && present[key] === undefined) session.io.stdout.write(`${ONE[field]} "${key}" not found.\n`);
    }
    checkOverwrites(field, values, present, flags);
    const changed = [...values].some(([key, value]) => (value === null ? present[key] !== undefined : present[key] !== value));
    const body = { metadata: { [field]: Object.fromEntries(values) } };
    const path = objectPath(resource, namespace, name) + writeQuery(flags, field === 'labels' ? 'kubectl-label' : 'kubectl-annotate');
    const result = changed && !isDryClient(flags) ? await session.json<AnyObject>({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' }) : withValues(object, field, values);
    if (format.type === 'table') session.io.stdout.write(`${objectText(resource, name)} ${verbText(outcome(field, values, changed), flags.dryRun)}\n`);
    else session.io.stdout.write(renderObjects(format, [result], { asList: false, resourceOf: () => resource }));
  }
}

type Field = 'labels' | 'annotations';

const ONE = { labels: 'label', annotations: 'annotation' } as const;

function checkLabel(key: string, value: string | null): void {
  const problem = value === null ? undefined : validateLabelValue(value)[0];
  if (problem !== undefined) throw new CliError(`error: invalid label value: "${key}=${value}": ${problem}`);
}

function checkOverwrites(field: Field, values: Change['values'], present: Readonly<Record<string, string>>, { overwrite }: MetadataFlags): void {
  if (overwrite) return;
  const kept = [...values].flatMap(([key, value]) => (value !== null && present[key] !== undefined && present[key] !== value ? [`'${key}' already has a value (${present[key]})`] : []));
  if (kept.length === 0) return;
  throw new CliError(field === 'labels' ? `error: ${kept.map((one) => `${one}, and --overwrite is false`).join('; ')}` : `error: --overwrite is false but found the following declared annotation(s): ${kept.join('; ')}`);
}

/** The object as it would be. */
function withValues(object: AnyObject, field: Field, values: Change['values']): AnyObject {
  const merged = { ...object.metadata[field], ...Object.fromEntries(values) };
  return { ...object, metadata: { ...object.metadata, [field]: Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)) } } as AnyObject;
}

function outcome(field: 'labels' | 'annotations', values: ReadonlyMap<string, string | null>, changed: boolean): string {
  if (field === 'annotations') return 'annotated';
  if (!changed) return 'not labeled';
  return [...values.values()].every((value) => value === null) ? 'unlabeled' : 'labeled';
}
