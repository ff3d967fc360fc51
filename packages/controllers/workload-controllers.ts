/**
 * The controllers of workloads and their endpoints, which need nothing but the API.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { cronJobController } from './cronjob/controller.ts';
import { daemonSetController } from './daemonset/controller.ts';
import { deploymentController } from './deployment/controller.ts';
import { endpointsController } from './endpoints/controller.ts';
import { endpointSliceController } from './endpointslice/controller.ts';
import { jobController } from './job/controller.ts';
import { replicaSetController, replicationControllerController } from './replicaset/controller.ts';
import { statefulSetController } from './statefulset/controller.ts';

/** In upstream's order of names. */
export const workloadControllers: readonly ControllerEntry[] = [
  cronJobController,
  daemonSetController,
  deploymentController,
  endpointsController,
  endpointSliceController,
  jobController,
  replicaSetController,
  replicationControllerController,
  statefulSetController,
];
