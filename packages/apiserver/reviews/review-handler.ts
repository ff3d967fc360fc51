/** Handlers of kinds that are created, answered and never stored. */
import { decodeBody } from '../registry/request-body.ts';
import type { ApiCall, ApiReply, Handler } from '../call.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { methodNotAllowed } from '#machinery/status.ts';

/** Makes the handler of `kind`: `answer` completes what was sent. @throws StatusError from the handler for bodies that are not of the kind. */
export function reviewHandler<T extends KubeObject>(kind: Kind<T>, answer: (sent: T, call: ApiCall) => T): Handler {
  return {
    handle(call): ApiReply {
      if (call.info.verb !== 'create') throw methodNotAllowed({ group: kind.group, resource: kind.plural }, call.info.verb);
      const sent = decodeBody(call.body, kind, { validation: 'ignore', warn: (text) => call.warn(text) });
      return { type: 'object', code: 201, object: answer(sent as unknown as T, call), kind };
    },
  };
}
