/**
 * What is in the table, and the smallest script that turns it into what should be. Pure.
 */
import type { ServiceObjects } from './compile.ts';
import type { Family } from './family.ts';
import { TABLE } from './table.ts';

interface Claim {
  readonly owner: string;
  readonly value: string;
}

/** Elements of one command: longer ones would make the tool's parser slow. */
const ELEMENTS_PER_COMMAND = 500;

/** The objects of all rules, by rule id. `change` is the only way to alter it and answers the script that does the same in the kernel. */
export class Ledger {
  readonly #prefix: string;
  readonly #objects = new Map<string, ServiceObjects>();
  /**
   * By `SET KEY`: who wants the element and with which value, oldest first; the oldest one's is in the kernel. Two services with the same
   * external address and port are two claims.
   */
  readonly #claims = new Map<string, Claim[]>();

  constructor(family: Family) {
    this.#prefix = `${family.ip} ${TABLE}`;
  }

  /** Ids of the rules that are present. */
  ids(): IterableIterator<string> {
    return this.#objects.keys();
  }

  /** Replaces (or with undefined removes) rules; answers the nftables script, empty when nothing changes. */
  change(changes: ReadonlyMap<string, ServiceObjects | undefined>): string {
    const before = new Map<string, string>();
    const definitions: string[] = [];
    const fill: string[] = [];
    const remove: string[] = [];
    for (const [id, next] of changes) {
      const old = this.#objects.get(id);
      this.#changeChains(old, next, { definitions, fill, remove });
      this.#changeClaims(id, old, next, before);
      if (next) this.#objects.set(id, next);
      else this.#objects.delete(id);
    }
    return [...definitions, ...fill, ...this.#elementCommands(before), ...remove].map((line) => `${line}\n`).join('');
  }

  /** New chains and sets first, so that rules may refer to them; old ones are emptied and deleted last. */
  #changeChains(
    old: ServiceObjects | undefined,
    next: ServiceObjects | undefined,
    script: Record<'definitions' | 'fill' | 'remove', string[]>,
  ): void {
    for (const [name, definition] of next?.sets ?? []) {
      if (!old?.sets.has(name)) script.definitions.push(`add set ${this.#prefix} ${name} ${definition}`);
    }
    for (const [name, rules] of next?.chains ?? []) {
      const present = old?.chains.get(name);
      if (present && present.length === rules.length && present.every((rule, index) => rule === rules[index])) continue;
      if (present) script.fill.push(`flush chain ${this.#prefix} ${name}`);
      else script.definitions.push(`add chain ${this.#prefix} ${name}`);
      for (const rule of rules) script.fill.push(`add rule ${this.#prefix} ${name} ${rule}`);
    }
    const goneChains = [...(old?.chains.keys() ?? [])].filter((name) => !next?.chains.has(name));
    script.remove.push(...goneChains.map((name) => `flush chain ${this.#prefix} ${name}`));
    script.remove.push(...goneChains.map((name) => `delete chain ${this.#prefix} ${name}`));
    for (const name of old?.sets.keys() ?? []) if (!next?.sets.has(name)) script.remove.push(`delete set ${this.#prefix} ${name}`);
  }

  /** Notes in `before` the kernel's value of every element that is touched: `` for a set's, undefined when absent. */
  #changeClaims(owner: string, old: ServiceObjects | undefined, next: ServiceObjects | undefined, before: Map<string, string>): void {
    const values = new Map((next?.elements ?? []).map(({ set, key, value }) => [`${set} ${key}`, value]));
    for (const { set, key, value } of old?.elements ?? []) {
      const name = `${set} ${key}`;
      if (values.get(name) === value) values.delete(name);
      else this.#claim(name, before, (claims) => claims.filter((claim) => claim.owner !== owner));
    }
    for (const [name, value] of values) this.#claim(name, before, (claims) => [...claims, { owner, value }]);
  }

  #claim(name: string, before: Map<string, string>, edit: (claims: Claim[]) => Claim[]): void {
    const claims = this.#claims.get(name) ?? [];
    if (!before.has(name)) before.set(name, claims[0]?.value ?? ABSENT);
    const next = edit(claims);
    if (next.length > 0) this.#claims.set(name, next);
    else this.#claims.delete(name);
  }

  #elementCommands(before: ReadonlyMap<string, string>): string[] {
    const deletions = new Map<string, string[]>();
    const additions = new Map<string, string[]>();
    for (const [name, was] of before) {
      const is = this.#claims.get(name)?.[0]?.value ?? ABSENT;
      if (is === was) continue;
      const space = name.indexOf(' ');
      const [set, key] = [name.slice(0, space), name.slice(space + 1)];
      if (was !== ABSENT) append(deletions, set, key);
      if (is !== ABSENT) append(additions, set, is === '' ? key : `${key} : ${is}`);
    }
    return [...this.#batched('delete', deletions), ...this.#batched('add', additions)];
  }

  #batched(verb: 'add' | 'delete', elements: ReadonlyMap<string, readonly string[]>): string[] {
    const commands: string[] = [];
    for (const [set, keys] of elements) {
      for (let at = 0; at < keys.length; at += ELEMENTS_PER_COMMAND) {
        commands.push(`${verb} element ${this.#prefix} ${set} { ${keys.slice(at, at + ELEMENTS_PER_COMMAND).join(', ')} }`);
      }
    }
    return commands;
  }
}

const ABSENT = '\0';

function append(lists: Map<string, string[]>, name: string, item: string): void {
  const list = lists.get(name);
  if (list) list.push(item);
  else lists.set(name, [item]);
}
