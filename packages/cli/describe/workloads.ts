/**
 * Deployments, ReplicaSets and Jobs.
 */
import { ageText, timeToMs } from '#machinery/time.ts';
import { type AnyObject, listAt, textAt, valueAt } from '../objects.ts';
import { selectorText } from '../commands/pods-of.ts';
import { type DescribeContext, type Describer, describeHeader } from './context.ts';
import { describeTemplate, timeText } from './pod.ts';
import type { DescribeWriter } from './writer.ts';

const count = (object: unknown, ...path: readonly string[]): string => textAt(object, ...path) || '0';

/** A Deployment with its replica sets. */
export const describeDeployment: Describer = async (writer, deployment, context) => {
  describeHeader(writer, deployment);
  writer.field('CreationTimestamp', timeText(deployment.metadata.creationTimestamp ?? ''));
  writer.map('Labels', deployment.metadata.labels);
  writer.map('Annotations', deployment.metadata.annotations, ': ');
  writer.field('Selector', selectorText(deployment));
  const status = (field: string): string => count(deployment, 'status', field);
  writer.field('Replicas', `${count(deployment, 'spec', 'replicas')} desired | ${status('updatedReplicas')} updated | ${status('replicas')} total | ${status('availableReplicas')} available | ${status('unavailableReplicas')} unavailable`);
  writer.field('StrategyType', textAt(deployment, 'spec', 'strategy', 'type'));
  writer.field('MinReadySeconds', count(deployment, 'spec', 'minReadySeconds'));
  const rolling = valueAt(deployment, 'spec', 'strategy', 'rollingUpdate');
  if (rolling) writer.field('RollingUpdateStrategy', `${textAt(rolling, 'maxUnavailable')} max unavailable, ${textAt(rolling, 'maxSurge')} max surge`);
  describeTemplate(writer, deployment);
  conditions(writer, deployment);
  const sets = (await context.list('replicasets', deployment.metadata.namespace)).filter((set) => set.metadata.ownerReferences?.some((owner) => owner.uid === deployment.metadata.uid));
  const revision = (set: AnyObject): number => Number(set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  const [current, ...old] = sets.toSorted((a, b) => revision(b) - revision(a));
  const text = (set: AnyObject): string => `${set.metadata.name} (${count(set, 'status', 'replicas')}/${count(set, 'spec', 'replicas')} replicas created)`;
  writer.field('OldReplicaSets', old.map(text).join(', ') || '<none>');
  writer.field('NewReplicaSet', current ? text(current) : '<none>');
};

/** A ReplicaSet or ReplicationController with the states of its pods. */
export const describeReplicaSet: Describer = async (writer, set, context) => {
  describeHeader(writer, set);
  writer.field('Selector', selectorText(set));
  writer.map('Labels', set.metadata.labels);
  writer.map('Annotations', set.metadata.annotations, ': ');
  owner(writer, set);
  writer.field('Replicas', `${count(set, 'status', 'replicas')} current / ${count(set, 'spec', 'replicas')} desired`);
  await podPhases(writer, set, context);
  describeTemplate(writer, set);
  conditions(writer, set);
};

/** A Job. */
export const describeJob: Describer = (writer, job) => {
  describeHeader(writer, job);
  writer.field('Selector', selectorText(job));
  writer.map('Labels', job.metadata.labels);
  writer.map('Annotations', job.metadata.annotations, ': ');
  owner(writer, job);
  writer.field('Parallelism', textAt(job, 'spec', 'parallelism'));
  writer.field('Completions', textAt(job, 'spec', 'completions') || '<unset>');
  writer.field('Completion Mode', textAt(job, 'spec', 'completionMode'));
  writer.field('Suspend', textAt(job, 'spec', 'suspend') || 'false');
  writer.field('Backoff Limit', textAt(job, 'spec', 'backoffLimit'));
  if (textAt(job, 'status', 'startTime')) writer.field('Start Time', timeText(textAt(job, 'status', 'startTime')));
  if (textAt(job, 'status', 'completionTime')) {
    writer.field('Completed At', timeText(textAt(job, 'status', 'completionTime')));
    writer.field('Duration', ageText(textAt(job, 'status', 'startTime'), timeToMs(textAt(job, 'status', 'completionTime'))));
  }
  const active = `${count(job, 'status', 'active')} Active (${count(job, 'status', 'ready')} Ready)`;
  writer.field('Pods Statuses', `${active} / ${count(job, 'status', 'succeeded')} Succeeded / ${count(job, 'status', 'failed')} Failed`);
  describeTemplate(writer, job);
};

function owner(writer: DescribeWriter, object: AnyObject): void {
  const controller = object.metadata.ownerReferences?.find((one) => one.controller);
  if (controller) writer.field('Controlled By', `${controller.kind}/${controller.name}`);
}

function conditions(writer: DescribeWriter, object: AnyObject): void {
  const rows = listAt(object, 'status', 'conditions').map((one) => [textAt(one, 'type'), textAt(one, 'status'), textAt(one, 'reason')]);
  if (rows.length > 0) writer.section('Conditions', () => writer.table([['Type', 'Status', 'Reason'], ['----', '------', '------'], ...rows]));
}

async function podPhases(writer: DescribeWriter, object: AnyObject, context: DescribeContext): Promise<void> {
  const pods = await context.list('pods', object.metadata.namespace, { selector: selectorText(object) });
  const of = (phase: string): number => pods.filter((pod) => textAt(pod, 'status', 'phase') === phase).length;
  writer.field('Pods Status', `${of('Running')} Running / ${of('Pending')} Waiting / ${of('Succeeded')} Succeeded / ${of('Failed')} Failed`);
}
