/**
 * `kubectl scale`.
 */
import { CliError } from '../io.ts';
import { objectPath, objectText, type ResourceMap } from '../resources.ts';
import { parseOutput, renderObjects } from '../print/output.ts';
import { fetchObjects, requireNames, select, type SelectionFlags } from '../selection.ts';
import type { Session } from '../session.ts';
import { isDryClient, verbText } from './apply.ts';

/** Flags of scale. */
export interface ScaleFlags extends SelectionFlags {
  readonly replicas: number;
  readonly currentReplicas?: number;
  readonly dryRun?: string | boolean;
  readonly output?: string;
}

/** Sets the number of replicas through the scale subresource. */
export async function scale(session: Session, map: ResourceMap, args: readonly string[], flags: ScaleFlags): Promise<void> {
  if (flags.replicas < 0) throw new CliError('error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0');
  const selections = await select(session, map, args, flags, 'scale');
  requireNames(selections, flags);
  const format = await parseOutput(flags.output, { isWrite: true });
  for (const { resource, object } of await fetchObjects(session, selections, flags)) {
    const { namespace, name } = object.metadata;
    const path = objectPath(resource, namespace, name, 'scale');
    if (flags.currentReplicas !== undefined && flags.currentReplicas >= 0) {
      const { spec } = await session.json<{ spec: { replicas?: number } }>({ path });
      if ((spec.replicas ?? 0) !== flags.currentReplicas) throw new CliError(`error: Expected replicas to be ${flags.currentReplicas}, was ${spec.replicas ?? 0}`);
    }
    if (!isDryClient(flags)) await session.json({ method: 'PATCH', path: path + (flags.dryRun === 'server' ? '?dryRun=All' : ''), body: { spec: { replicas: flags.replicas } }, contentType: 'application/merge-patch+json' });
    const shown = format.type === 'table' ? `${objectText(resource, name)} ${verbText('scaled', flags.dryRun)}\n` : renderObjects(format, [object], { asList: false, resourceOf: () => resource });
    session.io.stdout.write(shown);
  }
}
