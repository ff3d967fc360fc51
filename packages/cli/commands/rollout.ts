/**
 * `kubectl rollout`: status, history, undo, restart, pause, resume.
 */
import { CliError } from '../io.ts';
import { type AnyObject, valueAt } from '../objects.ts';
import { alignColumns } from '../print/columns.ts';
import { DESCRIBE_LAYOUT } from '../print/tabs.ts';
import { describeTemplate } from '../describe/pod.ts';
import { DescribeWriter } from '../describe/writer.ts';
import { objectPath, objectText, type Resource, type ResourceMap, resourceText } from '../resources.ts';
import { fetchObjects, listAll, select, type SelectionFlags } from '../selection.ts';
import type { Session } from '../session.ts';
import { isDryClient, verbText } from './apply.ts';
import { rolloutStatus } from './rollout-status.ts';

/** Flags of rollout's commands. */
export interface RolloutFlags extends SelectionFlags {
  readonly watch: boolean;
  readonly timeout?: number;
  readonly revision?: number;
  readonly toRevision?: number;
  readonly dryRun?: string | boolean;
}

const REVISION = 'deployment.kubernetes.io/revision';
const CHANGE_CAUSE = 'kubernetes.io/change-cause';
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
const POLL_MS = 250;

interface Workload {
  readonly resource: Resource;
  readonly object: AnyObject;
}

/** Runs `rollout ACTION`. @throws CliError for unknown actions and resources without rollouts. */
export async function rollout(session: Session, map: ResourceMap, action: string, args: readonly string[], flags: RolloutFlags): Promise<void> {
  const workloads = await fetchObjects(session, await select(session, map, args, flags, 'rollout'), flags);
  for (const workload of workloads) {
    switch (action) {
      case 'status':
        await followStatus(session, workload, flags);
        break;
      case 'history':
        await history(session, map, workload, flags.revision ?? 0);
        break;
      case 'undo':
        await undo(session, map, workload, flags);
        break;
      case 'restart':
        await restart(session, workload);
        break;
      case 'pause':
      case 'resume':
        await setPaused(session, workload, action === 'pause');
        break;
      default:
        throw new CliError(`error: unknown command "${action}"`);
    }
  }
}

const patch = async (session: Session, { resource, object }: Workload, body: unknown, contentType = 'application/strategic-merge-patch+json'): Promise<AnyObject> =>
  session.json<AnyObject>({ method: 'PATCH', path: objectPath(resource, object.metadata.namespace, object.metadata.name), body, contentType });

async function followStatus(session: Session, { resource, object }: Workload, flags: RolloutFlags): Promise<void> {
  const { clock, signal, stdout } = session.io;
  const deadlineMs = flags.timeout ? clock.monotonicMs() + flags.timeout * 1000 : Number.POSITIVE_INFINITY;
  let last = '';
  let current = object;
  for (;;) {
    const { text, done } = rolloutStatus(resource, current);
    if (text !== last) stdout.write(text);
    last = text;
    if (done || !flags.watch) return;
    if (clock.monotonicMs() > deadlineMs) throw new CliError('error: timed out waiting for the condition');
    await clock.sleep(POLL_MS, signal);
    current = await session.json<AnyObject>({ path: objectPath(resource, object.metadata.namespace, object.metadata.name) });
  }
}

interface RevisionEntry {
  readonly revision: number;
  readonly cause: string;
  readonly template: unknown;
}

/** Revisions of a workload, oldest first. */
async function revisions(session: Session, map: ResourceMap, { resource, object }: Workload): Promise<RevisionEntry[]> {
  const owned = (one: AnyObject): boolean => one.metadata.ownerReferences?.some((owner) => owner.uid === object.metadata.uid && owner.controller) ?? false;
  const ownedOf = async (kind: string): Promise<AnyObject[]> =>
    (await listAll(session, { resource: map.ofKind('apps/v1', kind), namespace: object.metadata.namespace, names: [] }, {})).filter(owned);
  if (resource.kind === 'Deployment') {
    const sets = await ownedOf('ReplicaSet');
    return sets
      .map((set) => ({ revision: Number(set.metadata.annotations?.[REVISION] ?? 0), cause: set.metadata.annotations?.[CHANGE_CAUSE] ?? '<none>', template: valueAt(set, 'spec', 'template') }))
      .toSorted((a, b) => a.revision - b.revision);
  }
  if (resource.kind === 'DaemonSet' || resource.kind === 'StatefulSet') {
    const kept = await ownedOf('ControllerRevision');
    return kept
      .map((one) => ({ revision: Number(one['revision'] ?? 0), cause: one.metadata.annotations?.[CHANGE_CAUSE] ?? '<none>', template: valueAt(one, 'data', 'spec', 'template') }))
      .toSorted((a, b) => a.revision - b.revision);
  }
  throw new CliError(`error: no history viewer has been implemented for "${resource.kind}"`);
}

async function history(session: Session, map: ResourceMap, workload: Workload, revision: number): Promise<void> {
  const all = await revisions(session, map, workload);
  const title = objectText(workload.resource, workload.object.metadata.name);
  if (revision > 0) {
    const one = all.find((entry) => entry.revision === revision);
    if (!one) throw new CliError(`error: unable to find the specified revision`);
    session.io.stdout.write(`${title} with revision #${revision}\n${templateText(one.template)}\n`);
    return;
  }
  const rows = all.map((entry) => [String(entry.revision), entry.cause]);
  session.io.stdout.write(`${title} \n${alignColumns([['REVISION', 'CHANGE-CAUSE'], ...rows], DESCRIBE_LAYOUT)}\n`);
}

/** A template as descriptions show it, its columns as they come. */
function templateText(template: unknown): string {
  const writer = new DescribeWriter();
  describeTemplate(writer, template);
  return writer.toRawString();
}

function withoutHash(template: unknown): Record<string, unknown> {
  const { metadata, ...rest } = template as { metadata?: { labels?: Record<string, string> } };
  const { 'pod-template-hash': _, ...labels } = metadata?.labels ?? {};
  return { ...rest, metadata: { ...metadata, labels } };
}

async function undo(session: Session, map: ResourceMap, workload: Workload, { toRevision = 0, dryRun }: RolloutFlags): Promise<void> {
  const { resource, object } = workload;
  const title = objectText(resource, object.metadata.name);
  const all = await revisions(session, map, workload);
  const target = toRevision > 0 ? all.find((entry) => entry.revision === toRevision) : all.at(-2);
  if (!target) throw new CliError(toRevision > 0 ? `error: unable to find specified revision ${toRevision} in history` : `error: no rollout history found for ${resource.singular} "${object.metadata.name}"`);
  if (isDryClient(dryRun === undefined ? {} : { dryRun })) {
    session.io.stdout.write(`${title} ${verbText(templateText(target.template), dryRun)}\n`);
    return;
  }
  if (valueAt(object, 'spec', 'paused') === true) throw new CliError(`error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again`);
  if (target === all.at(-1)) {
    session.io.stdout.write(`${title} skipped rollback (current template already matches revision ${target.revision})\n`);
    return;
  }
  const body = [{ op: 'replace', path: '/spec/template', value: withoutHash(target.template) }];
  await patch(session, workload, body, 'application/json-patch+json');
  session.io.stdout.write(`${title} rolled back\n`);
}

async function restart(session: Session, workload: Workload): Promise<void> {
  const { resource, object } = workload;
  if (!['Deployment', 'DaemonSet', 'StatefulSet'].includes(resource.kind)) throw new CliError(`error: ${resource.plural} "${object.metadata.name}" restarting is not supported`);
  if (valueAt(object, 'spec', 'paused') === true) throw new CliError(`error: ${resourceText(resource)} "${object.metadata.name}" can't restart paused deployment (run rollout resume first)`);
  const restartedAt = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: 'UTC' }).format(session.io.clock.now()).replace(' ', 'T');
  await patch(session, workload, { spec: { template: { metadata: { annotations: { [RESTARTED_AT]: `${restartedAt}Z` } } } } });
  session.io.stdout.write(`${objectText(resource, object.metadata.name)} restarted\n`);
}

async function setPaused(session: Session, workload: Workload, paused: boolean): Promise<void> {
  const { resource, object } = workload;
  const title = objectText(resource, object.metadata.name);
  if (resource.kind !== 'Deployment') throw new CliError(`error: ${resource.plural} "${object.metadata.name}" ${paused ? 'pausing' : 'resuming'} is not supported`);
  const isPaused = valueAt(object, 'spec', 'paused') === true;
  if (isPaused === paused) throw new CliError(`error: deployments.apps "${object.metadata.name}" is ${paused ? 'already paused' : 'not paused'}`);
  await patch(session, workload, { spec: { paused: paused ? true : null } });
  session.io.stdout.write(`${title} ${paused ? 'paused' : 'resumed'}\n`);
}

