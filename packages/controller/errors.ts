/**
 * Failures that controllers expect.
 */
import { StatusError } from '#machinery/status.ts';

/** Whether an object could not be created because its namespace is going away: there is no point in trying again. */
export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof StatusError && (error.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false);
}
