/** Whether a flow schema is about a request. Source: apiserver `flowcontrol/rule`. */
import type { FlowSchemaSpec } from '#kinds/flowcontrol/flow-schema/schema.ts';
import type { RequestInfo, User } from '../call.ts';

type Rule = NonNullable<FlowSchemaSpec['rules']>[number];
type Subject = Rule['subjects'][number];

const ALL = '*';

/** Whether one of the schema's rules matches. */
export function schemaMatches(spec: FlowSchemaSpec, user: User, info: RequestInfo): boolean {
  return (spec.rules ?? []).some((rule) => rule.subjects.some((subject) => subjectMatches(subject, user)) && requestMatches(rule, info));
}

function subjectMatches(subject: Subject, user: User): boolean {
  if (subject.user) return subject.user.name === ALL || subject.user.name === user.name;
  if (subject.group) return subject.group.name === ALL || user.groups.includes(subject.group.name);
  if (!subject.serviceAccount) return false;
  const { namespace, name } = subject.serviceAccount;
  const prefix = `system:serviceaccount:${namespace}:`;
  return name === ALL ? user.name.startsWith(prefix) : user.name === prefix + name;
}

function requestMatches(rule: Rule, info: RequestInfo): boolean {
  if (!info.isResource) {
    return (rule.nonResourceRules ?? []).some(({ verbs, nonResourceURLs }) => has(verbs, info.verb) && nonResourceURLs.some((url) => url === ALL || url === info.path || (url.endsWith('/*') && info.path.startsWith(url.slice(0, -1)))));
  }
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  return (rule.resourceRules ?? []).some(
    (one) =>
      has(one.verbs, info.verb) &&
      has(one.apiGroups, info.group) &&
      has(one.resources, resource) &&
      (info.namespace === '' ? one.clusterScope === true : has(one.namespaces ?? [], info.namespace)),
  );
}

function has(list: readonly string[], item: string): boolean {
  return list.includes(ALL) || list.includes(item);
}
