/**
 * What the handlers of creating subresources (`binding`, `eviction`, `token`) have in common: body, options, admission, answer.
 */
import type { AdmissionRequest } from '../admission/admission.ts';
import type { ApiCall, ApiReply } from '../call.ts';
import { bodyRules, wrongMethod } from './object-handler.ts';
import { decodeBody, type BodyType } from './request-body.ts';
import { parseWriteOptions } from './write-options.ts';
import type { WriteServices } from './write-scope.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { status as statusSchema } from '#machinery/meta.ts';
import type { Draft } from '#machinery/schema.ts';

/** A POST to a subresource, decoded. */
export interface SubresourceCall {
  readonly call: ApiCall;
  readonly sent: Draft<KubeObject>;
  readonly dryRun: boolean;
}

/** Reads a POST whose body is of `type`. @throws StatusError */
export function readSubresourceCall(call: ApiCall, type: BodyType): SubresourceCall {
  if (call.info.verb !== 'create') throw wrongMethod();
  const options = parseWriteOptions(call.query, 'CreateOptions');
  return { call, sent: decodeBody(call.body, type, bodyRules(call, options)), dryRun: options.dryRun };
}

/** Asks admission about a POST to a subresource of `kind`. @throws StatusError */
export async function admitSubresource(services: WriteServices, kind: Kind, { call, sent, dryRun }: SubresourceCall): Promise<void> {
  const { info, user } = call;
  const request: AdmissionRequest = {
    operation: 'CREATE',
    kind,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    object: sent,
    old: undefined,
    options: { dryRun },
    user,
    nowMs: services.clock.now(),
    warn: (text) => call.warn(text),
  };
  await services.admission.admit(request);
  await services.admission.validate(request);
}

/** 201 without an object. */
export const CREATED: ApiReply = {
  type: 'object',
  code: 201,
  object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
  kind: { schema: statusSchema },
};
