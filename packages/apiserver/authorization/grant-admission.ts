import type { AdmissionPlugin } from '../admission/admission.ts';
import type { GrantGuard, GrantWrite } from './escalation.ts';

const GROUP = 'rbac.authorization.k8s.io';
const RESOURCES: readonly GrantWrite['resource'][] = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'];

/** Asks the guard about every write of a role or binding. */
export function grantAdmission(guard: GrantGuard): AdmissionPlugin {
  return {
    name: 'RBACGrants',
    interest: { operations: ['CREATE', 'UPDATE'], resources: RESOURCES.map((resource) => `${GROUP}/${resource}`) },
    async validate({ user, kind, namespace, name, object, old }) {
      const resource = RESOURCES.find((one) => one === kind.plural);
      if (!resource || !object) return;
      const write = { user, resource, namespace, name: name || (object.metadata?.name ?? ''), object: object as GrantWrite['object'] };
      await guard.check(old ? { ...write, stored: old as unknown as GrantWrite['object'] } : write);
    },
  };
}
