/**
 * Finds the watchers that a change may concern, without asking all of them: thousands of kubelets each watch their own pods and config maps.
 *
 *     one object      namespace/name -> watchers
 *     one field       label=value    -> watchers      (pods by spec.nodeName)
 *     one namespace   namespace      -> watchers
 *     everything      watchers
 */
import type { Change } from './change.ts';
import type { Watcher, WatchFilter } from './watcher.ts';
import type { KubeObject } from '#machinery/kind.ts';

/** The text of a selectable field. */
export type FieldTextOf = (object: KubeObject, label: string) => string;

function add(map: Map<string, Set<Watcher>>, key: string, watcher: Watcher): void {
  const set = map.get(key);
  if (set) set.add(watcher);
  else map.set(key, new Set([watcher]));
}

function remove(map: Map<string, Set<Watcher>>, key: string, watcher: Watcher): void {
  const set = map.get(key);
  set?.delete(watcher);
  if (set?.size === 0) map.delete(key);
}

/** The watchers of one resource. */
export class WatcherIndex {
  readonly #fieldText: FieldTextOf;
  readonly #everything = new Set<Watcher>();
  readonly #byNamespace = new Map<string, Set<Watcher>>();
  readonly #byKey = new Map<string, Set<Watcher>>();
  readonly #byField = new Map<string, Map<string, Set<Watcher>>>();

  constructor(fieldText: FieldTextOf) {
    this.#fieldText = fieldText;
  }

  get size(): number {
    let size = this.#everything.size;
    for (const map of [this.#byNamespace, this.#byKey, ...this.#byField.values()]) {
      for (const set of map.values()) size += set.size;
    }
    return size;
  }

  add(watcher: Watcher): void {
    this.#place(
      watcher.filter,
      (map, key) => add(map, key, watcher),
      () => this.#everything.add(watcher),
    );
  }

  delete(watcher: Watcher): void {
    this.#place(
      watcher.filter,
      (map, key) => remove(map, key, watcher),
      () => this.#everything.delete(watcher),
    );
  }

  /** Calls `visit` once for each watcher that may have to know of `change`. */
  concerned(change: Change, namespace: string, visit: (watcher: Watcher) => void): void {
    this.#everything.forEach(visit);
    this.#byNamespace.get(namespace)?.forEach(visit);
    this.#byKey.get(change.key)?.forEach(visit);
    for (const [label, watchers] of this.#byField) {
      const after = change.next && this.#fieldText(change.next.object, label);
      const before = change.previous && this.#fieldText(change.previous.object, label);
      if (after !== undefined) this.#visit(watchers.get(after), namespace, visit);
      if (before !== undefined && before !== after) this.#visit(watchers.get(before), namespace, visit);
    }
  }

  /** All watchers. */
  all(): Watcher[] {
    const watchers = [...this.#everything];
    for (const map of [this.#byNamespace, this.#byKey, ...this.#byField.values()]) {
      for (const set of map.values()) watchers.push(...set);
    }
    return watchers;
  }

  #visit(watchers: Set<Watcher> | undefined, namespace: string, visit: (watcher: Watcher) => void): void {
    watchers?.forEach((watcher) => {
      if (watcher.filter.namespace === undefined || watcher.filter.namespace === namespace) visit(watcher);
    });
  }

  #place({ namespace, name, field }: WatchFilter, keyed: (map: Map<string, Set<Watcher>>, key: string) => void, everything: () => void): void {
    if (name !== undefined) keyed(this.#byKey, namespace === undefined ? name : `${namespace}/${name}`);
    else if (field) keyed(this.#fieldMap(field.label), field.value);
    else if (namespace !== undefined) keyed(this.#byNamespace, namespace);
    else everything();
  }

  #fieldMap(label: string): Map<string, Set<Watcher>> {
    const map = this.#byField.get(label) ?? new Map<string, Set<Watcher>>();
    this.#byField.set(label, map);
    return map;
  }
}
