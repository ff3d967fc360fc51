/**
 * Finds what autoscalers scale: anything with a `scale` subresource.
 *
 * Source: client-go `restmapper`, `scale`.
 */
import type { Clock } from '#base/clock.ts';
import type { Client } from '#client/client.ts';
import type { Scale } from '#kinds/autoscaling/scale/schema.ts';
import { builtinKinds } from '#kinds/registry.ts';
import type { Kind } from '#machinery/kind.ts';
import { resourceName } from '../discovery/served-resources.ts';
import type { ListServedResources } from '../discovery/served-resources.ts';

/** What was discovered counts this long, as upstream's mapper is reset. */
const DISCOVERY_MS = 30_000;

/** A kind and the scale of one of its objects. */
export interface FoundScale {
  readonly kind: Kind;
  readonly scale: Scale;
}

/** Kinds by `group/kind`: built-in ones are known, others are discovered. */
export class ScaleTargets {
  readonly #listServed: ListServedResources;
  readonly #clock: Clock;
  readonly #builtin = new Map(builtinKinds.filter((kind) => kind.enabledByDefault && !kind.virtual).map((kind) => [`${kind.group}/${kind.kind}`, kind]));
  #discovered: readonly Kind[] = [];
  #discoveredMs = -Infinity;

  constructor(listServed: ListServedResources, clock: Clock) {
    this.#listServed = listServed;
    this.#clock = clock;
  }

  /** @throws Error `no matches for kind …`; StatusError of discovery */
  async kind(apiVersion: string, kind: string, signal: AbortSignal): Promise<Kind> {
    const group = groupOf(apiVersion);
    const key = `${group}/${kind}`;
    const known = this.#builtin.get(key) ?? this.#find(key);
    if (known) return known;
    if (this.#clock.monotonicMs() - this.#discoveredMs >= DISCOVERY_MS) {
      this.#discovered = (await this.#listServed(signal)).kinds;
      this.#discoveredMs = this.#clock.monotonicMs();
    }
    const found = this.#find(key);
    if (!found) throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`);
    return found;
  }

  /** `ingresses.networking.k8s.io`: as custom metrics name resources. */
  async resource(apiVersion: string, kind: string, signal: AbortSignal): Promise<string> {
    return resourceName(await this.kind(apiVersion, kind, signal));
  }

  /** @throws StatusError NotFound when the object or its subresource does not exist */
  async scale(kind: Kind, target: { readonly namespace: string; readonly name: string }, client: Client, signal: AbortSignal): Promise<FoundScale> {
    const scale = (await client.of(kind).namespace(target.namespace).sub('GET', target.name, 'scale', undefined, signal)) as Scale;
    return { kind, scale };
  }

  #find(key: string): Kind | undefined {
    return this.#discovered.find((one) => `${one.group}/${one.kind}` === key);
  }
}

/** The group of an apiVersion. @throws Error `unexpected GroupVersion string: …` */
function groupOf(apiVersion: string): string {
  const parts = apiVersion.split('/');
  if (parts.length > 2) throw new Error(`unexpected GroupVersion string: ${apiVersion}`);
  return parts.length === 2 ? parts[0]! : '';
}
