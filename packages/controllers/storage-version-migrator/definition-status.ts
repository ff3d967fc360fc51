/**
 * What the definition of a custom resource tells about the migration of its objects: that one runs, how it went, and afterwards in which
 * version alone they are stored.
 *
 * Source: kube-controller-manager `pkg/controller/storageversionmigrator/migrationrunner.go`.
 */
import type { ReconcileContext } from '#controller/controller.ts';
import { customResourceDefinitions } from '#kinds/apiextensions/custom-resource-definition/kind.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionStatus } from '#kinds/apiextensions/custom-resource-definition/schema.ts';
import type { GroupResource } from '#kinds/storagemigration/storage-version-migration/schema.ts';
import { formatTime } from '#machinery/time.ts';
import { findCondition, withoutCondition } from '../workload/conditions.ts';

const MIGRATING = 'StorageMigrating';

/** Tells that `migration` runs. Does nothing for what is built in. */
export async function tellMigrating(resource: GroupResource, migration: string, context: ReconcileContext): Promise<void> {
  const definition = await definitionOf(resource, context);
  if (definition) await write(definition, { status: 'True', reason: 'MigrationRunning', message: `Migration ${migration} is running` }, {}, context);
}

/** Tells the outcome. Objects are in the storage version alone only if the definition stayed as it was all the while. */
export async function tellMigrated(resource: GroupResource, hasSucceeded: boolean, context: ReconcileContext): Promise<void> {
  const definition = await definitionOf(resource, context);
  if (!definition) return;
  if (!hasSucceeded) return write(definition, { status: 'False', reason: 'MigrationFailed', message: 'The migration has failed' }, {}, context);
  const isSame = findCondition(definition.status.conditions, MIGRATING)?.observedGeneration === definition.metadata.generation;
  const stored = isSame ? 'and the stored versions have been updated' : 'but the stored versions have not been updated due to a generation mismatch';
  const storedVersions = definition.spec.versions.filter(({ storage }) => storage).map(({ name }) => name);
  return write(definition, { status: 'False', reason: 'MigrationSucceeded', message: `The migration has succeeded ${stored}` }, isSame ? { storedVersions } : {}, context);
}

async function definitionOf({ group, resource }: GroupResource, { client, signal }: ReconcileContext): Promise<CustomResourceDefinition | undefined> {
  if (!group.includes('.')) return undefined;
  const { items } = await client.of(customResourceDefinitions).list({ fieldSelector: `metadata.name=${resource}.${group}` }, signal);
  return items[0];
}

async function write(
  { metadata: { name = '', resourceVersion, generation }, status }: CustomResourceDefinition,
  told: { readonly status: 'True' | 'False'; readonly reason: string; readonly message: string },
  more: Partial<CustomResourceDefinitionStatus>,
  { client, clock, signal }: ReconcileContext,
): Promise<void> {
  const condition = { type: MIGRATING, ...told, lastTransitionTime: formatTime(clock.now()), observedGeneration: generation };
  const body = { metadata: { resourceVersion }, status: { conditions: [...withoutCondition(status.conditions, MIGRATING), condition], ...more } };
  await client.of(customResourceDefinitions).patch(name, { type: 'merge', body, subresource: 'status' }, {}, signal);
}
