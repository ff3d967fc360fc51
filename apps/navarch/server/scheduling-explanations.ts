/**
 * `GET /api/v1/namespaces/NAMESPACE/pods/NAME/scheduling`: why the pod is pending, or why it went where it is.
 *
 * The scheduler of this process answers; whoever may `get` the subresource `pods/scheduling` may ask.
 */
import type { ApiCall, ApiReply, Handler } from '#apiserver/call.ts';
import { wrongMethod } from '#apiserver/registry/object-handler.ts';
import { notFound } from '#machinery/status.ts';
import type { Scheduler } from '#scheduler/scheduler.ts';

/** The handler, and the scheduler that it asks: set while one runs here. */
export class SchedulingExplanations {
  #scheduler: Scheduler | undefined;

  readonly handlers: ReadonlyMap<string, Handler> = new Map([['/pods/scheduling', { handle: (call) => this.#answer(call) }]]);

  /** Answers from `scheduler` until the result is disposed. */
  answerFrom(scheduler: Scheduler): Disposable {
    this.#scheduler = scheduler;
    return {
      [Symbol.dispose]: () => {
        if (this.#scheduler === scheduler) this.#scheduler = undefined;
      },
    };
  }

  #answer({ info }: ApiCall): ApiReply {
    if (info.verb !== 'get') throw wrongMethod();
    const explanation = this.#scheduler?.explain(info.namespace, info.name);
    // Placed by another scheduler, or so long ago that it is forgotten.
    if (!explanation) throw notFound({ group: '', resource: 'pods/scheduling' }, info.name);
    return { type: 'object', code: 200, object: explanation };
  }
}
