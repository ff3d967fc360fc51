/**
 * `pods/binding`: puts a pod on a node, once.
 *
 * Source: kubernetes `pkg/registry/core/pod/storage/storage.go` BindingREST.
 */
import { TOPOLOGY_LABELS } from '../../admission/pod-topology-labels.ts';
import type { ApiCall, ApiReply, Handler } from '../../call.ts';
import { directUpdate } from '../direct-update.ts';
import type { StoredResource } from '../resources.ts';
import { admitSubresource, CREATED, readSubresourceCall } from '../subresource-call.ts';
import type { WriteServices } from '../write-scope.ts';
import { binding as bindingSchema, type Binding } from '#kinds/core/binding/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { PodCondition } from '#kinds/core/pod/status.ts';
import { invalidObject, notSupported, required } from '#machinery/field-error.ts';
import type { KubeObject } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { badRequest, conflict } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';

const TYPE = { group: '', version: 'v1', kind: 'Binding', schema: bindingSchema };

const OF = { group: '', resource: 'pods/binding' };

function check({ metadata, target }: Binding): void {
  const errors = [];
  if (target.kind && target.kind !== 'Node') errors.push(notSupported('target.kind', target.kind, ['Node', '<empty>']));
  if (!target.name) errors.push(required('target.name'));
  if (errors.length > 0) throw invalidObject({ group: '', kind: 'Binding' }, metadata.name ?? '', errors);
}

function scheduled(conditions: readonly PodCondition[] | undefined, nowMs: number): readonly PodCondition[] {
  const before = conditions?.find(({ type }) => type === 'PodScheduled');
  const condition: PodCondition = {
    type: 'PodScheduled',
    status: 'True',
    lastTransitionTime: before?.status === 'True' ? before.lastTransitionTime! : formatTime(nowMs),
  };
  return [...(conditions ?? []).filter(({ type }) => type !== 'PodScheduled'), condition];
}

/** The pod on its node. @throws StatusError Conflict */
function bind(pod: Pod, binding: Binding, nowMs: number): Pod {
  const name = pod.metadata.name ?? '';
  const { uid, resourceVersion, annotations = {}, labels = {} } = binding.metadata;
  if (uid && uid !== pod.metadata.uid)
    throw conflict(OF, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`);
  if (resourceVersion && resourceVersion !== pod.metadata.resourceVersion) {
    throw conflict(
      OF,
      name,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${pod.metadata.resourceVersion}`,
    );
  }
  if (pod.metadata.deletionTimestamp) throw conflict(OF, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec.nodeName) throw conflict(OF, name, `pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  if (pod.spec.schedulingGates?.length) throw conflict(OF, name, `pod ${name} has non-empty .spec.schedulingGates`);
  const topology = Object.fromEntries(TOPOLOGY_LABELS.filter((label) => labels[label] !== undefined).map((label) => [label, labels[label]!]));
  const metadata = {
    ...pod.metadata,
    ...(Object.keys(annotations).length > 0 ? { annotations: { ...pod.metadata.annotations, ...annotations } } : {}),
    ...(Object.keys(topology).length > 0 ? { labels: { ...pod.metadata.labels, ...topology } } : {}),
  };
  return {
    ...pod,
    metadata,
    spec: { ...pod.spec, nodeName: binding.target.name! },
    status: { ...pod.status, conditions: scheduled(pod.status.conditions, nowMs) },
  };
}

/** Handles POST to `pods/NAME/binding` and to `bindings`. */
export function bindingHandler(services: WriteServices, pods: StoredResource): Handler {
  return {
    async handle(call: ApiCall): Promise<ApiReply> {
      const subresource = readSubresourceCall(call, TYPE);
      const sent = subresource.sent as unknown as Binding;
      const name = call.info.name || (sent.metadata.name ?? '');
      if (call.info.name && sent.metadata.name && sent.metadata.name !== name) throw badRequest('name in URL does not match name in Binding object');
      check(sent);
      await admitSubresource(services, pods.kind, subresource);
      const nowMs = services.clock.now();
      await directUpdate(services, {
        resource: pods,
        namespace: call.info.namespace,
        name,
        dryRun: subresource.dryRun,
        change: (stored: KubeObject) => bind(stored as Pod, sent, nowMs) as unknown as Draft<KubeObject>,
      });
      return CREATED;
    },
  };
}
