/**
 * Rewrites all objects of a resource, so that they are stored in its storage version of today.
 *
 *     migration ──> revision of the resource now ──> every object is patched with nothing ──> Succeeded | Failed
 *
 * Source: kube-controller-manager `pkg/controller/storageversionmigrator`; KEP-4192.
 */
import type { Client } from '#client/client.ts';
import type { ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import type { ControllerEntry } from '#controller/manager.ts';
import { watchSelf } from '#controller/watches.ts';
import { storageVersionMigrations } from '#kinds/storagemigration/storage-version-migration/kind.ts';
import type { StorageVersionMigration, StorageVersionMigrationStatus } from '#kinds/storagemigration/storage-version-migration/schema.ts';
import type { Kind } from '#machinery/kind.ts';
import { isReason, StatusError } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import type { ListServedResources } from '../discovery/served-resources.ts';
import { findCondition } from '../workload/conditions.ts';

const RUNNING = { type: 'Running', reason: 'StorageVersionMigrationInProgress' } as const;
const SUCCEEDED = { type: 'Succeeded', reason: 'StorageVersionMigrationSucceeded' } as const;
const FAILED = { type: 'Failed', reason: 'StorageVersionMigrationFailed' } as const;

/** Objects that are read in one request. */
const PAGE = 500;
/** A resource that is not served yet, as that of a new custom resource, is looked for again. */
const UNSERVED_RETRY_MS = 5_000;
const UNSERVED_TRIES = 6;

type Outcome = typeof RUNNING | typeof SUCCEEDED | typeof FAILED;

/** `storage-version-migrator-controller`; runs where `storageversionmigrations` are served. */
export function storageVersionMigratorController({ listServed }: { readonly listServed: ListServedResources }): ControllerEntry {
  return {
    name: 'storage-version-migrator-controller',
    make({ informers }) {
      const migrations = informers.of(storageVersionMigrations);
      const tries = new Map<string, number>();
      return {
        name: 'storage_version_migrator',
        concurrency: 1,
        watches: [watchSelf(migrations)],
        async reconcile(key, context) {
          const migration = migrations.lister.get(key);
          if (!migration || isOver(migration)) {
            tries.delete(key);
            return undefined;
          }
          return migrate(migration, listServed, { seen: tries, key }, context);
        },
      };
    },
  };
}

function isOver({ status }: StorageVersionMigration): boolean {
  return [SUCCEEDED, FAILED].some(({ type }) => findCondition(status.conditions, type)?.status === 'True');
}

async function migrate(
  migration: StorageVersionMigration,
  listServed: ListServedResources,
  { seen, key }: { readonly seen: Map<string, number>; readonly key: string },
  context: ReconcileContext,
): Promise<ReconcileAgain | void> {
  const { resource } = migration.spec;
  const { kinds } = await listServed(context.signal);
  const kind = kinds.find((one) => one.group === resource.group && one.plural === resource.resource);
  if (!kind) {
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    if (count < UNSERVED_TRIES) return { afterMs: UNSERVED_RETRY_MS };
    await tell(migration, FAILED, 'resource does not exist in the cluster', context);
    return undefined;
  }
  let current = migration;
  if (!current.status.resourceVersion) {
    const { metadata } = await context.client.of(kind).list({ limit: 1 }, context.signal);
    current = await write(current, { resourceVersion: metadata.resourceVersion ?? '' }, context);
  }
  current = await tell(current, RUNNING, '', context);
  try {
    await rewriteAll(kind, context.client, context.signal);
  } catch (error) {
    if (context.signal.aborted || isTransient(error)) throw error;
    await tell(current, FAILED, error instanceof Error ? error.message : String(error), context);
    return undefined;
  }
  await tell(current, SUCCEEDED, '', context);
  return undefined;
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

async function tell(migration: StorageVersionMigration, outcome: Outcome, message: string, context: ReconcileContext): Promise<StorageVersionMigration> {
  const known = findCondition(migration.status.conditions, outcome.type);
  if (known?.status === 'True') return migration;
  const now = formatTime(context.clock.now());
  const condition = { type: outcome.type, status: 'True' as const, reason: outcome.reason, message, lastTransitionTime: now };
  // Whatever it was before, it is not any more.
  const before = (migration.status.conditions ?? []).filter(({ type }) => type !== outcome.type).map((one) => ({ ...one, status: 'False' as const, lastTransitionTime: now }));
  return write(migration, { conditions: [...before, condition] }, context);
}

function write(migration: StorageVersionMigration, status: Partial<StorageVersionMigrationStatus>, { client, signal }: ReconcileContext): Promise<StorageVersionMigration> {
  const { name = '', uid } = migration.metadata;
  return client.of(storageVersionMigrations).patch(name, { type: 'merge', body: { metadata: { uid }, status: { ...migration.status, ...status } }, subresource: 'status' }, {}, signal);
}
