/**
 * The service rules of one address family: computes them anew for services that changed, and what that means for the kernel.
 */
import type { Service } from '#kinds/core/service/schema.ts';
import type { EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import { staleFlows, type StaleFlows } from '../conntrack.ts';
import { rulesOf, type ServiceRule } from '../rules.ts';
import { compileRule, type ServiceObjects } from './compile.ts';
import type { Family } from './family.ts';
import { Ledger } from './ledger.ts';

/** The rules of one address family, as they are in the kernel. */
export class FamilyRules {
  readonly family: Family;
  readonly #podCidrs: readonly string[];
  readonly #nodeName: string;
  #ledger: Ledger;
  #rules = new Map<string, readonly ServiceRule[]>();
  /** How many rules have an address as a ready endpoint. */
  #uses = new Map<string, number>();
  readonly #departures = new Set<string>();

  constructor(family: Family, podCidrs: readonly string[], nodeName: string) {
    this.family = family;
    this.#podCidrs = podCidrs;
    this.#nodeName = nodeName;
    this.#ledger = new Ledger(family);
  }

  /** Forgets everything: the table is made anew. */
  reset(): void {
    this.#ledger = new Ledger(this.family);
    this.#rules = new Map();
    this.#uses = new Map();
  }

  /** Computes the rules of the services again; answers what must change. */
  update(
    keys: readonly string[],
    inputOf: (key: string) => { readonly service: Service | undefined; readonly slices: readonly EndpointSlice[] },
    zone: string | undefined,
  ): { readonly script: string; readonly stale: readonly StaleFlows[] } {
    const context = { family: this.family, podCidrs: this.#podCidrs };
    const changes = new Map<string, ServiceObjects | undefined>();
    const stale: StaleFlows[] = [];
    for (const key of keys) {
      const { service, slices } = inputOf(key);
      const next = service ? rulesOf(service, slices, { family: this.family.name, nodeName: this.#nodeName, zone }) : [];
      const old = this.#rules.get(key) ?? [];
      for (const rule of old) if (!next.some(({ id }) => id === rule.id)) changes.set(rule.id, undefined);
      for (const rule of next) changes.set(rule.id, compileRule(rule, context));
      for (const id of new Set([...old, ...next].map((rule) => rule.id))) {
        stale.push(
          ...staleFlows(
            old.find((rule) => rule.id === id),
            next.find((rule) => rule.id === id),
          ),
        );
      }
      this.#count(next, 1);
      this.#count(old, -1);
      if (next.length > 0) this.#rules.set(key, next);
      else this.#rules.delete(key);
    }
    return { script: this.#ledger.change(changes), stale };
  }

  isUsed(address: string): boolean {
    return this.#uses.has(address);
  }

  /** Addresses that went out of use since the last call. */
  takeDepartures(): string[] {
    const gone = [...this.#departures].filter((address) => !this.#uses.has(address));
    this.#departures.clear();
    return gone;
  }

  localEndpoints(key: string): number {
    return Math.max(0, ...(this.#rules.get(key) ?? []).map((rule) => rule.local.length));
  }

  #count(rules: readonly ServiceRule[], change: 1 | -1): void {
    for (const rule of rules) {
      for (const address of rule.inService) {
        const uses = (this.#uses.get(address) ?? 0) + change;
        if (uses > 0) this.#uses.set(address, uses);
        else {
          this.#uses.delete(address);
          this.#departures.add(address);
        }
      }
    }
  }
}
