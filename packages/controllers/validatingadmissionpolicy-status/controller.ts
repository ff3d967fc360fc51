/**
 * Tells of every ValidatingAdmissionPolicy that it has been looked at.
 *
 * Source: kube-controller-manager `pkg/controller/validatingadmissionpolicystatus`. Expressions are compiled where policies are validated, so there is nothing to warn of here.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { watchSelf } from '#controller/watches.ts';
import { validatingAdmissionPolicies } from '#kinds/admissionregistration/validating-admission-policy/kind.ts';

/** `validatingadmissionpolicy-status-controller`. */
export const validatingAdmissionPolicyStatusController: ControllerEntry = {
  name: 'validatingadmissionpolicy-status-controller',
  make({ informers }) {
    const policies = informers.of(validatingAdmissionPolicies);
    return {
      name: 'validatingadmissionpolicy-status',
      watches: [watchSelf(policies)],
      async reconcile(key, { client, signal }) {
        const policy = policies.lister.get(key);
        const { generation = 0 } = policy?.metadata ?? {};
        if (!policy || policy.metadata.deletionTimestamp || (policy.status.observedGeneration ?? 0) >= generation) return;
        const status = { ...policy.status, observedGeneration: generation, typeChecking: {} };
        await client.of(validatingAdmissionPolicies).updateStatus({ ...policy, status }, {}, signal);
      },
    };
  },
};
