import type { Infer } from '#machinery/schema.ts';
import { inline, int32, int64, intOrString, list, message, oneOf, optional, pointer, required, string } from '#machinery/schema.ts';

export const execAction = message('core/v1.ExecAction', {
  command: optional(1, list(string)),
});
export interface ExecAction extends Infer<typeof execAction> {}

export const uriScheme = oneOf('HTTP', 'HTTPS');

export const httpHeader = message('core/v1.HTTPHeader', {
  name: required(1, string),
  value: required(2, string),
});
export interface HTTPHeader extends Infer<typeof httpHeader> {}

export const httpGetAction = message('core/v1.HTTPGetAction', {
  path: optional(1, string),
  port: required(2, intOrString),
  host: optional(3, string),
  scheme: optional(4, uriScheme),
  httpHeaders: optional(5, list(httpHeader)),
});
export interface HTTPGetAction extends Infer<typeof httpGetAction> {}

export const tcpSocketAction = message('core/v1.TCPSocketAction', {
  port: required(1, intOrString),
  host: optional(2, string),
});
export interface TCPSocketAction extends Infer<typeof tcpSocketAction> {}

export const grpcAction = message('core/v1.GRPCAction', {
  port: required(1, int32),
  service: pointer(2, string, { nullable: true, default: '' }),
});
export interface GRPCAction extends Infer<typeof grpcAction> {}

export const probeHandler = message('core/v1.ProbeHandler', {
  exec: pointer(1, execAction),
  httpGet: pointer(2, httpGetAction),
  tcpSocket: pointer(3, tcpSocketAction),
  grpc: pointer(4, grpcAction),
});
export interface ProbeHandler extends Infer<typeof probeHandler> {}

export const probe = message('core/v1.Probe', {
  handler: inline(1, probeHandler),
  initialDelaySeconds: optional(2, int32),
  timeoutSeconds: optional(3, int32),
  periodSeconds: optional(4, int32),
  successThreshold: optional(5, int32),
  failureThreshold: optional(6, int32),
  terminationGracePeriodSeconds: pointer(7, int64),
});
export interface Probe extends Infer<typeof probe> {}

export const sleepAction = message('core/v1.SleepAction', {
  seconds: required(1, int64),
});
export interface SleepAction extends Infer<typeof sleepAction> {}

export const lifecycleHandler = message('core/v1.LifecycleHandler', {
  exec: pointer(1, execAction),
  httpGet: pointer(2, httpGetAction),
  tcpSocket: pointer(3, tcpSocketAction, { deprecated: true }),
  sleep: pointer(4, sleepAction),
});
export interface LifecycleHandler extends Infer<typeof lifecycleHandler> {}

export const signal = oneOf(
  'SIGABRT',
  'SIGALRM',
  'SIGBUS',
  'SIGCHLD',
  'SIGCLD',
  'SIGCONT',
  'SIGFPE',
  'SIGHUP',
  'SIGILL',
  'SIGINT',
  'SIGIO',
  'SIGIOT',
  'SIGKILL',
  'SIGPIPE',
  'SIGPOLL',
  'SIGPROF',
  'SIGPWR',
  'SIGQUIT',
  'SIGSEGV',
  'SIGSTKFLT',
  'SIGSTOP',
  'SIGSYS',
  'SIGTERM',
  'SIGTRAP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGUSR1',
  'SIGUSR2',
  'SIGVTALRM',
  'SIGWINCH',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGRTMIN',
  'SIGRTMIN+1',
  'SIGRTMIN+2',
  'SIGRTMIN+3',
  'SIGRTMIN+4',
  'SIGRTMIN+5',
  'SIGRTMIN+6',
  'SIGRTMIN+7',
  'SIGRTMIN+8',
  'SIGRTMIN+9',
  'SIGRTMIN+10',
  'SIGRTMIN+11',
  'SIGRTMIN+12',
  'SIGRTMIN+13',
  'SIGRTMIN+14',
  'SIGRTMIN+15',
  'SIGRTMAX-14',
  'SIGRTMAX-13',
  'SIGRTMAX-12',
  'SIGRTMAX-11',
  'SIGRTMAX-10',
  'SIGRTMAX-9',
  'SIGRTMAX-8',
  'SIGRTMAX-7',
  'SIGRTMAX-6',
  'SIGRTMAX-5',
  'SIGRTMAX-4',
  'SIGRTMAX-3',
  'SIGRTMAX-2',
  'SIGRTMAX-1',
  'SIGRTMAX',
);

export const lifecycle = message('core/v1.Lifecycle', {
  postStart: pointer(1, lifecycleHandler),
  preStop: pointer(2, lifecycleHandler),
  stopSignal: pointer(3, signal, { gates: ['ContainerStopSignals'] }),
});
export interface Lifecycle extends Infer<typeof lifecycle> {}
