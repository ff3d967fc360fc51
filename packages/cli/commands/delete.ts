/**
 * `kubectl delete`.
 */
import { StatusError } from '#machinery/status.ts';
import { CliError } from '../io.ts';
import { textAt } from '../objects.ts';
import { objectPath, objectText, type Resource, type ResourceMap } from '../resources.ts';
import { listAll, requireNames, select, type SelectionFlags } from '../selection.ts';
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
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
}

/** Deletes objects and, unless told otherwise, waits until they are gone; what is not there is reported at the end. */
export async function remove(session: Session, map: ResourceMap, args: readonly string[], flags: DeleteFlags): Promise<void> {
  const { stdout, stderr } = session.io;
  const selections = await select(session, map, args, flags, 'delete');
  requireNames(selections, flags);
  if (session.namespaceGiven && selections.some(({ resource }) => !resource.namespaced)) stderr.write('Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n');
  const grace = flags.now ? 1 : flags.force ? 0 : flags.gracePeriod;
  const immediate = flags.force === true && grace === 0;
  if (immediate) stderr.write('Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n');
  const doomed: Doomed[] = [];
  const errors: StatusError[] = [];
  const target: Target = { flags, grace, immediate };
  for (const selection of selections) {
    const names = selection.names.length > 0 ? selection.names : (await listAll(session, selection, flags)).map(({ metadata }) => ({ name: metadata.name, namespace: metadata.namespace }));
    for (const one of names) {
      const { name, namespace } = typeof one === 'string' ? { name: one, namespace: selection.resource.namespaced ? selection.namespace : undefined } : one;
      try {
        doomed.push(await removeOne(session, { resource: selection.resource, name, namespace }, target));
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        const isGone = error.reason === 'NotFound' && (flags.ignoreNotFound || typeof one !== 'string');
        if (!isGone) errors.push(explained(error, selection.source));
      }
    }
  }
  if (doomed.length === 0 && errors.length === 0 && !flags.ignoreNotFound) stdout.write('No resources found\n');
  if (flags.wait && !flags.dryRun && !immediate) await waitUntilGone(session, doomed, flags.timeout);
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors);
}

interface Target {
  readonly flags: DeleteFlags;
  readonly grace: number | undefined;
  readonly immediate: boolean;
}

function explained(error: StatusError, source: string | undefined): StatusError {
  if (source === undefined) return error;
  return new StatusError({ code: error.code, reason: error.reason, message: `error when deleting "${source}": ${error.message}`, details: error.details });
}

async function removeOne(session: Session, doomed: Omit<Doomed, 'uid'>, { flags, grace, immediate }: Target): Promise<Doomed> {
  const { resource, namespace, name } = doomed;
  const path = objectPath(resource, namespace, name);
  const body = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: PROPAGATION[flags.cascade] ?? 'Background',
    ...(grace !== undefined && grace >= 0 ? { gracePeriodSeconds: grace } : {}),
    ...(flags.dryRun === 'server' ? { dryRun: ['All'] } : {}),
  };
  // The answer is the object while it still ends, and a Status with its uid once it is gone.
  const answer = flags.dryRun === 'client' ? await session.json({ path }) : await session.json({ method: 'DELETE', path, body });
  const uid = textAt(answer, 'metadata', 'uid') || textAt(answer, 'details', 'uid');
  const verb = immediate ? 'force deleted' : 'deleted';
  const type = resource.group ? `${resource.singular}.${resource.group}` : resource.singular;
  const where = `${verb}${namespace ? ` from ${namespace} namespace` : ''}`;
  session.io.stdout.write(flags.output === 'name' ? `${objectText(resource, name)}\n` : `${type} "${name}" ${verbText(where, flags.dryRun)}\n`);
  return { ...doomed, uid };
}

/** Waits for each object, by uid: one of the same name may come after it. */
async function waitUntilGone(session: Session, doomed: readonly Doomed[], timeoutSeconds: number | undefined): Promise<void> {
  const { clock, signal } = session.io;
  const deadlineMs = timeoutSeconds ? clock.monotonicMs() + timeoutSeconds * 1000 : Number.POSITIVE_INFINITY;
  for (const { resource, namespace, name, uid } of doomed) {
    for (;;) {
      const now = await findObject(session, objectPath(resource, namespace, name));
      if (!now || now.metadata.uid !== uid) break;
      if (clock.monotonicMs() > deadlineMs) throw new CliError(`error: timed out waiting for the condition on ${resource.plural}/${name}`);
      await clock.sleep(POLL_MS, signal);
    }
  }
}
