import type { Strategy } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import type { ServiceAccount } from './schema.ts';

/** Rules of a service account's life: of the references to secrets only the names are kept. */
export const serviceAccountStrategy: Strategy<ServiceAccount> = {
  unconditionalUpdate: true,
  prepareForCreate: keepSecretNames,
  prepareForUpdate: keepSecretNames,
};

function keepSecretNames(draft: Draft<ServiceAccount>): void {
  if (draft.secrets) draft.secrets = draft.secrets.map(({ name }) => (name === undefined ? {} : { name }));
}
