import { defineKind } from '#machinery/kind.ts';
import { serviceAccountColumns } from './columns.ts';
import { type ServiceAccount, serviceAccount } from './schema.ts';
import { serviceAccountStrategy } from './strategy.ts';

/** `serviceaccounts`. */
export const serviceAccounts = defineKind<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  namespaced: true,
  schema: serviceAccount,
  subresources: {
    token: { type: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }, verbs: ['create'] },
  },
  strategy: { ...serviceAccountStrategy, returnsDeleted: true },
  columns: serviceAccountColumns,
});
