import { at } from '#machinery/field-error.ts';
import type { Strategy } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import type { ServiceAccount } from './schema.ts';

/** Rules of a service account's life: of the references to secrets only the names are kept. */
export const serviceAccountStrategy: Strategy<ServiceAccount> = {
  unconditionalUpdate: true,
  prepareForCreate: keepSecretNames,
  prepareForUpdate: keepSecretNames,
  warnings: mountableWarnings,
};

const MOUNTABLE_ANNOTATION = 'kubernetes.io/enforce-mountable-secrets';

/** Who newly restricts an account to its secrets is told of a better way. */
function mountableWarnings({ metadata: { annotations = {} } }: ServiceAccount, stored: ServiceAccount | undefined): string[] {
  if (!(MOUNTABLE_ANNOTATION in annotations) || MOUNTABLE_ANNOTATION in (stored?.metadata.annotations ?? {})) return [];
  const text = 'deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets';
  return [`${at('metadata.annotations', MOUNTABLE_ANNOTATION)}: ${text}`];
}

function keepSecretNames(draft: Draft<ServiceAccount>): void {
  if (draft.secrets) draft.secrets = draft.secrets.map(({ name }) => (name === undefined ? {} : { name }));
}
