/**
 * `kubectl delete`.
 */
import { StatusError } from '#machinery/status.ts';
import { CliError } from '../io.ts';
import type { AnyObject } from '../objects.ts';
import { objectPath, objectText, type Resource, type ResourceMap, resourceText } from '../resources.ts';
import { listAll, select, type SelectionFlags } from '../selection.ts';
import type { Session } from '../session.ts';
import { findObject, verbText } from './apply.ts';

/** Flags of delete. */
export interface DeleteFlags extends SelectionFlags {
  readonly cascade: string;
  readonly gracePeriod?: number;
  readonly force?: boolean;
  readonly now?: boolean;
  readonly wait: boolean;
  readonly ignoreNotFound?: boolean;
  readonly output?: string;
  readonly dryRun?: string | boolean;
  readonly timeout?: number;
}

const PROPAGATION: Readonly<Record<string, string>> = { background: 'Background', foreground: 'Foreground', orphan: 'Orphan', true: 'Background', false: 'Orphan' };
const POLL_MS = 200;

interface Doomed {
  readonly resource: Resource;
  readonly object: AnyObject;
}

/** Deletes objects and, unless told otherwise, waits until they are gone. */
export async function remove(session: Session, map: ResourceMap, args: readonly string[], flags: DeleteFlags): Promise<void> {
  const doomed = await collect(session, map, args, flags);
  if (doomed.length === 0) {
    session.io.stdout.write('No resources found\n');
    return;
  }
  const grace = flags.now ? 1 : flags.force ? 0 : flags.gracePeriod;
  if (flags.force && grace === 0) {
    session.io.stderr.write('Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n');
  }
  const body = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: PROPAGATION[flags.cascade] ?? 'Background',
    ...(grace !== undefined && grace >= 0 ? { gracePeriodSeconds: grace } : {}),
    ...(flags.dryRun === 'server' ? { dryRun: ['All'] } : {}),
  };
  for (const { resource, object } of doomed) {
    const { namespace, name } = object.metadata;
    if (flags.dryRun !== 'client') await session.json({ method: 'DELETE', path: objectPath(resource, namespace, name), body });
    const text = objectText(resource, name);
    const verb = flags.force && grace === 0 ? 'force deleted' : 'deleted';
    session.io.stdout.write(
      flags.output === 'name' ? `${text}\n` : `${resource.group ? `${resource.singular}.${resource.group}` : resource.singular} "${name}" ${verbText(verb, flags.dryRun)}${namespace ? ` from ${namespace} namespace` : ''}\n`,
    );
  }
  if (flags.wait && !flags.dryRun && !(flags.force && grace === 0)) await waitUntilGone(session, doomed, flags.timeout);
}

async function collect(session: Session, map: ResourceMap, args: readonly string[], flags: DeleteFlags): Promise<Doomed[]> {
  const selections = await select(session, map, args, flags);
  const doomed: Doomed[] = [];
  for (const selection of selections) {
    if (selection.names.length === 0) {
      if (!flags.all && !flags.selector && !flags.fieldSelector) throw new CliError('error: resource(s) were provided, but no name was specified');
      doomed.push(...(await listAll(session, selection, flags)).map((object) => ({ resource: selection.resource, object })));
      continue;
    }
    for (const name of selection.names) {
      const object = await findObject(session, objectPath(selection.resource, selection.namespace, name));
      if (object) doomed.push({ resource: selection.resource, object });
      else if (!flags.ignoreNotFound) {
        throw new StatusError({ code: 404, reason: 'NotFound', message: `${resourceText(selection.resource)} "${name}" not found`, details: { name } });
      }
    }
  }
  return doomed;
}

/** Waits for each object, by uid: one of the same name may come after it. */
async function waitUntilGone(session: Session, doomed: readonly Doomed[], timeoutSeconds: number | undefined): Promise<void> {
  const { clock, signal } = session.io;
  const deadlineMs = timeoutSeconds ? clock.monotonicMs() + timeoutSeconds * 1000 : Number.POSITIVE_INFINITY;
  for (const { resource, object } of doomed) {
    const { namespace, name, uid } = object.metadata;
    for (;;) {
      const now = await findObject(session, objectPath(resource, namespace, name));
      if (!now || now.metadata.uid !== uid) break;
      if (clock.monotonicMs() > deadlineMs) throw new CliError(`error: timed out waiting for the condition on ${resource.plural}/${name}`);
      await clock.sleep(POLL_MS, signal);
    }
  }
}
