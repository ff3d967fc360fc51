/**
 * `kubectl wait`.
 */
import { CliError } from '../io.ts';
import { type AnyObject, listAt, textAt } from '../objects.ts';
import { compilePath, valueText } from '../print/jsonpath.ts';
import { objectPath, objectText, type Resource, type ResourceMap } from '../resources.ts';
import { fetchObjects, select, type SelectionFlags } from '../selection.ts';
import type { Session } from '../session.ts';
import { findObject } from './apply.ts';

/** Flags of wait. */
export interface WaitFlags extends SelectionFlags {
  readonly for: string;
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

/** Waits until every object meets the condition. */
export async function waitFor(session: Session, map: ResourceMap, args: readonly string[], flags: WaitFlags): Promise<void> {
  const condition = parseCondition(flags.for);
  const { clock, signal, stdout } = session.io;
  const deadlineMs = clock.monotonicMs() + (flags.timeout < 0 ? WEEK_MS : flags.timeout * 1000);
  const isDelete = flags.for.toLowerCase() === 'delete';
  const targets = await targetsOf(session, map, args, flags, deadlineMs);
  if (targets.length === 0 && !isDelete) throw new CliError('error: no matching resources found');
  for (const { resource, namespace, name, uid } of targets) {
    for (;;) {
      const object = await findObject(session, objectPath(resource, namespace, name));
      const same = uid === undefined || object?.metadata.uid === uid ? object : undefined;
      if (condition(same)) break;
      if (!same && !isDelete && uid !== undefined) throw new CliError(`Error from server (NotFound): ${resource.plural} "${name}" not found`);
      if (clock.monotonicMs() > deadlineMs) throw new CliError(`error: timed out waiting for the condition on ${resource.plural}/${name}`);
      await clock.sleep(POLL_MS, signal);
    }
    stdout.write(`${objectText(resource, name)} ${isDelete ? 'deleted' : 'condition met'}\n`);
  }
}

interface WaitTarget {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string | undefined;
}

async function targetsOf(session: Session, map: ResourceMap, args: readonly string[], flags: WaitFlags, deadlineMs: number): Promise<WaitTarget[]> {
  const selections = await select(session, map, args, flags);
  if (flags.for.toLowerCase() === 'create' || flags.for.toLowerCase() === 'delete') {
    const named = selections.flatMap(({ resource, namespace, names }) => names.map((name) => ({ resource, namespace, name, uid: undefined })));
    if (named.length > 0) return named;
  }
  const { clock, signal } = session.io;
  for (;;) {
    const found = await fetchObjects(session, selections, flags);
    if (found.length > 0 || flags.for.toLowerCase() !== 'create' || clock.monotonicMs() > deadlineMs) {
      return found.map(({ resource, object }) => ({ resource, namespace: object.metadata.namespace, name: object.metadata.name, uid: object.metadata.uid }));
    }
    await clock.sleep(POLL_MS, signal);
  }
}
