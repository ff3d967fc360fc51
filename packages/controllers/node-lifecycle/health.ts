/**
 * When a node was last heard of, by this process's own clock: clocks of nodes may be wrong, but a heartbeat that changes is a sign of life.
 *
 * Source: kube-controller-manager `pkg/controller/nodelifecycle`, tryUpdateNodeHealth.
 */
import type { Lease } from '#kinds/coordination/lease/schema.ts';
import type { Node, NodeCondition } from '#kinds/core/node/schema.ts';
import { formatTime, timeToMs } from '#machinery/time.ts';

/** A moment on both clocks, in milliseconds. */
export interface Moment {
  readonly nowMs: number;
  readonly monotonicMs: number;
}

/** What is remembered of a node between looks. */
export interface NodeHealth {
  readonly uid: string | undefined;
  /** The heartbeat of its Ready condition; `undefined` while it has none. */
  readonly heartbeat: string | undefined;
  readonly renewTime: string | undefined;
  /** The last sign of life, on the monotonic clock. */
  readonly seenMs: number;
}

/** How long silence is borne. */
export interface GracePeriods {
  /** Of a node that has reported before. */
  readonly gracePeriodMs: number;
  /** Of a node that never has, from its creation. */
  readonly startupGracePeriodMs: number;
}

/** The conditions that a silent node's kubelet can no longer vouch for. */
const KUBELET_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** The node's Ready condition. */
export function readyCondition(node: Node): NodeCondition | undefined {
  return node.status.conditions?.find((one) => one.type === 'Ready');
}

/** Takes note of a node and its lease. */
export function observeNode(previous: NodeHealth | undefined, node: Node, lease: Lease | undefined, at: Moment): NodeHealth {
  const ready = readyCondition(node);
  const heartbeat = ready && (ready.lastHeartbeatTime ?? '');
  const renewTime = lease?.spec.renewTime;
  const { uid, creationTimestamp } = node.metadata;
  if (!previous || previous.uid !== uid) {
    const ageMs = creationTimestamp ? Math.max(at.nowMs - timeToMs(creationTimestamp), 0) : 0;
    return { uid, heartbeat, renewTime, seenMs: ready || renewTime ? at.monotonicMs : at.monotonicMs - ageMs };
  }
  const alive = (heartbeat !== undefined && heartbeat !== previous.heartbeat) || (renewTime !== undefined && isNewer(renewTime, previous.renewTime));
  if (!alive && heartbeat === previous.heartbeat) return previous;
  return { uid, heartbeat, renewTime: renewTime ?? previous.renewTime, seenMs: alive ? at.monotonicMs : previous.seenMs };
}

function isNewer(time: string, than: string | undefined): boolean {
  return than === undefined || (time !== than && timeToMs(time) > timeToMs(than));
}

/** Whether the node has been silent for longer than it may. */
export function isOverdue(node: Node, health: NodeHealth, at: Moment, { gracePeriodMs, startupGracePeriodMs }: GracePeriods): boolean {
  return at.monotonicMs - health.seenMs > (readyCondition(node) ? gracePeriodMs : startupGracePeriodMs);
}

/** What must be written into the conditions of a silent node; empty when they say so already. */
export function unknownConditions(node: Node, nowMs: number): readonly NodeCondition[] {
  const now = formatTime(nowMs);
  const changed: NodeCondition[] = [];
  for (const type of KUBELET_CONDITIONS) {
    const known = node.status.conditions?.find((one) => one.type === type);
    if (!known) {
      const created = node.metadata.creationTimestamp;
      const heartbeat = created ? { lastHeartbeatTime: created } : {};
      changed.push({
        type,
        status: 'Unknown',
        reason: 'NodeStatusNeverUpdated',
        message: 'Kubelet never posted node status.',
        ...heartbeat,
        lastTransitionTime: now,
      });
    } else if (known.status !== 'Unknown') {
      changed.push({
        ...known,
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
        lastTransitionTime: now,
      });
    }
  }
  return changed;
}
