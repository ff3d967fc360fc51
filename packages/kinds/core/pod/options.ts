import type { Infer } from '#machinery/schema.ts';
import { bool, int32, int64, list, message, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { typeMeta } from '#machinery/meta.ts';

export const podAttachOptions = message('core/v1.PodAttachOptions', {
  ...typeMeta,
  stdin: optional(1, bool),
  stdout: optional(2, bool),
  stderr: optional(3, bool),
  tty: optional(4, bool),
  container: optional(5, string),
});
export interface PodAttachOptions extends Infer<typeof podAttachOptions> {}

export const podExecOptions = message('core/v1.PodExecOptions', {
  ...typeMeta,
  stdin: optional(1, bool),
  stdout: optional(2, bool),
  stderr: optional(3, bool),
  tty: optional(4, bool),
  container: optional(5, string),
  command: required(6, list(string)),
});
export interface PodExecOptions extends Infer<typeof podExecOptions> {}

export const podLogOptions = message('core/v1.PodLogOptions', {
  ...typeMeta,
  container: optional(1, string),
  follow: optional(2, bool),
  previous: optional(3, bool),
  sinceSeconds: pointer(4, int64),
  sinceTime: pointer(5, time),
  timestamps: optional(6, bool),
  tailLines: pointer(7, int64),
  limitBytes: pointer(8, int64),
  insecureSkipTLSVerifyBackend: optional(9, bool),
  stream: pointer(10, string, { gates: ['PodLogsQuerySplitStreams'] }),
});
export interface PodLogOptions extends Infer<typeof podLogOptions> {}

export const podPortForwardOptions = message('core/v1.PodPortForwardOptions', {
  ...typeMeta,
  ports: optional(1, list(int32)),
});
export interface PodPortForwardOptions extends Infer<typeof podPortForwardOptions> {}

export const podProxyOptions = message('core/v1.PodProxyOptions', {
  ...typeMeta,
  path: optional(1, string),
});
export interface PodProxyOptions extends Infer<typeof podProxyOptions> {}
