/**
 * The controllers of storage.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { attachDetachController } from './attach-detach/controller.ts';
import { ephemeralVolumeController } from './ephemeral-volume/controller.ts';
import { defaultStorageClassController } from './local-provisioner/default-class.ts';
import { simulatedVolumeProvisioner } from './local-provisioner/simulated-nodes.ts';
import { persistentVolumeBinderController } from './persistentvolume-binder/controller.ts';
import { persistentVolumeExpanderController } from './persistentvolume-expander/controller.ts';
import { attributesClassProtectionController, claimProtectionController, volumeProtectionController } from './volume-protection/controller.ts';

/** Upstream's, in the order of their names. */
export const volumeControllers: readonly ControllerEntry[] = [
  ephemeralVolumeController,
  attachDetachController,
  persistentVolumeBinderController,
  persistentVolumeExpanderController,
  volumeProtectionController,
  claimProtectionController,
  attributesClassProtectionController,
];

/** Those of the built-in storage class: for servers, not beside API servers of others. */
export const localStorageControllers: readonly ControllerEntry[] = [simulatedVolumeProvisioner, defaultStorageClassController];
