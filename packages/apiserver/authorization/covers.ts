/** Whether a set of rules covers another: nobody may grant what they do not hold. Source: kubernetes `component-helpers/auth/rbac/validation`. */
import type { PolicyRule } from '#kinds/rbac/rules.ts';

/** A rule that says one thing. */
interface Simple {
  readonly verb: string;
  readonly group?: string;
  readonly resource?: string;
  readonly name?: string;
  readonly path?: string;
}

/** The parts of `wanted` that `held` does not cover, each as a rule of its own, compacted by verb. */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  const missing: PolicyRule[] = [];
  for (const rule of wanted) for (const simple of split(rule)) if (!held.some((one) => covers(one, simple))) missing.push(asRule(simple));
  return compact(missing);
}

function split(rule: PolicyRule): Simple[] {
  const simples: Simple[] = [];
  const names: readonly (string | undefined)[] = rule.resourceNames && rule.resourceNames.length > 0 ? rule.resourceNames : [undefined];
  for (const verb of rule.verbs) {
    for (const path of rule.nonResourceURLs ?? []) simples.push({ verb, path });
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        for (const name of names) simples.push(name === undefined ? { verb, group, resource } : { verb, group, resource, name });
      }
    }
  }
  return simples;
}

function covers(held: PolicyRule, wanted: Simple): boolean {
  if (!has(held.verbs, wanted.verb)) return false;
  if (wanted.path !== undefined) return (held.nonResourceURLs ?? []).some((path) => path === wanted.path || (path.endsWith('*') && wanted.path!.startsWith(path.slice(0, -1))));
  const names = held.resourceNames ?? [];
  return has(held.apiGroups, wanted.group!) && hasResource(held.resources, wanted.resource!) && (names.length === 0 || (wanted.name !== undefined && names.includes(wanted.name)));
}

function has(list: readonly string[] | undefined, item: string): boolean {
  return list !== undefined && (list.includes('*') || list.includes(item));
}

function hasResource(list: readonly string[] | undefined, resource: string): boolean {
  if (has(list, resource)) return true;
  const slash = resource.indexOf('/');
  return slash > 0 && list !== undefined && list.includes(`*${resource.slice(slash)}`);
}

function asRule({ verb, group, resource, name, path }: Simple): PolicyRule {
  if (path !== undefined) return { verbs: [verb], nonResourceURLs: [path] };
  return { verbs: [verb], apiGroups: [group!], resources: [resource!], ...(name === undefined ? {} : { resourceNames: [name] }) };
}

/** Joins the verbs of rules that are alike otherwise. */
function compact(rules: readonly PolicyRule[]): PolicyRule[] {
  const joined = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames, rule.nonResourceURLs]);
    const known = joined.get(key);
    joined.set(key, known ? { ...known, verbs: [...known.verbs, ...rule.verbs] } : rule);
  }
  return [...joined.values()];
}

/** A rule the way messages show it: `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}`. */
export function ruleText(rule: PolicyRule): string {
  const parts: string[] = [];
  const add = (name: string, values: readonly string[] | undefined): void => {
    if (values && values.length > 0) parts.push(`${name}:[${values.map((value) => JSON.stringify(value)).join(' ')}]`);
  };
  add('APIGroups', rule.apiGroups);
  add('Resources', rule.resources);
  add('ResourceNames', rule.resourceNames);
  add('NonResourceURLs', rule.nonResourceURLs);
  add('Verbs', rule.verbs);
  return `{${parts.join(', ')}}`;
}
