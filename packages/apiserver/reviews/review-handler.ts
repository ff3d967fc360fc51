/** Handlers of kinds that are created, answered and never stored. */
import { MEDIA_TYPES } from '../http/negotiation.ts';
import { bodyRules } from '../registry/object-handler.ts';
import { decodeBody } from '../registry/request-body.ts';
import { parseWriteOptions } from '../registry/write-options.ts';
import type { ApiCall, ApiReply, Handler } from '../call.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { methodNotAllowed, notAcceptable } from '#machinery/status.ts';

/** Makes the handler of `kind`: `answer` completes what was sent. @throws StatusError from the handler for bodies that are not of the kind, and where a table is asked for. */
export function reviewHandler<T extends KubeObject>(kind: Kind<T>, answer: (sent: T, call: ApiCall) => T | Promise<T>): Handler {
  return {
    async handle(call): Promise<ApiReply> {
      if (call.info.verb !== 'create') throw methodNotAllowed({ group: kind.group, resource: kind.plural }, call.info.verb);
      if (call.accept.as === 'Table') throw notAcceptable(MEDIA_TYPES);
      const options = parseWriteOptions(call.query, 'CreateOptions');
      const sent = decodeBody(call.body, kind, bodyRules(call, options));
      return { type: 'object', code: 201, object: await answer(sent as unknown as T, call), kind };
    },
  };
}
