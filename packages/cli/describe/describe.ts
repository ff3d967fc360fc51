/**
 * `kubectl describe`: what an object is and what happened to it.
 */
import { ageText } from '#machinery/time.ts';
import { type AnyObject, textAt } from '../objects.ts';
import { toYaml } from '../print/output.ts';
import type { Resource, ResourceMap } from '../resources.ts';
import { fetchObjects, listAll, select, type SelectionFlags } from '../selection.ts';
import type { Session } from '../session.ts';
import { describeConfigMap, describeNamespace, describeSecret } from './configuration.ts';
import { type DescribeContext, type Describer, describeHeader } from './context.ts';
import { describeNode } from './node.ts';
import { describePod } from './pod.ts';
import { describeService } from './service.ts';
import { DescribeWriter } from './writer.ts';
import { describeDeployment, describeJob, describeReplicaSet } from './workloads.ts';

const DESCRIBERS: Readonly<Record<string, Describer>> = {
  Pod: describePod,
  Node: describeNode,
  Service: describeService,
  Deployment: describeDeployment,
  ReplicaSet: describeReplicaSet,
  ReplicationController: describeReplicaSet,
  Job: describeJob,
  ConfigMap: describeConfigMap,
  Secret: describeSecret,
  Namespace: describeNamespace,
};

/** Kinds that are described without events, as upstream does. */
const WITHOUT_EVENTS = new Set(['Secret', 'Namespace']);

/** Describes every object meant, blank lines between. */
export async function describe(session: Session, map: ResourceMap, args: readonly string[], flags: SelectionFlags & { readonly showEvents: boolean }): Promise<void> {
  const found = await fetchObjects(session, await select(session, map, args, flags), flags);
  if (found.length === 0) {
    session.io.stderr.write(`No resources found in ${session.namespace} namespace.\n`);
    return;
  }
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
    if (flags.showEvents && !WITHOUT_EVENTS.has(resource.kind)) await describeEvents(writer, resource, object, context);
    texts.push(writer.toString());
  }
  session.io.stdout.write(texts.join('\n\n'));
}

/** Any kind without a describer of its own: metadata, then its fields. */
const describeGeneric: Describer = (writer, object) => {
  describeHeader(writer, object);
  writer.map('Labels', object.metadata.labels);
  writer.map('Annotations', object.metadata.annotations, ': ');
  writer.field('API Version', object.apiVersion);
  writer.field('Kind', object.kind);
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...rest } = object;
  for (const line of toYaml(rest).trimEnd().split('\n')) writer.line(line);
};

async function describeEvents(writer: DescribeWriter, _resource: Resource, object: AnyObject, context: DescribeContext): Promise<void> {
  const { name, uid, namespace } = object.metadata;
  const selector = [`involvedObject.name=${name}`, ...(uid && object.kind !== 'Node' ? [`involvedObject.uid=${uid}`] : []), `involvedObject.kind=${object.kind}`].join(',');
  const events = await context.list('events', namespace ?? undefined, { fieldSelector: selector });
  if (events.length === 0) {
    writer.field('Events', '<none>');
    return;
  }
  const when = (event: AnyObject): string => textAt(event, 'lastTimestamp') || textAt(event, 'series', 'lastObservedTime') || textAt(event, 'eventTime') || (event.metadata.creationTimestamp ?? '');
  const rows = events
    .toSorted((a, b) => when(a).localeCompare(when(b)))
    .map((event) => {
      const count = Number(event['count'] ?? (event['series'] as { count?: number } | undefined)?.count ?? 1);
      const first = textAt(event, 'firstTimestamp') || textAt(event, 'eventTime') || when(event);
      const age = count > 1 ? `${ageText(when(event), context.nowMs)} (x${count} over ${ageText(first, context.nowMs)})` : ageText(when(event), context.nowMs);
      return [textAt(event, 'type'), textAt(event, 'reason'), age, textAt(event, 'source', 'component') || textAt(event, 'reportingComponent'), textAt(event, 'message').trim()];
    });
  writer.section('Events', () => writer.table([['Type', 'Reason', 'Age', 'From', 'Message'], ['----', '------', '----', '----', '-------'], ...rows]));
}
