/**
 * Gathers the rules of ClusterRoles that an aggregating ClusterRole selects.
 *
 * Source: kube-controller-manager `pkg/controller/clusterroleaggregation`.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { watch } from '#controller/watches.ts';
import { clusterRoles } from '#kinds/rbac/cluster-role/kind.ts';
import type { ClusterRole } from '#kinds/rbac/cluster-role/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';

/** The rules of a role; absent ones are none. */
type Rules = NonNullable<ClusterRole['rules']>;

/** The rules of all other roles that the role selects, in order of selectors and names, each once. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): Rules {
  const rules: Rules[number][] = [];
  const byName = all.toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  for (const text of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const selector = compileLabelSelector(text);
    for (const other of byName) {
      if (other.metadata.name === role.metadata.name || !selector.matches(other.metadata.labels ?? {})) continue;
      for (const rule of other.rules ?? []) if (!rules.some((one) => sameValue(one, rule))) rules.push(rule);
    }
  }
  return rules;
}

/** `clusterrole-aggregation-controller`. */
export const clusterRoleAggregationController: ControllerEntry = {
  name: 'clusterrole-aggregation-controller',
  make({ informers }) {
    const roles = informers.of(clusterRoles);
    const aggregating = (): readonly string[] =>
      roles.lister.list().flatMap(({ aggregationRule, metadata }) => (aggregationRule ? [metadata.name ?? ''] : []));
    return {
      name: 'ClusterRoleAggregator',
      watches: [watch(roles, aggregating)],
      async reconcile(key, { client, signal }) {
        const role = roles.lister.get(key);
        if (!role?.aggregationRule) return;
        const rules = aggregatedRules(role, roles.lister.list());
        if (sameValue(rules, role.rules)) return;
        const body = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: key }, rules };
        await client
          .of(clusterRoles)
          .patch(key, { type: 'apply', body }, { fieldManager: 'clusterrole-aggregation-controller', force: true }, signal);
      },
    };
  },
};
