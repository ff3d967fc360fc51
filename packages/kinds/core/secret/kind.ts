import { defineKind } from '#machinery/kind.ts';
import { type Secret, secret } from './schema.ts';

/** `secrets`. */
export const secrets = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  schema: secret,
});
