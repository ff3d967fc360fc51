/**
 * Rewrites all objects of a resource, so that they are stored in its storage version of today.
 *
 *     oldest migration of a resource ──> Running ──> revision of the resource now ──> every object is patched with nothing ──> Succeeded | Failed
 *                                                                                                                        ──> Running no more
 *
 * Source: kube-controller-manager `pkg/controller/storageversionmigrator`; KEP-4192.
 */
import type { Client } from '#client/client.ts';
import type { ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import type { ControllerEntry } from '#controller/manager.ts';
import { watch } from '#controller/watches.ts';
import { objectKey } from '#client/object-key.ts';
import { storageVersionMigrations } from '#kinds/storagemigration/storage-version-migration/kind.ts';
import type { StorageVersionMigration, StorageVersionMigrationStatus } from '#kinds/storagemigration/storage-version-migration/schema.ts';
import type { Kind } from '#machinery/kind.ts';
import type { Condition } from '#machinery/meta.ts';
import { isReason, StatusError } from '#machinery/status.ts';
import { formatTime, timeToMs } from '#machinery/time.ts';
import type { ListServedResources } from '../discovery/served-resources.ts';
import { findCondition, withoutCondition } from '../workload/conditions.ts';
import { tellMigrated, tellMigrating } from './definition-status.ts';

const RUNNING = { type: 'Running', reason: 'MigrationRunning' } as const;
const SUCCEEDED = { type: 'Succeeded', reason: 'StorageVersionMigrationSucceeded' } as const;
const FAILED = { type: 'Failed', reason: 'StorageVersionMigrationFailed' } as const;

/** Objects that are read in one request. */
const PAGE = 500;
/** A resource that is not served yet, as that of a new custom resource, is looked for again as long as the migration is so young. */
const UNSERVED_PATIENCE_MS = 60_000;
const UNSERVED_RETRY_MS = 5_000;

type Outcome = typeof RUNNING | typeof SUCCEEDED | typeof FAILED;

/** `storage-version-migrator-controller`; runs where `storageversionmigrations` are served. */
export function storageVersionMigratorController({ listServed }: { readonly listServed: ListServedResources }): ControllerEntry {
  return {
    name: 'storage-version-migrator-controller',
    make({ informers }) {
      const migrations = informers.of(storageVersionMigrations);
      const ofResource = (one: StorageVersionMigration): readonly StorageVersionMigration[] =>
        migrations.lister.list().filter(({ spec: { resource } }) => resource.group === one.spec.resource.group && resource.resource === one.spec.resource.resource);
      return {
        name: 'storage_version_migrator',
        concurrency: 1,
        // When one is over, the next of its resource begins.
        watches: [watch(migrations, (one) => ofResource(one).map(objectKey))],
        async reconcile(key, context) {
          const migration = migrations.lister.get(key);
          if (!migration || isOver(migration)) return undefined;
          const waiting = ofResource(migration).filter((one) => !isOver(one));
          const first = waiting.find((one) => isTrue(one, RUNNING)) ?? waiting.toSorted(byAge)[0];
          return first === migration ? migrate(migration, listServed, context) : undefined;
        },
      };
    },
  };
}

const isTrue = ({ status }: StorageVersionMigration, { type }: Outcome): boolean => findCondition(status.conditions, type)?.status === 'True';

const isOver = (migration: StorageVersionMigration): boolean => isTrue(migration, SUCCEEDED) || isTrue(migration, FAILED);

function byAge({ metadata: a }: StorageVersionMigration, { metadata: b }: StorageVersionMigration): number {
  const [first, second] = [`${a.creationTimestamp} ${a.name}`, `${b.creationTimestamp} ${b.name}`];
  return first < second ? -1 : first > second ? 1 : 0;
}

async function migrate(migration: StorageVersionMigration, listServed: ListServedResources, context: ReconcileContext): Promise<ReconcileAgain | void> {
  const { resource } = migration.spec;
  let current = migration;
  if (!isTrue(current, RUNNING)) {
    await tellMigrating(resource, current.metadata.name ?? '', context);
    current = await write(current, { conditions: withCondition(current, { ...RUNNING, status: 'True', message: 'The migration is running' }, context) }, context);
  }
  const fail = async (why: string): Promise<void> => finish(current, { ...FAILED, message: `migration encountered unhandled error: ${why}` }, context);
  const { kinds } = await listServed(context.signal);
  const kind = kinds.find((one) => one.group === resource.group && one.plural === resource.resource);
  if (!kind) {
    const ageMs = context.clock.now() - timeToMs(migration.metadata.creationTimestamp ?? '');
    return ageMs < UNSERVED_PATIENCE_MS ? { afterMs: UNSERVED_RETRY_MS } : fail('unable to obtain GVR from discovery');
  }
  if (!current.status.resourceVersion) {
    const { metadata } = await context.client.of(kind).list({ limit: 1 }, context.signal);
    current = await write(current, { resourceVersion: metadata.resourceVersion ?? '' }, context);
  }
  try {
    await rewriteAll(kind, context.client, context.signal);
  } catch (error) {
    if (context.signal.aborted || isTransient(error)) throw error;
    return fail(error instanceof Error ? error.message : String(error));
  }
  return finish(current, { ...SUCCEEDED, message: '' }, context);
}

/** First the definition tells the outcome, so that a restart in between does no harm. */
async function finish(migration: StorageVersionMigration, outcome: { readonly type: string; readonly reason: string; readonly message: string }, context: ReconcileContext): Promise<void> {
  const { spec, metadata, status } = migration;
  await tellMigrated(spec.resource, outcome.type === SUCCEEDED.type, context);
  const over = { type: RUNNING.type, status: 'False' as const, reason: 'MigrationCompleted', message: 'Migration completed', ...(metadata.generation ? { observedGeneration: metadata.generation } : {}) };
  const stopped = { ...migration, status: { ...status, conditions: withCondition(migration, over, context) } };
  await write(stopped, { conditions: withCondition(stopped, { ...outcome, status: 'True' }, context) }, context);
}

function withCondition({ status }: StorageVersionMigration, next: Omit<Condition, 'lastTransitionTime'>, { clock }: ReconcileContext): readonly Condition[] {
  return [...withoutCondition(status.conditions, next.type), { ...next, lastTransitionTime: formatTime(clock.now()) }];
}

/** Failures of the server, not of the objects: tried again, from the beginning, which does no harm. */
function isTransient(error: unknown): boolean {
  return !(error instanceof StatusError) || error.code >= 500 || error.code === 429;
}

async function rewriteAll(kind: Kind, client: Client, signal: AbortSignal): Promise<void> {
  let next: string | undefined = '';
  while (next !== undefined) {
    const page = await client.of(kind).list({ limit: PAGE, ...(next ? { continue: next } : {}) }, signal);
    for (const { metadata } of page.items) {
      const { namespace, name = '', uid, resourceVersion } = metadata;
      const api = namespace ? client.of(kind).namespace(namespace) : client.of(kind);
      try {
        await api.patch(name, { type: 'merge', body: { metadata: { uid, resourceVersion } } }, {}, signal);
      } catch (error) {
        // Gone, or written by somebody else meanwhile: then it is stored in today's version.
        if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error;
      }
    }
    next = page.metadata.continue || undefined;
  }
}

function write(migration: StorageVersionMigration, status: Partial<StorageVersionMigrationStatus>, { client, signal }: ReconcileContext): Promise<StorageVersionMigration> {
  const { name = '', uid } = migration.metadata;
  return client.of(storageVersionMigrations).patch(name, { type: 'merge', body: { metadata: { uid }, status: { ...migration.status, ...status } }, subresource: 'status' }, {}, signal);
}
