/**
 * What makes pods: Deployments, ReplicaSets, DaemonSets, StatefulSets, Jobs and CronJobs.
 */
import { ageText, timeToMs } from '#machinery/time.ts';
import { selectorText } from '../commands/pods-of.ts';
import { type AnyObject, listAt, textAt, valueAt } from '../objects.ts';
import { describeController, type DescribeContext, type Describer, describeHeader, timeText } from './context.ts';
import { describeTemplate } from './pod.ts';
import type { DescribeWriter } from './writer.ts';

const count = (object: unknown, ...path: readonly string[]): string => textAt(object, ...path) || '0';
const templateOf = (object: AnyObject): unknown => valueAt(object, 'spec', 'template');

/** A Deployment with its replica sets. */
export const describeDeployment: Describer = async (writer, deployment, context) => {
  const { metadata } = deployment;
  writer.field('Name', metadata.name);
  writer.field('Namespace', metadata.namespace);
  writer.field('CreationTimestamp', timeText(metadata.creationTimestamp ?? ''));
  writer.labels('Labels', metadata.labels);
  writer.annotations('Annotations', metadata.annotations);
  writer.field('Selector', selectorText(deployment));
  const status = (field: string): string => count(deployment, 'status', field);
  writer.field('Replicas', `${count(deployment, 'spec', 'replicas')} desired | ${status('updatedReplicas')} updated | ${status('replicas')} total | ${status('availableReplicas')} available | ${status('unavailableReplicas')} unavailable`);
  writer.field('StrategyType', textAt(deployment, 'spec', 'strategy', 'type'));
  writer.field('MinReadySeconds', count(deployment, 'spec', 'minReadySeconds'));
  const rolling = valueAt(deployment, 'spec', 'strategy', 'rollingUpdate');
  if (rolling) writer.field('RollingUpdateStrategy', `${textAt(rolling, 'maxUnavailable')} max unavailable, ${textAt(rolling, 'maxSurge')} max surge`);
  describeTemplate(writer, templateOf(deployment));
  conditions(writer, deployment);
  const sets = (await context.list('replicasets', metadata.namespace)).filter((set) => set.metadata.ownerReferences?.some((owner) => owner.uid === metadata.uid));
  const revision = (set: AnyObject): number => Number(set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  const [current, ...old] = sets.toSorted((a, b) => revision(b) - revision(a));
  const text = (set: AnyObject): string => `${set.metadata.name} (${count(set, 'status', 'replicas')}/${count(set, 'spec', 'replicas')} replicas created)`;
  writer.field('OldReplicaSets', old.toReversed().map(text).join(', ') || '<none>');
  writer.field('NewReplicaSet', current ? text(current) : '<none>');
};

/** A ReplicaSet or ReplicationController with the states of its pods. */
export const describeReplicaSet: Describer = async (writer, set, context) => {
  writer.field('Name', set.metadata.name);
  writer.field('Namespace', set.metadata.namespace);
  writer.field('Selector', selectorText(set));
  writer.labels('Labels', set.metadata.labels);
  writer.annotations('Annotations', set.metadata.annotations);
  describeController(writer, set);
  writer.field('Replicas', `${count(set, 'status', 'replicas')} current / ${count(set, 'spec', 'replicas')} desired`);
  await podPhases(writer, set, context);
  describeTemplate(writer, templateOf(set));
  conditions(writer, set);
};

/** A DaemonSet with the states of its pods. */
export const describeDaemonSet: Describer = async (writer, set, context) => {
  writer.field('Name', set.metadata.name);
  writer.field('Namespace', set.metadata.namespace);
  writer.field('Selector', selectorText(set));
  writer.labels('Node-Selector', valueAt(set, 'spec', 'template', 'spec', 'nodeSelector') as Record<string, string> | undefined);
  writer.labels('Labels', set.metadata.labels);
  writer.annotations('Annotations', set.metadata.annotations);
  const status = (field: string): string => count(set, 'status', field);
  writer.field('Desired Number of Nodes Scheduled', status('desiredNumberScheduled'));
  writer.field('Current Number of Nodes Scheduled', status('currentNumberScheduled'));
  writer.field('Number of Nodes Scheduled with Up-to-date Pods', status('updatedNumberScheduled'));
  writer.field('Number of Nodes Scheduled with Available Pods', status('numberAvailable'));
  writer.field('Number of Nodes Misscheduled', status('numberMisscheduled'));
  await podPhases(writer, set, context);
  describeTemplate(writer, templateOf(set));
};

/** A StatefulSet with the states of its pods and its claims. */
export const describeStatefulSet: Describer = async (writer, set, context) => {
  writer.field('Name', set.metadata.name);
  writer.field('Namespace', set.metadata.namespace);
  writer.field('CreationTimestamp', timeText(set.metadata.creationTimestamp ?? ''));
  writer.field('Selector', selectorText(set));
  writer.labels('Labels', set.metadata.labels);
  writer.annotations('Annotations', set.metadata.annotations);
  writer.field('Replicas', `${count(set, 'spec', 'replicas')} desired | ${count(set, 'status', 'replicas')} total`);
  writer.field('Update Strategy', textAt(set, 'spec', 'updateStrategy', 'type'));
  const partition = valueAt(set, 'spec', 'updateStrategy', 'rollingUpdate', 'partition');
  if (partition !== undefined) writer.indented(() => writer.field('Partition', partition));
  await podPhases(writer, set, context);
  describeTemplate(writer, templateOf(set));
  const claims = listAt(set, 'spec', 'volumeClaimTemplates');
  if (claims.length === 0) {
    writer.field('Volume Claims', '<none>');
    return;
  }
  writer.section('Volume Claims', () => {
    for (const claim of claims) {
      writer.field('Name', textAt(claim, 'metadata', 'name'));
      writer.field('StorageClass', textAt(claim, 'spec', 'storageClassName'));
      writer.labels('Labels', valueAt(claim, 'metadata', 'labels') as Record<string, string> | undefined);
      writer.annotations('Annotations', valueAt(claim, 'metadata', 'annotations') as Record<string, string> | undefined);
      writer.field('Capacity', textAt(claim, 'spec', 'resources', 'requests', 'storage') || '<default>');
      writer.field('Access Modes', `[${listAt<string>(claim, 'spec', 'accessModes').join(' ')}]`);
    }
  });
};

/** A Job. */
export const describeJob: Describer = (writer, job) => {
  writer.field('Name', job.metadata.name);
  writer.field('Namespace', job.metadata.namespace);
  writer.field('Selector', selectorText(job));
  writer.labels('Labels', job.metadata.labels);
  writer.annotations('Annotations', job.metadata.annotations);
  describeController(writer, job);
  const spec = (field: string): string => textAt(job, 'spec', field);
  writer.field('Parallelism', spec('parallelism') || '<unset>');
  writer.field('Completions', spec('completions') || '<unset>');
  if (spec('completionMode')) writer.field('Completion Mode', spec('completionMode'));
  if (spec('suspend')) writer.field('Suspend', spec('suspend'));
  if (spec('backoffLimit')) writer.field('Backoff Limit', spec('backoffLimit'));
  if (spec('ttlSecondsAfterFinished')) writer.field('TTL Seconds After Finished', spec('ttlSecondsAfterFinished'));
  const [started, completed] = [textAt(job, 'status', 'startTime'), textAt(job, 'status', 'completionTime')];
  if (started) writer.field('Start Time', timeText(started));
  if (completed) writer.field('Completed At', timeText(completed));
  if (started && completed) writer.field('Duration', ageText(started, timeToMs(completed)));
  if (spec('activeDeadlineSeconds')) writer.field('Active Deadline Seconds', `${spec('activeDeadlineSeconds')}s`);
  const ready = textAt(job, 'status', 'ready');
  writer.field('Pods Statuses', `${count(job, 'status', 'active')} Active${ready ? ` (${ready} Ready)` : ''} / ${count(job, 'status', 'succeeded')} Succeeded / ${count(job, 'status', 'failed')} Failed`);
  if (spec('completionMode') === 'Indexed') writer.field('Completed Indexes', textAt(job, 'status', 'completedIndexes') || '<none>');
  describeTemplate(writer, templateOf(job));
};

/** A CronJob with its job template. */
export const describeCronJob: Describer = (writer, cron) => {
  describeHeader(writer, cron);
  const spec = (field: string): string => textAt(cron, 'spec', field);
  writer.field('Schedule', spec('schedule'));
  if (spec('timeZone')) writer.field('Time Zone', spec('timeZone'));
  writer.field('Concurrency Policy', spec('concurrencyPolicy'));
  writer.field('Suspend', spec('suspend') === 'true' ? 'True' : 'False');
  writer.field('Successful Job History Limit', spec('successfulJobsHistoryLimit') || '<unset>');
  writer.field('Failed Job History Limit', spec('failedJobsHistoryLimit') || '<unset>');
  writer.field('Starting Deadline Seconds', spec('startingDeadlineSeconds') ? `${spec('startingDeadlineSeconds')}s` : '<unset>');
  const job = valueAt(cron, 'spec', 'jobTemplate', 'spec');
  writer.field('Selector', textAt(job, 'selector') || '<unset>');
  writer.field('Parallelism', textAt(job, 'parallelism') || '<unset>');
  writer.field('Completions', textAt(job, 'completions') || '<unset>');
  if (textAt(job, 'activeDeadlineSeconds')) writer.field('Active Deadline Seconds', `${textAt(job, 'activeDeadlineSeconds')}s`);
  describeTemplate(writer, valueAt(job, 'template'));
  const last = textAt(cron, 'status', 'lastScheduleTime');
  writer.field('Last Schedule Time', last ? timeText(last) : '<unset>');
  writer.field('Active Jobs', listAt(cron, 'status', 'active').map((one) => textAt(one, 'name')).join(', ') || '<none>');
};

function conditions(writer: DescribeWriter, object: AnyObject): void {
  const all = listAt(object, 'status', 'conditions');
  if (all.length === 0) return;
  writer.section('Conditions', () => {
    writer.line('Type\tStatus\tReason');
    writer.line('----\t------\t------');
    for (const one of all) writer.line(`${textAt(one, 'type')} \t${textAt(one, 'status')}\t${textAt(one, 'reason')}`);
  });
}

async function podPhases(writer: DescribeWriter, object: AnyObject, context: DescribeContext): Promise<void> {
  const pods = (await context.list('pods', object.metadata.namespace, { selector: selectorText(object) })).filter((pod) => pod.metadata.ownerReferences?.some((owner) => owner.uid === object.metadata.uid));
  const of = (phase: string): number => pods.filter((pod) => textAt(pod, 'status', 'phase') === phase).length;
  writer.field('Pods Status', `${of('Running')} Running / ${of('Pending')} Waiting / ${of('Succeeded')} Succeeded / ${of('Failed')} Failed`);
}
