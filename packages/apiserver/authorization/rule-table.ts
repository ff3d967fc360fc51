/** Policy rules compiled for lookup by group and resource. Source: the RBAC documentation; `rbac` rule matching upstream. */
import type { PolicyRule } from '#kinds/rbac/rules.ts';
import type { Attributes } from './authorizer.ts';

interface CompiledRule {
  /** `undefined`: all. */
  readonly verbs: ReadonlySet<string> | undefined;
  /** `undefined`: any name. */
  readonly names: ReadonlySet<string> | undefined;
  /** The reason to give when this rule allows. */
  readonly source: string;
}

interface CompiledPath extends CompiledRule {
  /** A path, or a prefix when it ended in `*`. */
  readonly path: string;
  readonly prefix: boolean;
}

/** Rules that one user has in one scope. */
export class RuleTable {
  readonly #byResource = new Map<string, CompiledRule[]>();
  readonly #paths: CompiledPath[] = [];

  /** Adds rules; `source` says where they come from. */
  add(rules: readonly PolicyRule[], source: string): void {
    for (const rule of rules) {
      const verbs = rule.verbs.includes('*') ? undefined : new Set(rule.verbs);
      const names = rule.resourceNames && rule.resourceNames.length > 0 ? new Set(rule.resourceNames) : undefined;
      for (const path of rule.nonResourceURLs ?? []) {
        const prefix = path.endsWith('*');
        this.#paths.push({ verbs, names, source, path: prefix ? path.slice(0, -1) : path, prefix });
      }
      for (const group of rule.apiGroups ?? []) for (const resource of rule.resources ?? []) this.#addAt(`${group}/${resource}`, { verbs, names, source });
    }
  }

  /** The source of a rule that allows; `undefined` when none does. */
  allows(asked: Attributes): string | undefined {
    if (!asked.isResource) return this.#allowsPath(asked);
    if (this.#byResource.size === 0) return undefined;
    const { group, resource, subresource } = asked;
    const full = subresource === '' ? resource : `${resource}/${subresource}`;
    return (
      this.#allowsAt(`${group}/${full}`, asked) ??
      this.#allowsAt('*/*', asked) ??
      this.#allowsAt(`${group}/*`, asked) ??
      this.#allowsAt(`*/${full}`, asked) ??
      (subresource === '' ? undefined : (this.#allowsAt(`${group}/*/${subresource}`, asked) ?? this.#allowsAt(`*/*/${subresource}`, asked)))
    );
  }

  #addAt(key: string, rule: CompiledRule): void {
    const rules = this.#byResource.get(key);
    if (rules) rules.push(rule);
    else this.#byResource.set(key, [rule]);
  }

  #allowsAt(key: string, asked: Attributes): string | undefined {
    const rules = this.#byResource.get(key);
    if (rules === undefined) return undefined;
    for (const { verbs, names, source } of rules) {
      if ((verbs === undefined || verbs.has(asked.verb)) && (names === undefined || names.has(asked.name))) return source;
    }
    return undefined;
  }

  #allowsPath(asked: Attributes): string | undefined {
    for (const { verbs, path, prefix, source } of this.#paths) {
      if ((verbs === undefined || verbs.has(asked.verb)) && (prefix ? asked.path.startsWith(path) : asked.path === path)) return source;
    }
    return undefined;
  }
}
