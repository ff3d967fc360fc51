/**
 * `navarch image load` and `navarch image list`.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from '#base/clock.ts';
import { nodeNames } from '../cluster/inspect.ts';
import type { Environment } from '../cluster/paths.ts';
import { pathsOf, readSpec, UserError } from '../cluster/spec.ts';
import { importImages, listImageNames } from '../host/containerd.ts';
import { readFabric } from '../host/fabric.ts';
import { describeNode, type NodeHome } from '../host/node.ts';
import { createProgress, printTable } from './print.ts';

const PATIENCE_MS = 300_000;

/** Loads archives into every node. @throws UserError when a file or the cluster is not there. */
export async function loadImages(environment: Environment, name: string, files: readonly string[]): Promise<void> {
  const missing = files.find((file) => !existsSync(file));
  if (missing) throw new UserError(`there is no file ${missing}`);
  const homes = await runningNodes(environment, name);
  const progress = createProgress(() => systemClock.now());
  const paths = files.map((file) => resolve(file));
  await Promise.all(homes.map(async (home) => importImages(home, paths, AbortSignal.timeout(PATIENCE_MS))));
  progress.step(`loaded ${files.length} archive${files.length === 1 ? '' : 's'} into ${homes.map((home) => home.name).join(', ')}`);
}

/** Lists the images of every node. */
export async function listImages(environment: Environment, options: { readonly name: string; readonly output: 'text' | 'json' }): Promise<void> {
  const homes = await runningNodes(environment, options.name);
  const images = await Promise.all(homes.map(async (home) => ({ node: home.name, images: await listImageNames(home, AbortSignal.timeout(PATIENCE_MS)) })));
  if (options.output === 'json') console.log(JSON.stringify(images, undefined, 2));
  else
    printTable(
      ['NODE', 'IMAGE'],
      images.flatMap((one) => one.images.map((image) => [one.node, image])),
    );
}

async function runningNodes(environment: Environment, name: string): Promise<NodeHome[]> {
  const paths = await pathsOf(environment, name);
  const spec = await readSpec(paths);
  if (!spec) throw new UserError(`there is no cluster "${name}"`);
  if (spec.runtime === 'simulated') throw new UserError(`the nodes of cluster "${name}" are simulated: they have no images`);
  const fabric = await readFabric(name);
  if (!fabric) throw new UserError(`cluster "${name}" is stopped; start it with: navarch up --name ${name}`);
  return nodeNames(spec.nodes).map((node, index) => describeNode(fabric, { name: node, index, dataDirectory: join(paths.nodes, node) }));
}
