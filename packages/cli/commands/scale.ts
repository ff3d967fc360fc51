/**
 * `kubectl scale`.
 */
import { CliError } from '../io.ts';
import { objectPath, objectText, type ResourceMap } from '../resources.ts';
import { fetchObjects, select, type SelectionFlags } from '../selection.ts';
import type { Session } from '../session.ts';

/** Flags of scale. */
export interface ScaleFlags extends SelectionFlags {
  readonly replicas: number;
  readonly currentReplicas?: number;
}

/** Sets the number of replicas through the scale subresource. */
export async function scale(session: Session, map: ResourceMap, args: readonly string[], flags: ScaleFlags): Promise<void> {
  for (const { resource, object } of await fetchObjects(session, await select(session, map, args, flags), flags)) {
    const { namespace, name } = object.metadata;
    const path = objectPath(resource, namespace, name, 'scale');
    if (flags.currentReplicas !== undefined && flags.currentReplicas >= 0) {
      const { spec } = await session.json<{ spec: { replicas?: number } }>({ path });
      if ((spec.replicas ?? 0) !== flags.currentReplicas) throw new CliError(`error: Expected replicas to be ${flags.currentReplicas}, was ${spec.replicas ?? 0}`);
    }
    await session.json({ method: 'PATCH', path, body: { spec: { replicas: flags.replicas } }, contentType: 'application/merge-patch+json' });
    session.io.stdout.write(`${objectText(resource, name)} scaled\n`);
  }
}
