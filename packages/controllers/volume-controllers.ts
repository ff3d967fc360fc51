/**
 * The controllers of storage.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { ephemeralVolumeController } from './ephemeral-volume/controller.ts';
import { defaultStorageClassController } from './local-provisioner/default-class.ts';
import { simulatedVolumeProvisioner } from './local-provisioner/simulated-nodes.ts';
import { persistentVolumeBinderController } from './persistentvolume-binder/controller.ts';
import { claimProtectionController, volumeProtectionController } from './volume-protection/controller.ts';

/** Upstream's, in the order of their names. */
export const volumeControllers: readonly ControllerEntry[] = [
  ephemeralVolumeController,
  persistentVolumeBinderController,
  volumeProtectionController,
  claimProtectionController,
];

/** Those of the built-in storage class: for servers, not beside API servers of others. */
export const localStorageControllers: readonly ControllerEntry[] = [simulatedVolumeProvisioner, defaultStorageClassController];
