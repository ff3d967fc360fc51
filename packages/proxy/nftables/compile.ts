/**
 * One service rule as nftables objects: chains, sets and map elements. Pure.
 */
import { createHash } from 'node:crypto';
import type { Backend } from '../endpoints.ts';
import type { Outcome, ServiceRule } from '../rules.ts';
import type { Family } from './family.ts';
import type { ElementSet } from './table.ts';

/** An element of a set or map of the table; a set's has no value. */
export interface Element {
  readonly set: ElementSet;
  readonly key: string;
  readonly value: string;
}

/** What one rule needs in the table. */
export interface ServiceObjects {
  /** Rules by chain. A chain comes after those it jumps to. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Definitions by set; a name is never used for two definitions. */
  readonly sets: ReadonlyMap<string, string>;
  readonly elements: readonly Element[];
}

/** What the rules of a node share. */
export interface CompileContext {
  readonly family: Family;
  /** Addresses of pods: everything else is masked behind the node when it comes by way of a service. */
  readonly podCidrs: readonly string[];
}

/** Compiles a rule. */
export function compileRule(rule: ServiceRule, context: CompileContext): ServiceObjects {
  const compiler = new Compiler(rule, context);
  return compiler.compile();
}

class Compiler {
  readonly #rule: ServiceRule;
  readonly #context: CompileContext;
  readonly #suffix: string;
  readonly #chains = new Map<string, readonly string[]>();
  readonly #sets = new Map<string, string>();
  readonly #elements: Element[] = [];

  constructor(rule: ServiceRule, context: CompileContext) {
    this.#rule = rule;
    this.#context = context;
    // The hash keeps names unique where the readable part is cut; names may have 127 characters.
    this.#suffix = `${createHash('sha256').update(rule.id).digest('hex').slice(0, 8)}-${rule.id.slice(0, 90)}`;
  }

  compile(): ServiceObjects {
    const rule = this.#rule;
    const isExternal = rule.nodePort !== undefined || rule.externalIps.length > 0 || rule.loadBalancerIps.length > 0;
    const usesCluster = rule.cluster.length > 0 && (rule.internal === 'cluster' || isExternal);
    const usesLocal = rule.local.length > 0 && (rule.internal === 'local' || (isExternal && rule.external === 'local'));
    if (usesCluster) this.#chains.set(this.#clusterChain, [...this.#markStrangers(''), ...this.#dispatch(rule.cluster)]);
    if (usesLocal) {
      // Traffic from outside keeps its client's address here, so only what came for the cluster IP is masked.
      const forClusterIp = rule.internal === 'local' ? this.#markStrangers(`${this.#ip} daddr { ${rule.clusterIps.join(', ')} } `) : [];
      this.#chains.set(this.#localChain, [...forClusterIp, ...this.#dispatch(rule.local)]);
    }
    for (const address of rule.clusterIps) this.#publish(address, rule.internal, rule.internal === 'local' ? this.#localChain : this.#clusterChain);
    if (isExternal) this.#compileExternal();
    if (usesCluster || usesLocal)
      for (const address of rule.onNode) this.#elements.push({ set: 'hairpins', key: `${address} . ${address}`, value: '' });
    return { chains: this.#chains, sets: this.#sets, elements: this.#elements };
  }

  get #ip(): string {
    return this.#context.family.ip;
  }

  get #clusterChain(): string {
    return `svc-${this.#suffix}`;
  }

  get #localChain(): string {
    return `local-${this.#suffix}`;
  }

  #compileExternal(): void {
    const { nodePort, externalIps, loadBalancerIps, sourceRanges, external, protocol, port } = this.#rule;
    const chain = `ext-${this.#suffix}`;
    // With `drop` the traffic of pods and of the node itself is still served, so the chain exists whenever there is a backend anywhere.
    const hasChain = external === 'cluster' || external === 'local' || (external === 'drop' && this.#rule.cluster.length > 0);
    if (hasChain) this.#chains.set(chain, this.#externalRules());
    for (const address of [...externalIps, ...loadBalancerIps]) this.#publish(address, external, chain);
    if (nodePort !== undefined) {
      const key = `${protocol} . ${nodePort}`;
      if (hasChain) this.#elements.push({ set: 'service-nodeports', key, value: `goto ${chain}` });
      if (external === 'reject' || external === 'drop') this.#elements.push({ set: 'no-endpoint-nodeports', key, value: verdict(external) });
    }
    if (!sourceRanges) return;
    const firewall = `fw-${this.#suffix}`;
    const allow = sourceRanges.length > 0 ? [`${this.#ip} saddr { ${sourceRanges.join(', ')} } return`] : [];
    this.#chains.set(firewall, [...allow, 'drop']);
    for (const address of loadBalancerIps) {
      this.#elements.push({ set: 'firewalled-ips', key: `${address} . ${protocol} . ${port}`, value: `goto ${firewall}` });
    }
  }

  /** From outside: masked and spread over all backends, or kept on this node with the client's address. */
  #externalRules(): string[] {
    const { external, cluster } = this.#rule;
    if (external === 'cluster') return ['jump mark-for-masquerade', `goto ${this.#clusterChain}`];
    const fromInside =
      cluster.length > 0
        ? [
            `${this.#ip} saddr ${this.#pods} goto ${this.#clusterChain}`,
            'fib saddr type local jump mark-for-masquerade',
            `fib saddr type local goto ${this.#clusterChain}`,
          ]
        : [];
    return external === 'local' ? [...fromInside, `goto ${this.#localChain}`] : fromInside;
  }

  #publish(address: string, outcome: Outcome, chain: string): void {
    const { protocol, port } = this.#rule;
    const key = `${address} . ${protocol} . ${port}`;
    if (this.#chains.has(chain)) this.#elements.push({ set: 'service-ips', key, value: `goto ${chain}` });
    if (outcome === 'reject' || outcome === 'drop') this.#elements.push({ set: 'no-endpoint-ips', key, value: verdict(outcome) });
  }

  get #pods(): string {
    return `{ ${this.#context.podCidrs.join(', ')} }`;
  }

  #markStrangers(match: string): string[] {
    if (this.#context.podCidrs.length === 0) return [`${match}jump mark-for-masquerade`];
    return [`${match}${this.#ip} saddr != ${this.#pods} jump mark-for-masquerade`];
  }

  #dispatch(backends: readonly Backend[]): string[] {
    const { protocol, affinitySeconds } = this.#rule;
    if (affinitySeconds !== undefined) return this.#stickyDispatch(backends, affinitySeconds);
    const [only] = backends;
    if (only && backends.length === 1) return [`meta l4proto ${protocol} dnat to ${this.#socket(only)}`];
    const choices = backends.map(({ address, port }, index) => `${index} : ${address} . ${port}`);
    return [`meta l4proto ${protocol} dnat ${this.#ip} to numgen random mod ${backends.length} map { ${choices.join(', ')} }`];
  }

  /** Each backend has a set of the clients it served lately. */
  #stickyDispatch(backends: readonly Backend[], seconds: number): string[] {
    const { ip, addressType } = this.#context.family;
    const choices = backends.map((backend) => {
      const name = `${this.#suffix.slice(0, 70)}_${backend.address.replaceAll(':', '.')}_${backend.port}`;
      const clients = `aff-${seconds}-${name}`;
      this.#sets.set(clients, `{ type ${addressType}; flags dynamic, timeout; timeout ${seconds}s; }`);
      const chain = `ep-${seconds}-${name}`;
      this.#chains.set(chain, [`update @${clients} { ${ip} saddr }`, `meta l4proto ${this.#rule.protocol} dnat to ${this.#socket(backend)}`]);
      return { clients, chain };
    });
    return [
      ...choices.map(({ clients, chain }) => `${ip} saddr @${clients} goto ${chain}`),
      `numgen random mod ${choices.length} vmap { ${choices.map(({ chain }, index) => `${index} : goto ${chain}`).join(', ')} }`,
    ];
  }

  #socket({ address, port }: Backend): string {
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  }
}

const verdict = (outcome: 'drop' | 'reject'): string => (outcome === 'drop' ? 'drop' : 'goto refuse');
