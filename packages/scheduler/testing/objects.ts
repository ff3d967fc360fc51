/**
 * Small pods and nodes for the scheduler's tests.
 */
import type { Node } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Draft } from '#machinery/schema.ts';

/** A node with 4 cores, 8 GiB and room for 110 pods unless told otherwise. */
export function aNode(name: string, over: { allocatable?: Record<string, string>; labels?: Record<string, string>; spec?: Draft<Node['spec']>; images?: Node['status']['images'] } = {}): Node {
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...over.labels } },
    spec: over.spec ?? {},
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...over.allocatable }, ...(over.images ? { images: over.images } : {}) },
  } as unknown as Node;
}

/** A pod with one container; `requests` as in its resources. */
export function aPod(name: string, over: { requests?: Record<string, string>; spec?: Draft<Pod['spec']>; priority?: number; startTime?: string; labels?: Record<string, string> } = {}): Pod {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, labels: over.labels ?? {} },
    spec: {
      containers: [{ name: 'main', image: 'web', resources: over.requests ? { requests: over.requests } : {} }],
      schedulerName: 'default-scheduler',
      ...(over.priority === undefined ? {} : { priority: over.priority }),
      ...over.spec,
    },
    status: over.startTime ? { startTime: over.startTime } : {},
  } as unknown as Pod;
}
