/**
 * A cluster without any storage class gets `standard`, served by the built-in provisioner, as its default.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { watch } from '#controller/watches.ts';
import { DEFAULT_CLASS_ANNOTATIONS } from '#kinds/core/persistent-volume/annotations.ts';
import { storageClasses } from '#kinds/storage/storage-class/kind.ts';
import { isReason } from '#machinery/status.ts';
import { LOCAL_PROVISIONER } from './volume.ts';

/** `default-storage-class-controller`: looks once, when it starts. */
export const defaultStorageClassController: ControllerEntry = {
  name: 'default-storage-class-controller',
  make({ informers }) {
    const classes = informers.of(storageClasses);
    return {
      name: 'default_storage_class',
      watches: [watch(classes, () => [])],
      reconcile: () => Promise.resolve(),
      async background({ client, signal }) {
        if (classes.lister.list().length > 0) return;
        try {
          await client.of(storageClasses).create(
            {
              metadata: { name: 'standard', annotations: { [DEFAULT_CLASS_ANNOTATIONS[0]]: 'true' } },
              provisioner: LOCAL_PROVISIONER,
              reclaimPolicy: 'Delete',
              volumeBindingMode: 'WaitForFirstConsumer',
              allowVolumeExpansion: true,
            },
            {},
            signal,
          );
        } catch (error) {
          if (!isReason(error, 'AlreadyExists')) throw error;
        }
      },
    };
  },
};
