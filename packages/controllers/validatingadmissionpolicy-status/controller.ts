/**
 * Tells of every ValidatingAdmissionPolicy that it has been looked at, and which of its expressions do not fit the types that it matches.
 *
 * Source: kube-controller-manager `pkg/controller/validatingadmissionpolicystatus`.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { watchSelf } from '#controller/watches.ts';
import { typeWarnings } from '#kinds/admissionregistration/validating-admission-policy/type-warnings.ts';
import { validatingAdmissionPolicies } from '#kinds/admissionregistration/validating-admission-policy/kind.ts';
import type { TypeChecking, ValidatingAdmissionPolicy } from '#kinds/admissionregistration/validating-admission-policy/schema.ts';
import { builtinKinds } from '#kinds/registry.ts';

function typeChecking(policy: ValidatingAdmissionPolicy): TypeChecking {
  const expressionWarnings = typeWarnings(policy, builtinKinds);
  return expressionWarnings.length > 0 ? { expressionWarnings } : {};
}

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
        const status = { ...policy.status, observedGeneration: generation, typeChecking: typeChecking(policy) };
        await client.of(validatingAdmissionPolicies).updateStatus({ ...policy, status }, {}, signal);
      },
    };
  },
};
