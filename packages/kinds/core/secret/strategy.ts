import type { Strategy } from '#machinery/kind.ts';
import type { Secret } from './schema.ts';
import { validateSecret, validateSecretUpdate } from './validation.ts';

/** Rules of a secret's life. */
export const secretStrategy: Strategy<Secret> = {
  unconditionalUpdate: true,
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  prepareForUpdate(draft, stored) {
    if (stored.type) draft.type ||= stored.type;
  },
};
