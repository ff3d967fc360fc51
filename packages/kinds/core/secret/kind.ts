import { defineKind } from '#machinery/kind.ts';
import { secretColumns } from './columns.ts';
import { defaultSecret } from './defaults.ts';
import { type Secret, secret } from './schema.ts';
import { secretStrategy } from './strategy.ts';

/** `secrets`. */
export const secrets = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  schema: secret,
  defaults: defaultSecret,
  strategy: secretStrategy,
  selectableFields: { type: ({ type }) => type ?? '' },
  columns: secretColumns,
});
