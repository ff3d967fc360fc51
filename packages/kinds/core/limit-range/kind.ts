import { defineKind } from '#machinery/kind.ts';
import { nameAndCreatedAt } from '../../cells.ts';
import { defaultLimitRange } from './defaults.ts';
import { type LimitRange, limitRange } from './schema.ts';
import { validateLimitRange } from './validation.ts';

/** `limitranges`. */
export const limitRanges = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  namespaced: true,
  schema: limitRange,
  defaults: defaultLimitRange,
  strategy: { createOnUpdate: true, unconditionalUpdate: true, validate: validateLimitRange, validateUpdate: validateLimitRange },
  columns: nameAndCreatedAt,
});
