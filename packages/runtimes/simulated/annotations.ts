/**
 * What a pod can ask of a simulated node, by annotation.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';

const PREFIX = 'simulated.navarch.dev/';

/** Seconds after its start at which a pod's containers end; without it, pods of Jobs end after a second and others run for ever. */
export const COMPLETE_AFTER = `${PREFIX}complete-after-seconds`;
/** The exit code with which they then end; default 0. */
export const EXIT_CODE = `${PREFIX}exit-code`;
/** Seconds after which the pod starts. */
export const START_AFTER = `${PREFIX}start-after-seconds`;
/** Seconds between running and ready. */
export const READY_AFTER = `${PREFIX}ready-after-seconds`;
/** `false`: the pod runs but never becomes ready. */
export const READY = `${PREFIX}ready`;
/** Seconds that a deleted pod takes to stop, at most its grace period. */
export const STOP_AFTER = `${PREFIX}stop-after-seconds`;
/** Seconds after each start at which the containers crash, again and again, with a growing back-off between. */
export const CRASH_AFTER = `${PREFIX}crash-after-seconds`;
/** `false`: the images cannot be pulled. */
export const PULL = `${PREFIX}pull`;
/** What the containers have written, as logs show it. */
export const LOGS = `${PREFIX}logs`;
/** What commands that are run in the containers print. */
export const EXEC = `${PREFIX}exec`;
/** What the pod uses, as quantities; default half of what it requests. */
export const CPU_USAGE = `${PREFIX}cpu`;
export const MEMORY_USAGE = `${PREFIX}memory`;

/** How long pods of Jobs run unless told otherwise. */
const JOB_SECONDS = 1;

/** The pod's annotation of this name. */
export const annotation = (pod: Pod, name: string): string | undefined => pod.metadata.annotations?.[name];

/** The annotation as a number; undefined when it is absent or none. */
export function numberOf(pod: Pod, name: string): number | undefined {
  const text = annotation(pod, name);
  const value = Number(text);
  return text === undefined || !Number.isFinite(value) ? undefined : value;
}

const isJobPod = (pod: Pod): boolean => (pod.metadata.ownerReferences ?? []).some(({ kind, controller }) => kind === 'Job' && controller === true);

/** When the pod's containers end, in seconds after their start, and how; undefined: never. */
export function endOf(pod: Pod): { readonly afterSeconds: number; readonly exitCode: number } | undefined {
  const crashAfter = numberOf(pod, CRASH_AFTER);
  if (crashAfter !== undefined) return { afterSeconds: crashAfter, exitCode: numberOf(pod, EXIT_CODE) ?? 1 };
  const afterSeconds = numberOf(pod, COMPLETE_AFTER) ?? (isJobPod(pod) ? JOB_SECONDS : undefined);
  return afterSeconds === undefined ? undefined : { afterSeconds, exitCode: numberOf(pod, EXIT_CODE) ?? 0 };
}
