/**
 * Makes ResourceClaims from templates for pods, and frees claims whose pods are done.
 *
 *     pod with a template ──> claim, owned by the pod ──> its name in the pod's status
 *     claim reserved for pods ──> pods that are gone or done are taken off ──> the last one frees the devices
 *
 * Source: kube-controller-manager `pkg/controller/resourceclaim`.
 */
import type { Counter } from '#base/metrics.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import type { Controller, ReconcileContext } from '#controller/controller.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import { controllerRef, newControllerRef } from '#controller/owners.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod, PodResourceClaim } from '#kinds/core/pod/schema.ts';
import { resourceClaimTemplates } from '#kinds/resource/resource-claim-template/kind.ts';
import type { ResourceClaimTemplate } from '#kinds/resource/resource-claim-template/schema.ts';
import { resourceClaims } from '#kinds/resource/resource-claim/kind.ts';
import type { ResourceClaim } from '#kinds/resource/resource-claim/schema.ts';
import { isReason, notFound } from '#machinery/status.ts';
import { messageOf } from '../workload/pod-control.ts';
import { claimNameOf, generateNameOf, isForPod, mayUseClaims, POD_CLAIM_NAME } from './claim-names.ts';
import { freeClaim } from './free-claim.ts';
import { asksAsAdmin, resourceClaimMetrics } from './metrics.ts';

/** Begins keys of pods; claims have plain keys. */
const POD_KEY = 'pod:';
/** As upstream: keys handled at the same time. */
const CONCURRENCY = 10;
/** Claims by the uid of the pod they were generated for. */
const BY_POD = 'generated for pod';
/** Pods by the template keys they wait for. */
const BY_TEMPLATE = 'resource claim template';

/** `resourceclaim-controller`. */
export const resourceClaimController: ControllerEntry = {
  name: 'resourceclaim-controller',
  component: 'resource_claim',
  make: (dependencies) => new ResourceClaims(dependencies).controller(),
};

class ResourceClaims {
  readonly #dependencies: ControllerDependencies;
  readonly #pods: Informer<Pod>;
  readonly #claims: Informer<ResourceClaim>;
  readonly #templates: Informer<ResourceClaimTemplate>;
  readonly #creates: Counter | undefined;

  constructor(dependencies: ControllerDependencies) {
    const { informers } = dependencies;
    this.#dependencies = dependencies;
    this.#pods = informers.of(pods);
    this.#claims = informers.of(resourceClaims);
    this.#templates = informers.of(resourceClaimTemplates);
    this.#creates = resourceClaimMetrics(dependencies.metrics, this.#claims);
    this.#claims.addIndex(BY_POD, (claim) => (claim.metadata.annotations?.[POD_CLAIM_NAME] ? [controllerRef(claim)?.uid ?? ''] : []));
    this.#pods.addIndex(BY_TEMPLATE, ({ metadata, spec }) =>
      (spec.resourceClaims ?? []).flatMap((one) => (one.resourceClaimTemplateName === undefined ? [] : [`${metadata.namespace}/${one.resourceClaimTemplateName}`])),
    );
  }

  controller(): Controller {
    return {
      name: 'resource_claim',
      concurrency: CONCURRENCY,
      watches: [
        watch(this.#pods, (pod) => this.#keysOfPod(pod), { changed: (pod, old) => mayUseClaims(pod) !== mayUseClaims(old) || pod.spec.nodeName !== old.spec.nodeName || pod.status.resourceClaimStatuses !== old.status.resourceClaimStatuses }),
        watchSelf(this.#claims),
        watch(this.#claims, (claim) => {
          const owner = controllerRef(claim);
          return owner?.kind === 'Pod' ? [`${POD_KEY}${claim.metadata.namespace}/${owner.name}`] : [];
        }),
        watch(this.#templates, (template) => this.#pods.lister.byIndex(BY_TEMPLATE, objectKey(template)).map((pod) => POD_KEY + objectKey(pod))),
      ],
      reconcile: (key, context) => (key.startsWith(POD_KEY) ? this.#reconcilePod(key.slice(POD_KEY.length), context) : this.#reconcileClaim(key, context)),
    };
  }

  /** The pod itself, and the claims that are reserved for it. */
  #keysOfPod(pod: Pod): string[] {
    const claims = pod.spec.resourceClaims ?? [];
    if (claims.length === 0) return [];
    const names = claims.map((claim) => claimNameOf(pod, claim)).flatMap((one) => (one.type === 'named' ? [`${pod.metadata.namespace}/${one.name}`] : []));
    const generated = this.#claims.lister.byIndex(BY_POD, pod.metadata.uid ?? '').map(objectKey);
    return [POD_KEY + objectKey(pod), ...names, ...generated];
  }

  async #reconcilePod(key: string, context: ReconcileContext): Promise<void> {
    const pod = this.#pods.lister.get(key);
    if (!pod || pod.metadata.deletionTimestamp || !mayUseClaims(pod)) return;
    const made: { name: string; resourceClaimName: string }[] = [];
    for (const claim of pod.spec.resourceClaims ?? []) {
      try {
        const name = await this.#provide(pod, claim, context);
        if (name !== undefined) made.push({ name: claim.name, resourceClaimName: name });
      } catch (error) {
        if (context.signal.aborted) throw error;
        this.#dependencies.events.event(pod, 'Warning', 'FailedResourceClaimCreation', `PodResourceClaim ${claim.name}: ${messageOf(error)}`);
        throw error;
      }
    }
    const { namespace = '', name = '', uid } = pod.metadata;
    const { client, signal } = context;
    if (made.length > 0) {
      await client.of(pods).namespace(namespace).patch(name, { type: 'strategic', body: { metadata: { uid }, status: { resourceClaimStatuses: made } }, subresource: 'status' }, {}, signal);
    }
    if (pod.spec.nodeName) await this.#reserve(pod, context);
  }

  /** Makes sure that the claim exists. Answers its name when the pod does not know it yet. */
  async #provide(pod: Pod, podClaim: PodResourceClaim, context: ReconcileContext): Promise<string | undefined> {
    const { namespace = '', name: podName = '' } = pod.metadata;
    const named = claimNameOf(pod, podClaim);
    if (named.type === 'none' || (named.type === 'named' && !named.generated)) return undefined;
    if (named.type === 'named') {
      const known = this.#claims.lister.get(`${namespace}/${named.name}`);
      if (known && isForPod(known, pod)) return undefined;
      if (known) throw new Error(`ResourceClaim ${namespace}/${named.name} was not created for Pod ${namespace}/${podName} (Pod is not owner)`);
    }
    const orphan = this.#claims.lister.byIndex(BY_POD, pod.metadata.uid ?? '').find(({ metadata }) => metadata.annotations?.[POD_CLAIM_NAME] === podClaim.name && !metadata.deletionTimestamp);
    return orphan?.metadata.name ?? (await this.#create(pod, podClaim, context));
  }

  async #create(pod: Pod, podClaim: PodResourceClaim, { client, signal }: ReconcileContext): Promise<string | undefined> {
    const { namespace = '', name: podName = '' } = pod.metadata;
    const templateName = podClaim.resourceClaimTemplateName ?? '';
    const template = this.#templates.lister.get(`${namespace}/${templateName}`);
    if (!template) {
      throw new Error(`resource claim template ${JSON.stringify(templateName)}: ${notFound({ group: 'resource.k8s.io', resource: 'resourceclaimtemplate' }, templateName).message}`);
    }
    const { metadata, spec } = template.spec;
    const draft = {
        metadata: {
          generateName: generateNameOf(podName, podClaim.name),
          namespace,
          labels: metadata.labels ?? {},
          annotations: { ...metadata.annotations, [POD_CLAIM_NAME]: podClaim.name },
          ownerReferences: [newControllerRef(pod, pods)],
        },
        spec,
      };
    let outcome = 'failure';
    try {
      const claim = await client.of(resourceClaims).create(draft, {}, signal);
      outcome = 'success';
      return claim.metadata.name;
    } finally {
      this.#creates?.increment([outcome, String(asksAsAdmin(spec))]);
    }
  }

  /** Pods that were bound without the scheduler get their reservations here. */
  async #reserve(pod: Pod, { client, signal }: ReconcileContext): Promise<void> {
    const { namespace = '', name = '', uid = '' } = pod.metadata;
    for (const podClaim of pod.spec.resourceClaims ?? []) {
      const named = claimNameOf(pod, podClaim);
      const claim = named.type === 'named' ? this.#claims.lister.get(`${namespace}/${named.name}`) : undefined;
      if (!claim?.status.allocation || claim.metadata.deletionTimestamp) continue;
      const { reservedFor = [] } = claim.status;
      if (reservedFor.some((one) => one.uid === uid)) continue;
      const status = { ...claim.status, reservedFor: [...reservedFor, { resource: 'pods', name, uid }] };
      await client.of(resourceClaims).updateStatus({ ...claim, status }, {}, signal);
    }
  }

  async #reconcileClaim(key: string, context: ReconcileContext): Promise<void> {
    const claim = this.#claims.lister.get(key);
    if (!claim) return;
    const kept = [];
    for (const consumer of claim.status.reservedFor ?? []) {
      if (consumer.apiGroup || consumer.resource !== 'pods') throw new Error(`unsupported ReservedFor entry: ${JSON.stringify(consumer)}`);
      const pod = await this.#consumer(claim.metadata.namespace ?? '', consumer, context);
      if (pod && mayUseClaims(pod)) kept.push(consumer);
    }
    await freeClaim(claim, kept, this.#owner(claim), context);
  }

  /** The pod a reservation is for: asked of the server when the cache does not have it, since it may lag behind. */
  async #consumer(namespace: string, { name, uid }: { readonly name: string; readonly uid: string }, { client, signal }: ReconcileContext): Promise<Pod | undefined> {
    const cached = this.#pods.lister.get(`${namespace}/${name}`);
    if (cached?.metadata.uid === uid) return cached;
    try {
      const pod = await client.of(pods).namespace(namespace).get(name, signal);
      return pod.metadata.uid === uid ? pod : undefined;
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** The pod that a claim was generated for, while it exists. */
  #owner(claim: ResourceClaim): Pod | undefined {
    const reference = controllerRef(claim);
    const pod = reference?.kind === 'Pod' ? this.#pods.lister.get(`${claim.metadata.namespace}/${reference.name}`) : undefined;
    return pod?.metadata.uid === reference?.uid ? pod : undefined;
  }
}
