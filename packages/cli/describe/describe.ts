/**
 * `kubectl describe`: what an object is and what happened to it.
 */
import { StatusError } from '#machinery/status.ts';
import { ageText } from '#machinery/time.ts';
import { type AnyObject, textAt } from '../objects.ts';
import type { ResourceMap } from '../resources.ts';
import { fetchObjects, listAll, noneFound, select, type Selection, type SelectionFlags } from '../selection.ts';
import type { Session } from '../session.ts';
import { describeConfigMap, describeLimitRange, describeNamespace, describePriorityClass, describeResourceQuota, describeSecret, describeServiceAccount } from './configuration.ts';
import type { DescribeContext, Describer } from './context.ts';
import { describeGeneric } from './generic.ts';
import { describeEndpoints, describeEndpointSlice, describeService } from './network.ts';
import { describeNode } from './node.ts';
import { describePod } from './pod.ts';
import { describeBinding, describeRole } from './rbac.ts';
import { describeCronJob, describeDaemonSet, describeDeployment, describeJob, describeReplicaSet, describeStatefulSet } from './workloads.ts';
import { DescribeWriter } from './writer.ts';

const DESCRIBERS: Readonly<Record<string, Describer>> = {
  ClusterRole: describeRole,
  ClusterRoleBinding: describeBinding,
  ConfigMap: describeConfigMap,
  CronJob: describeCronJob,
  DaemonSet: describeDaemonSet,
  Deployment: describeDeployment,
  EndpointSlice: describeEndpointSlice,
  Endpoints: describeEndpoints,
  Job: describeJob,
  LimitRange: describeLimitRange,
  Namespace: describeNamespace,
  Node: describeNode,
  Pod: describePod,
  PriorityClass: describePriorityClass,
  ReplicaSet: describeReplicaSet,
  ReplicationController: describeReplicaSet,
  ResourceQuota: describeResourceQuota,
  Role: describeRole,
  RoleBinding: describeBinding,
  Secret: describeSecret,
  Service: describeService,
  ServiceAccount: describeServiceAccount,
  StatefulSet: describeStatefulSet,
};

/** Kinds that are described without events, as upstream does. */
const WITHOUT_EVENTS = new Set(['Secret', 'Namespace', 'ResourceQuota', 'LimitRange', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']);

/** Describes every object meant, blank lines between. */
export async function describe(session: Session, map: ResourceMap, args: readonly string[], flags: SelectionFlags & { readonly showEvents?: boolean }): Promise<void> {
  const selections = await select(session, map, args, flags, 'describe');
  const { found, errors, byPrefix } = await findAll(session, selections, flags);
  const context: DescribeContext = {
    session,
    map,
    nowMs: session.io.clock.now(),
    list: async (resource, namespace, selectors = {}) => listAll(session, { resource: map.resolve(resource), namespace, names: [] }, selectors),
  };
  const texts: string[] = [];
  for (const { resource, object } of found) {
    const writer = new DescribeWriter();
    await (DESCRIBERS[resource.kind] ?? describeGeneric)(writer, object, context);
    // Several objects come without events unless they are asked for.
    if ((flags.showEvents ?? (found.length === 1 && !byPrefix)) && !WITHOUT_EVENTS.has(resource.kind)) await describeEvents(writer, object, context);
    texts.push(writer.toString());
  }
  session.io.stdout.write(texts.join('\n\n') + (byPrefix ? '\n' : ''));
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors);
  if (found.length === 0) session.io.stderr.write(noneFound(selections, session));
}

type Found = Awaited<ReturnType<typeof fetchObjects>>;

/** The objects meant; a name that is not there stands for all that begin with it. */
async function findAll(session: Session, selections: readonly Selection[], flags: SelectionFlags): Promise<{ found: Found; errors: StatusError[]; byPrefix: boolean }> {
  const found: Found[number][] = [];
  const errors: StatusError[] = [];
  let byPrefix = false;
  for (const selection of selections) {
    for (const name of selection.names.length > 0 ? selection.names : [undefined]) {
      try {
        found.push(...(await fetchObjects(session, [{ ...selection, names: name === undefined ? [] : [name] }], flags)));
      } catch (error) {
        if (!(error instanceof StatusError) || error.reason !== 'NotFound' || name === undefined) throw error;
        const similar = (await listAll(session, selection, {})).filter((object) => object.metadata.name.startsWith(name));
        if (similar.length === 0) errors.push(error);
        else byPrefix = true;
        found.push(...similar.map((object) => ({ resource: selection.resource, object })));
      }
    }
  }
  return { found, errors, byPrefix };
}

async function describeEvents(writer: DescribeWriter, object: AnyObject, context: DescribeContext): Promise<void> {
  const { name, uid, namespace } = object.metadata;
  const selector = [`involvedObject.name=${name}`, ...(uid && object.kind !== 'Node' ? [`involvedObject.uid=${uid}`] : []), `involvedObject.kind=${object.kind}`].join(',');
  const events = await context.list('events', namespace ?? undefined, { fieldSelector: selector });
  if (events.length === 0) {
    writer.field('Events', '<none>');
    return;
  }
  writer.flush();
  const when = (event: AnyObject): string => textAt(event, 'lastTimestamp') || textAt(event, 'series', 'lastObservedTime') || textAt(event, 'eventTime') || (event.metadata.creationTimestamp ?? '');
  writer.section('Events', () => {
    writer.line('Type\tReason\tAge\tFrom\tMessage');
    writer.line('----\t------\t----\t----\t-------');
    for (const event of events.toSorted((a, b) => when(a).localeCompare(when(b)))) {
      const count = Number(event['count'] ?? (event['series'] as { count?: number } | undefined)?.count ?? 1);
      const first = textAt(event, 'firstTimestamp') || textAt(event, 'eventTime') || when(event);
      const age = count > 1 ? `${ageText(when(event), context.nowMs)} (x${count} over ${ageText(first, context.nowMs)})` : ageText(first, context.nowMs);
      const part = textAt(event, 'involvedObject', 'fieldPath');
      const from = textAt(event, 'source', 'component') || textAt(event, 'reportingComponent');
      writer.line([textAt(event, 'type'), textAt(event, 'reason'), age, from, `${part ? `${part}: ` : ''}${textAt(event, 'message').trim()}`].join('\t'));
    }
  });
}
