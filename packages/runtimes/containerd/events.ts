/**
 * Lifecycle events from the best source the runtime serves: containerd's own event stream, the runtime interface's, or polling.
 */
import type { Clock } from '#base/clock.ts';
import type { RuntimeEvent } from '#cri/runtime.ts';
import type { GrpcClient } from '#h2/grpc-client.ts';
import { listen } from '#machinery/grpc-calls.ts';
import { isReason } from '#machinery/status.ts';
import { containerdEvents, containerEvents, taskExit } from './messages.ts';

/** The states of containers and sandboxes by id. */
export type ListStates = (signal: AbortSignal) => Promise<ReadonlyMap<string, string>>;

/** How often a runtime without events is asked. */
const POLL_MS = 1_000;

/** Only what happens to the pods' processes. */
const FILTERS = ['namespace==k8s.io,topic~=|^/tasks/|'];

/** What happens to containers from now on. Source: containerd event topics; CRI GetContainerEvents. */
export async function* runtimeEvents(client: GrpcClient, list: ListStates, clock: Clock, signal: AbortSignal): AsyncIterable<readonly RuntimeEvent[]> {
  try {
    yield* fromContainerd(client, signal);
    return;
  } catch (error) {
    if (!isReason(error, 'MethodNotAllowed')) throw error;
  }
  try {
    yield* fromRuntimeInterface(client, signal);
    return;
  } catch (error) {
    if (!isReason(error, 'MethodNotAllowed')) throw error;
  }
  yield* fromPolling(list, clock, signal);
}

async function* fromContainerd(client: GrpcClient, signal: AbortSignal): AsyncIterable<readonly RuntimeEvent[]> {
  for await (const messages of listen(client, containerdEvents, { filters: FILTERS }, signal)) {
    const events = messages.flatMap(({ topic, event }) => (event ? toRuntimeEvent(topic, event.value) : []));
    if (events.length > 0) yield events;
  }
}

/** At most one event; exits of commands run inside a container are not its own. */
function toRuntimeEvent(topic: string, value: Uint8Array): RuntimeEvent[] {
  const { containerId, id, exitStatus } = taskExit.decode(value);
  switch (topic) {
    case '/tasks/start':
      return [{ type: 'started', containerId }];
    case '/tasks/exit':
      return id === containerId ? [{ type: 'exited', containerId, exitCode: exitStatus }] : [];
    case '/tasks/oom':
      return [{ type: 'oom', containerId }];
    case '/tasks/create':
      return [{ type: 'created', containerId }];
    case '/tasks/delete':
      return [{ type: 'deleted', containerId }];
    default:
      return [];
  }
}

async function* fromRuntimeInterface(client: GrpcClient, signal: AbortSignal): AsyncIterable<readonly RuntimeEvent[]> {
  for await (const messages of listen(client, containerEvents, {}, signal)) {
    yield messages.map(({ containerId, type }) => ({ type, containerId }));
  }
}

const EVENT_OF_STATE: Readonly<Record<string, RuntimeEvent['type']>> = { created: 'created', running: 'started', exited: 'exited', unknown: 'exited' };

async function* fromPolling(list: ListStates, clock: Clock, signal: AbortSignal): AsyncIterable<readonly RuntimeEvent[]> {
  let before = await list(signal);
  while (!signal.aborted) {
    await clock.sleep(POLL_MS, signal);
    const now = await list(signal);
    const events: RuntimeEvent[] = [];
    for (const [containerId, state] of now) {
      if (before.get(containerId) !== state) events.push({ type: EVENT_OF_STATE[state] ?? 'exited', containerId });
    }
    for (const containerId of before.keys()) if (!now.has(containerId)) events.push({ type: 'deleted', containerId });
    before = now;
    if (events.length > 0) yield events;
  }
}
