/**
 * Empties namespaces that are being deleted, then lets them go.
 *
 *     Terminating ──delete content──> something left: conditions say what, look again ──> nothing left: drop finalizer `kubernetes`
 *
 * Source: kube-controller-manager `pkg/controller/namespace`.
 */
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import type { Namespace } from '#kinds/core/namespace/schema.ts';
import { KUBERNETES_FINALIZER } from '#kinds/core/namespace/strategy.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { isReason } from '#machinery/status.ts';
import { formatTime, timeToMs } from '#machinery/time.ts';
import type { ListServedResources } from '../discovery/served-resources.ts';
import { deleteContent } from './content.ts';
import { withFindings } from './conditions.ts';

/** What the controller needs. */
export interface NamespaceOptions {
  readonly listServed: ListServedResources;
  /** How long to wait after a deletion, so that every API server knows of it and lets nothing new in: 5,000 with several servers, 0 with one. */
  readonly deletionDelayMs?: number;
}

/** Namespaces that are emptied at the same time. */
const CONCURRENCY = 10;
/** A namespace that could not be emptied: upstream waits 5 s at first, for the sake of servers that are slow to learn. */
const RATE_LIMITS = { baseMs: 500, maxMs: 60_000, perSecond: 10, burst: 100 };
/** What is left usually goes soon: the first looks come quickly, later ones as rarely as upstream's. */
const FIRST_LOOK_MS = 250;

/** `namespace-controller`. */
export function namespaceController(options: NamespaceOptions): ControllerEntry {
  return { name: 'namespace-controller', make: (dependencies) => makeNamespaces(dependencies, options) };
}

function makeNamespaces({ informers }: ControllerDependencies, options: NamespaceOptions): Controller {
  const spaces = informers.of(namespaces);
  const podInformer = informers.of(pods);
  /** Looks at what was left, by namespace; entries go with their namespace. */
  const looks = new Map<string, number>();

  /** The namespace whose last pod has just gone. */
  const emptied = (namespace: string): readonly string[] => {
    const known = spaces.lister.get(namespace);
    return known?.metadata.deletionTimestamp && podInformer.lister.list(namespace).length === 0 ? [namespace] : [];
  };

  return {
    name: 'namespace',
    concurrency: CONCURRENCY,
    rateLimits: RATE_LIMITS,
    watches: [
      watchSelf(spaces, { changed: startsOrEnds }),
      watch(podInformer, ({ metadata }) => emptied(metadata.namespace ?? ''), { changed: () => false }),
    ],
    async reconcile(key, context) {
      const namespace = spaces.lister.get(key);
      const deletionTimestamp = namespace?.metadata.deletionTimestamp;
      if (!namespace || !deletionTimestamp || (namespace.spec.finalizers ?? []).length === 0) {
        looks.delete(key);
        return;
      }
      const deletedForMs = Math.max(context.clock.now() - timeToMs(deletionTimestamp), 0);
      const earlyMs = (options.deletionDelayMs ?? 0) - deletedForMs;
      if (earlyMs > 0) return { afterMs: earlyMs };
      const left = await empty(namespace, deletedForMs, options, context);
      if (left.estimateSeconds === 0) {
        looks.delete(key);
        await finalize(left.namespace, context);
        return;
      }
      const look = (looks.get(key) ?? 0) + 1;
      looks.set(key, look);
      return nextLook(look, left.estimateSeconds);
    },
  };
}

/** Whether an update concerns the deletion: what this controller itself writes into the status does not. */
function startsOrEnds(namespace: Namespace, old: Namespace): boolean {
  return namespace.metadata.deletionTimestamp !== old.metadata.deletionTimestamp || namespace.spec.finalizers?.join() !== old.spec.finalizers?.join();
}

/** When to look again at content that needs time: soon at first, at half the estimate later. */
function nextLook(look: number, estimateSeconds: number): ReconcileAgain {
  return { afterMs: Math.min(FIRST_LOOK_MS * 2 ** Math.min(look, 16), (Math.floor(estimateSeconds / 2) + 1) * 1000) };
}

/** One attempt, with its findings in the status. @throws Error when something failed, once the status says so */
async function empty(
  namespace: Namespace,
  deletedForMs: number,
  { listServed }: NamespaceOptions,
  context: ReconcileContext,
): Promise<{ namespace: Namespace; estimateSeconds: number }> {
  const { client, clock, signal } = context;
  const name = namespace.metadata.name ?? '';
  const result = await deleteContent({ client, namespace: name, deletedForMs, listServed, signal });
  const marked = namespace.status.phase === 'Terminating' ? namespace.status : { ...namespace.status, phase: 'Terminating' as const };
  const status = withFindings(marked, result.findings, formatTime(clock.now()));
  const told = status === namespace.status ? namespace : await client.of(namespaces).updateStatus({ ...namespace, status }, {}, signal);
  if (result.failed) {
    const { discoveryFailure, contentFailures } = result.findings;
    throw new Error(
      `namespace ${name} could not be emptied: ${[...(discoveryFailure === undefined ? [] : [discoveryFailure]), ...contentFailures].join('; ')}`,
    );
  }
  return { namespace: told, estimateSeconds: result.estimateSeconds };
}

async function finalize(namespace: Namespace, { client, signal }: ReconcileContext): Promise<void> {
  const finalizers = (namespace.spec.finalizers ?? []).filter((one) => one !== KUBERNETES_FINALIZER);
  const body = { kind: 'Namespace', apiVersion: 'v1', metadata: namespace.metadata, spec: { ...namespace.spec, finalizers } };
  try {
    await client.of(namespaces).sub('PUT', namespace.metadata.name ?? '', 'finalize', body, signal);
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
  }
}
