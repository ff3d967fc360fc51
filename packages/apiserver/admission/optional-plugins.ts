/**
 * Small plugins that are off by default.
 *
 * Source: kubernetes `plugin/pkg/admission/{admit,deny,namespace/exists,network/denyserviceexternalips}`.
 */
import type { AdmissionPlugin } from './admission.ts';
import { refusal } from './refusal.ts';
import type { Caches } from '../call.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import type { Service } from '#kinds/core/service/schema.ts';
import { notFound } from '#machinery/status.ts';

/** Refuses nothing. */
export const alwaysAdmit: AdmissionPlugin = { name: 'AlwaysAdmit', interest: { operations: [] } };

/** Refuses everything. */
export const alwaysDeny: AdmissionPlugin = {
  name: 'AlwaysDeny',
  interest: { operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'], subresources: true },
  validate(request) {
    throw refusal(request, 'admission control is denying all modifications');
  },
};

/** Whatever is done in a namespace, the namespace must exist. */
export function namespaceExists(caches: Caches): AdmissionPlugin {
  return {
    name: 'NamespaceExists',
    interest: { operations: ['CREATE', 'UPDATE', 'DELETE'], subresources: true },
    validate({ namespace }) {
      if (namespace !== '' && !caches.get(namespaces, '', namespace)) throw notFound({ group: '', resource: 'namespaces' }, namespace);
    },
  };
}

/** Services get no new external addresses. */
export const denyServiceExternalIPs: AdmissionPlugin = {
  name: 'DenyServiceExternalIPs',
  interest: { operations: ['CREATE', 'UPDATE'], resources: ['/services'] },
  validate(request) {
    const { spec } = request.object as unknown as Service;
    const before = (request.old as Service | undefined)?.spec.externalIPs ?? [];
    if ((spec.externalIPs ?? []).some((one) => !before.includes(one))) throw refusal(request, 'Use of external IPs is denied by admission control');
  },
};
