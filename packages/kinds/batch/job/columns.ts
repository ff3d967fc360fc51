import type { Column } from '#machinery/kind.ts';
import { humanDuration, timeToMs } from '#machinery/time.ts';
import { ageColumn, containerColumns, nameColumn, selectorCell, selectorColumn } from '../../cells.ts';
import type { Job } from './schema.ts';

/** What `kubectl get jobs` shows. */
export const jobColumns: readonly Column<Job>[] = [
  nameColumn,
  { name: 'Status', type: 'string', description: 'Status of the job.', cell: statusText },
  { name: 'Completions', type: 'string', description: 'Pods that succeeded, and how many must.', cell: completionsText },
  { name: 'Duration', type: 'string', description: 'Time required to complete the job.', cell: durationText },
  ageColumn,
  ...containerColumns,
  selectorColumn(({ spec }) => selectorCell(spec.selector)),
];

function statusText(job: Job): string {
  const holds = (type: string): boolean => job.status.conditions?.some((one) => one.type === type && one.status === 'True') ?? false;
  if (holds('Complete')) return 'Complete';
  if (holds('Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(holds) ?? 'Running';
}

function completionsText({ spec, status }: Job): string {
  const succeeded = status.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status }: Job, nowMs: number): string {
  if (!status.startTime) return '';
  const endMs = status.completionTime ? timeToMs(status.completionTime) : nowMs;
  return humanDuration(endMs - timeToMs(status.startTime));
}
