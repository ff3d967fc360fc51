/** Labels that tie pods to their job; the short ones are kept for clients that knew only them. */
export const CONTROLLER_UID_LABEL = 'batch.kubernetes.io/controller-uid';
/** See `CONTROLLER_UID_LABEL`. */
export const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';
/** See `CONTROLLER_UID_LABEL`. */
export const LEGACY_CONTROLLER_UID_LABEL = 'controller-uid';
/** See `CONTROLLER_UID_LABEL`. */
export const LEGACY_JOB_NAME_LABEL = 'job-name';
