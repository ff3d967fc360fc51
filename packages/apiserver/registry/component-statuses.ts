/**
 * `componentstatuses`: never stored; whoever can be answered at all is answered that everything is well.
 *
 * Source: kubernetes `pkg/registry/core/componentstatus`; deprecated since 1.19 in favour of the health endpoints.
 */
import { ViewEntry } from '../cacher/entry.ts';
import type { ApiCall, ApiReply, Handler } from '../call.ts';
import { parseListQuery } from './list-options.ts';
import { wrongMethod } from './object-handler.ts';
import { parsePredicate } from './predicate.ts';
import { codecOf } from './resources.ts';
import { componentStatuses } from '#kinds/core/component-status/kind.ts';
import type { ComponentStatus } from '#kinds/core/component-status/schema.ts';
import { notFound } from '#machinery/status.ts';

const NAMES = ['controller-manager', 'etcd-0', 'scheduler'];

function statusOf(name: string): ComponentStatus {
  return { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name }, conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] };
}

/** Answers GET and LIST. */
export const componentStatusHandler: Handler = {
  handle(call: ApiCall): ApiReply {
    const { verb, name } = call.info;
    call.warn('v1 ComponentStatus is deprecated in v1.19+');
    const codec = codecOf(componentStatuses);
    const entries = NAMES.map((one) => new ViewEntry(codec, statusOf(one), 0));
    if (verb === 'list') {
      const { matches } = parsePredicate(componentStatuses, parseListQuery(call.query, false));
      return {
        type: 'list',
        kind: componentStatuses,
        entries: entries.filter((entry) => !matches || matches(entry.object)),
        metadata: { resourceVersion: '' },
      };
    }
    if (verb !== 'get') throw wrongMethod();
    const entry = entries.find(({ object }) => object.metadata.name === name);
    if (!entry) throw notFound({ group: '', resource: 'componentstatuses' }, name);
    return { type: 'entry', code: 200, kind: componentStatuses, entry };
  },
};
