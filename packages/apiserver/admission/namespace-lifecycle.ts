/**
 * Nothing is created in namespaces that do not exist or are going; the system's namespaces stay.
 *
 * Source: apiserver `admission/plugin/namespace/lifecycle`.
 */
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refusal } from './refusal.ts';
import type { Caches } from '../call.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { forbidden, notFound, StatusError } from '#machinery/status.ts';

const IMMORTAL = ['default', 'kube-system', 'kube-public'];

function terminating(request: AdmissionRequest): StatusError {
  const { namespace } = request;
  const refused = refusal(request, `unable to create new content in namespace ${namespace} because it is being terminated`);
  const causes = [{ reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' }];
  return new StatusError({ code: refused.code, reason: refused.reason, message: refused.message, details: { ...refused.details, causes } });
}

/** The plugin. */
export function namespaceLifecycle(caches: Caches): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    interest: { operations: ['CREATE', 'UPDATE', 'DELETE'], subresources: true },
    admit(request) {
      const { kind, operation, namespace, name } = request;
      if (kind.plural === 'namespaces' && kind.group === '') {
        if (operation === 'DELETE' && IMMORTAL.includes(name))
          throw forbidden({ group: '', resource: 'namespaces' }, name, 'this namespace may not be deleted');
        return;
      }
      if (operation === 'DELETE' || namespace === '') return;
      const found = caches.get(namespaces, '', namespace);
      if (!found) throw notFound({ group: '', resource: 'namespaces' }, namespace);
      if (operation === 'CREATE' && found.status.phase === 'Terminating') throw terminating(request);
    },
  };
}
