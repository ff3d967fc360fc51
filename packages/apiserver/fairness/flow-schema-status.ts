/** Says in the status of each flow schema whether its priority level exists. Source: apiserver `flowcontrol`, the configuration consumer. */
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { Client } from '#client/client.ts';
import { flowSchemas } from '#kinds/flowcontrol/flow-schema/kind.ts';
import type { FlowSchema } from '#kinds/flowcontrol/flow-schema/schema.ts';
import { priorityLevelConfigurations } from '#kinds/flowcontrol/priority-level-configuration/kind.ts';
import { isReason } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import type { Caches } from '../call.ts';

const MANAGER = 'api-priority-and-fairness-config-consumer-v1';
/** Changes that come together are looked at together. */
const SETTLE_MS = 50;
/** How long a write that failed is put off. */
const RETRY_MS = 5_000;

/** What the writer works with. */
export interface FlowSchemaStatusOptions {
  readonly caches: Caches;
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Dangling {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** The condition that a flow schema should have. */
export function danglingCondition(level: string, exists: boolean): Dangling {
  const start = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  return exists ? { status: 'False', reason: 'Found', message: `${start} and it exists` } : { status: 'True', reason: 'NotFound', message: `${start} but there is no such object` };
}

/** Writes what is not as it should be. */
export async function writeFlowSchemaStatus({ caches, client, clock }: FlowSchemaStatusOptions, signal: AbortSignal): Promise<void> {
  const write = async (schema: FlowSchema): Promise<void> => {
    const level = schema.spec.priorityLevelConfiguration.name;
    const wanted = danglingCondition(level, caches.get(priorityLevelConfigurations, '', level) !== undefined);
    const known = schema.status.conditions?.find(({ type }) => type === 'Dangling');
    if (known?.status === wanted.status && known.reason === wanted.reason && known.message === wanted.message) return;
    const { name = '' } = schema.metadata;
    const lastTransitionTime = known?.status === wanted.status && known.lastTransitionTime ? known.lastTransitionTime : formatTime(clock.now());
    const body = { apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'FlowSchema', metadata: { name, uid: schema.metadata.uid }, status: { conditions: [{ type: 'Dangling', ...wanted, lastTransitionTime }] } };
    try {
      await client.of(flowSchemas).patch(name, { type: 'apply', body, subresource: 'status' }, { fieldManager: MANAGER, force: true }, signal);
    } catch (error) {
      // It was deleted, or made anew, meanwhile.
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error;
    }
  };
  await Promise.all(caches.list(flowSchemas).map(write));
}

/** Keeps it so until `signal` aborts. */
export async function keepFlowSchemaStatus(options: FlowSchemaStatusOptions, signal: AbortSignal): Promise<void> {
  const { caches, clock, log } = options;
  let wake = (): void => {};
  let changed = false;
  const note = (): void => {
    changed = true;
    wake();
  };
  using _schemas = caches.subscribe(flowSchemas, note);
  using _levels = caches.subscribe(priorityLevelConfigurations, note);
  signal.addEventListener('abort', () => wake(), { once: true });
  while (!signal.aborted) {
    if (!changed) await new Promise<void>((resolve) => (wake = resolve));
    if (signal.aborted) return;
    await clock.sleep(SETTLE_MS, signal);
    changed = false;
    try {
      await writeFlowSchemaStatus(options, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.warn('the status of flow schemas could not be written', errorFields(error));
      changed = true;
      await clock.sleep(RETRY_MS, signal);
    }
  }
}
