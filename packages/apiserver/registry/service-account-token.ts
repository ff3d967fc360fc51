/**
 * `serviceaccounts/token`: mints a token that is bound to the account, and to a pod, node or secret where asked.
 *
 * Source: kubernetes `pkg/registry/core/serviceaccount/storage/token.go`, TokenRequest validation.
 */
import type { ApiCall, ApiReply, Caches, Handler } from '../call.ts';
import type { BoundObject, TokenSigner, TokenSpec } from '../authentication/token-signer.ts';
import type { Resource } from './resources.ts';
import { admitSubresource, readSubresourceCall } from './subresource-call.ts';
import type { WriteServices } from './write-scope.ts';
import { tokenRequest as tokenRequestSchema, type BoundObjectReference, type TokenRequest } from '#kinds/authentication/token-request/schema.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { invalid, invalidObject, type FieldError } from '#machinery/field-error.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { badRequest, conflict, notFound, StatusError } from '#machinery/status.ts';

const TYPE = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', schema: tokenRequestSchema };

const DEFAULT_SECONDS = 3_600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;

/** What the handler works with. */
export interface TokenHandlerOptions {
  readonly services: WriteServices;
  readonly caches: Caches;
  readonly resource: Resource;
  readonly signer: TokenSigner;
}

function check({ spec }: TokenRequest): void {
  const seconds = spec.expirationSeconds ?? DEFAULT_SECONDS;
  const errors: FieldError[] = [];
  if (seconds < MIN_SECONDS) errors.push(invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > MAX_SECONDS) errors.push(invalid('spec.expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds'));
  if (errors.length > 0) throw invalidObject(TYPE, '', errors);
}

function identity({ metadata }: KubeObject): BoundObject {
  return { name: metadata.name ?? '', uid: metadata.uid ?? '' };
}

/** Refuses a binding to an object that was replaced. */
function checkUid(reference: BoundObjectReference, plural: string, object: KubeObject): void {
  if (!reference.uid || reference.uid === object.metadata.uid) return;
  throw conflict(
    { group: '', resource: plural },
    reference.name ?? '',
    `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
  );
}

/** Handles POST to `serviceaccounts/NAME/token`. */
export function tokenHandler({ services, caches, resource, signer }: TokenHandlerOptions): Handler {
  const podOf = (reference: BoundObjectReference, namespace: string, account: string): Pick<TokenSpec, 'pod' | 'node'> => {
    const pod = caches.get(pods, namespace, reference.name ?? '');
    if (!pod) throw notFound({ group: '', resource: 'pods' }, reference.name ?? '');
    checkUid(reference, 'pods', pod);
    if (pod.spec.serviceAccountName !== account) {
      throw badRequest(`cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`);
    }
    const node = pod.spec.nodeName ? caches.get(nodes, '', pod.spec.nodeName) : undefined;
    return { pod: identity(pod), ...(node ? { node: identity(node) } : {}) };
  };
  const boundTo = (
    reference: BoundObjectReference | null | undefined,
    namespace: string,
    account: string,
  ): Pick<TokenSpec, 'pod' | 'node' | 'secret'> => {
    if (!reference) return {};
    const name = reference.name ?? '';
    const of = `${reference.apiVersion ?? ''}/${reference.kind ?? ''}`;
    if (of === 'v1/Pod') return podOf(reference, namespace, account);
    if (of === 'v1/Node') {
      const node = caches.get(nodes, '', name);
      if (!node) throw notFound({ group: '', resource: 'nodes' }, name);
      checkUid(reference, 'nodes', node);
      return { node: identity(node) };
    }
    if (of === 'v1/Secret') {
      const secret = caches.get(secrets, namespace, name);
      if (!secret) throw notFound({ group: '', resource: 'secrets' }, name);
      checkUid(reference, 'secrets', secret);
      return { secret: identity(secret) };
    }
    throw badRequest(`cannot bind token to object of type ${reference.apiVersion ?? ''}, Kind=${reference.kind ?? ''}`);
  };

  return {
    async handle(call: ApiCall): Promise<ApiReply> {
      const subresource = readSubresourceCall(call, TYPE);
      const { namespace, name } = call.info;
      await admitSubresource(services, resource.kind, subresource);
      const sent = subresource.sent as unknown as TokenRequest;
      check(sent);
      const account = caches.get(serviceAccounts, namespace, name);
      if (!account) throw notFound(resource.groupResource, name);
      if (account.metadata.deletionTimestamp) {
        throw new StatusError({ code: 422, reason: 'Invalid', message: `serviceaccount ${JSON.stringify(name)} is being deleted` });
      }
      const audiences = sent.spec.audiences.length > 0 ? sent.spec.audiences : signer.audiences;
      const asked = sent.spec.expirationSeconds ?? DEFAULT_SECONDS;
      const expirationSeconds = Math.min(asked, signer.maxSeconds ?? asked);
      if (expirationSeconds < asked) call.warn(`requested expiration of ${asked} seconds shortened to ${expirationSeconds} seconds`);
      const bound = boundTo(sent.spec.boundObjectRef, namespace, name);
      const { token, expirationTimestamp } = signer.sign({ namespace, serviceAccount: identity(account), audiences, expirationSeconds, ...bound });
      const metadata = { ...sent.metadata, name, namespace, creationTimestamp: account.metadata.creationTimestamp ?? '' };
      const object = { ...sent, metadata, spec: { ...sent.spec, audiences, expirationSeconds }, status: { token, expirationTimestamp } };
      return { type: 'object', code: 201, object, kind: TYPE };
    },
  };
}
