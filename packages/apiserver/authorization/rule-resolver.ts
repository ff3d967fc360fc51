/** What a user may do in a namespace, as far as authorizers can list it. Source: apiserver `authorization/union`, `authorizerfactory`. */
import type { PolicyRule } from '#kinds/rbac/rules.ts';
import type { User } from '../call.ts';
import { nodeOf } from './node-authorizer.ts';
import type { RbacAuthorizer } from './rbac-authorizer.ts';

/** The list, and why it may lack something. */
export interface ListedRules {
  readonly rules: readonly PolicyRule[];
  readonly errors: readonly string[];
  readonly incomplete: boolean;
}

/** Lists rules. */
export interface RuleResolver {
  rulesFor(user: User, namespace: string): ListedRules;
}

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** RBAC's rules; what a role lacks is an error. */
export function rbacRules(rbac: RbacAuthorizer): RuleResolver {
  return {
    rulesFor(user, namespace) {
      const { rules, errors } = rbac.rulesFor(user, namespace);
      return { rules, errors, incomplete: errors.length > 0 };
    },
  };
}

/** Nodes are authorized by what runs on them, for which there are no rules to show. */
export const nodeRules: RuleResolver = {
  rulesFor: (user) =>
    nodeOf(user) === undefined
      ? { rules: [], errors: [], incomplete: false }
      : { rules: [], errors: ['node authorizer does not support user rule resolution'], incomplete: true },
};

/** Another server decides, and only about single questions. */
export const webhookRules: RuleResolver = {
  rulesFor: () => ({ rules: [], errors: ['webhook authorizer does not support user rule resolution'], incomplete: true }),
};

/** Everybody may do everything. */
export const allowAllRules: RuleResolver = { rulesFor: () => ({ rules: EVERYTHING, errors: [], incomplete: false }) };

/** The lists of several, one after the other. */
export function joinedRules(resolvers: readonly RuleResolver[]): RuleResolver {
  return {
    rulesFor(user, namespace) {
      const lists = resolvers.map((resolver) => resolver.rulesFor(user, namespace));
      return {
        rules: lists.flatMap(({ rules }) => rules),
        errors: lists.flatMap(({ errors }) => errors),
        incomplete: lists.some(({ incomplete }) => incomplete),
      };
    },
  };
}
