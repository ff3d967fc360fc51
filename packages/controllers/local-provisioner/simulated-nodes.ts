/**
 * Storage of simulated nodes: volumes without disks.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { imaginaryDirectories, localProvisionerController } from './controller.ts';

const isSimulated = ({ status }: Node): boolean => status.nodeInfo?.containerRuntimeVersion.startsWith('simulated://') ?? false;

/** The provisioner of all simulated nodes of the cluster. */
export const simulatedVolumeProvisioner: ControllerEntry = localProvisionerController({
  directories: imaginaryDirectories,
  nodes({ informers }) {
    const informer = informers.of(nodes);
    informer.addIndex('simulated', (node) => (isSimulated(node) ? ['yes'] : []));
    return () => informer.lister.byIndex('simulated', 'yes').map(({ metadata }) => metadata.name!);
  },
});
