/**
 * `kubectl wait`.
 */
import { CliError } from '../io.ts';
import { type AnyObject, listAt, textAt } from '../objects.ts';
import { compilePath, valueText } from '../print/jsonpath.ts';
import { objectPath, objectText, type Resource, type ResourceMap, resourceText } from '../resources.ts';
import { fetchObjects, select, type SelectionFlags } from '../selection.ts';
import type { Session } from '../session.ts';
import { findObject } from './apply.ts';

/** Flags of wait. */
export interface WaitFlags extends SelectionFlags {
  readonly for?: string;
  /** Seconds; 0 checks once, negative waits a week. */
  readonly timeout: number;
}

const POLL_MS = 200;
const WEEK_MS = 7 * 24 * 3600 * 1000;

/** Whether the condition is met; `object` is undefined once it is gone. */
type Condition = (object: AnyObject | undefined) => boolean;

/** Parses `--for`. @throws CliError */
export function parseCondition(text: string): Condition {
  if (text.toLowerCase() === 'delete') return (object) => object === undefined;
  if (text.toLowerCase() === 'create') return (object) => object !== undefined;
  if (text.startsWith('condition=')) {
    const [type, status = 'true'] = text.slice('condition='.length).split('=') as [string, string?];
    return (object) => {
      const found = listAt(object, 'status', 'conditions').find((one) => textAt(one, 'type').toLowerCase() === type.toLowerCase());
      if (!found || !object) return false;
      const observed = found['observedGeneration'];
      if (typeof observed === 'number' && object.metadata.generation !== undefined && observed < object.metadata.generation) return false;
      return textAt(found, 'status').toLowerCase() === status.toLowerCase();
    };
  }
  if (text.startsWith('jsonpath=')) {
    const match = /^jsonpath=(?:'|")?(\{.*?\}|[^=]+?)(?:'|")?(?:=(?:'|")?(.*?)(?:'|")?)?$/.exec(text);
    if (!match) throw new CliError(`error: unrecognized condition: "${text}"`);
    const values = compilePath(match[1]!);
    return (object) => {
      if (!object) return false;
      const found = values(object);
      return match[2] === undefined ? found.length > 0 : found.length === 1 && valueText(found[0]) === match[2];
    };
  }
  throw new CliError(`error: unrecognized condition: "${text}"`);
}

/** Waits until every object meets the condition; objects that do not are reported at the end. */
export async function waitFor(session: Session, map: ResourceMap, args: readonly string[], flags: WaitFlags): Promise<void> {
  if (!flags.for) throw new CliError('error: unrecognized condition: []');
  const condition = parseCondition(flags.for);
  const { clock, signal, stdout } = session.io;
  const deadlineMs = clock.monotonicMs() + (flags.timeout < 0 ? WEEK_MS : flags.timeout * 1000);
  const how = flags.for.toLowerCase();
  const { targets, errors } = await targetsOf(session, map, args, { flags, deadlineMs });
  if (targets.length === 0 && errors.length === 0 && how !== 'delete') throw new CliError('error: no matching resources found');
  for (const { resource, namespace, name, uid } of targets) {
    for (;;) {
      const object = await findObject(session, objectPath(resource, namespace, name));
      const same = uid === undefined || object?.metadata.uid === uid ? object : undefined;
      if (condition(same)) {
        stdout.write(`${objectText(resource, name)} ${how === 'delete' ? 'deleted' : 'condition met'}\n`);
        break;
      }
      if (!same && how !== 'delete' && how !== 'create') {
        errors.push(notFound(resource, name));
        break;
      }
      if (clock.monotonicMs() > deadlineMs) {
        errors.push(new CliError(`error: timed out waiting for the condition${how === 'create' ? '' : ` on ${resource.plural}/${name}`}`));
        break;
      }
      await clock.sleep(POLL_MS, signal);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors);
}

const notFound = (resource: Resource, name: string): CliError => new CliError(`Error from server (NotFound): ${resourceText(resource)} "${name}" not found`);

interface WaitTarget {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string | undefined;
}

interface Wish {
  readonly flags: WaitFlags;
  readonly deadlineMs: number;
}

/** What to wait for. Named objects that are not there are no targets of a deletion, and faults of everything but a creation. */
async function targetsOf(session: Session, map: ResourceMap, args: readonly string[], { flags, deadlineMs }: Wish): Promise<{ targets: WaitTarget[]; errors: Error[] }> {
  const selections = await select(session, map, args, flags);
  const how = flags.for!.toLowerCase();
  const { clock, signal } = session.io;
  const targets: WaitTarget[] = [];
  const errors: Error[] = [];
  for (const selection of selections) {
    const { resource, namespace } = selection;
    for (const name of selection.names) {
      if (how === 'create') targets.push({ resource, namespace, name, uid: undefined });
      else {
        const found = await findObject(session, objectPath(resource, namespace, name));
        if (found) targets.push({ resource, namespace, name, uid: found.metadata.uid });
        else if (how !== 'delete') errors.push(notFound(resource, name));
      }
    }
  }
  const broad = selections.filter(({ names }) => names.length === 0);
  for (;;) {
    const found = broad.length > 0 ? await fetchObjects(session, broad, flags) : [];
    if (found.length > 0 || broad.length === 0 || how !== 'create' || clock.monotonicMs() > deadlineMs) {
      targets.push(...found.map(({ resource, object }) => ({ resource, namespace: object.metadata.namespace, name: object.metadata.name, uid: object.metadata.uid })));
      return { targets, errors };
    }
    await clock.sleep(POLL_MS, signal);
  }
}
