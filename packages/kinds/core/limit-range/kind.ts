import { defineKind } from '#machinery/kind.ts';
import { type LimitRange, limitRange } from './schema.ts';

/** `limitranges`. */
export const limitRanges = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  namespaced: true,
  schema: limitRange,
});
