/**
 * The admission chain: plugins that may change a request's object, then plugins that may refuse it.
 *
 * Source: apiserver `pkg/admission`.
 */
import type { User } from '../call.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';

/** What a request does to an object. */
export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** A request as plugins see it. */
export interface AdmissionRequest {
  readonly operation: Operation;
  /** The resource of the path. */
  readonly kind: Kind;
  /** Empty for the object itself. */
  readonly subresource: string;
  readonly namespace: string;
  /** Empty when the server is still to generate it. */
  readonly name: string;
  /** The object, owned by the request: `admit` may change it. Absent for DELETE. */
  readonly object: Draft<KubeObject> | undefined;
  /** The stored object; absent for CREATE. */
  readonly old: KubeObject | undefined;
  /** `CreateOptions`, `DeleteOptions` and so on, as far as plugins may need them. */
  readonly options: { readonly dryRun: boolean; readonly gracePeriodSeconds?: number };
  readonly user: User;
  readonly nowMs: number;
  warn(text: string): void;
  /** Adds to the request's audit event; absent where none is kept. */
  annotate?: ((key: string, value: string) => void) | undefined;
}

/** Which requests a plugin wants to see. */
export interface Interest {
  readonly operations: readonly Operation[];
  /** `GROUP/PLURAL` of the resources; absent: all of them. */
  readonly resources?: readonly string[];
  /** Whether requests to subresources come too; absent: not. A list names those that do. */
  readonly subresources?: true | readonly string[];
}

/** One rule of admission. Failures are thrown as StatusError. */
export interface AdmissionPlugin {
  readonly name: string;
  readonly interest: Interest;
  /** May change the object. */
  admit?(request: AdmissionRequest): void | Promise<void>;
  /** Sees the final object. */
  validate?(request: AdmissionRequest): void | Promise<void>;
}

function isInterested({ operations, resources, subresources }: Interest, request: AdmissionRequest): boolean {
  if (!operations.includes(request.operation)) return false;
  if (request.subresource !== '' && subresources !== true && !subresources?.includes(request.subresource)) return false;
  return !resources || resources.includes(`${request.kind.group}/${request.kind.plural}`);
}

/** Which plugins see a kind of request: asked once, then remembered. */
interface Selected {
  readonly admit: readonly AdmissionPlugin[];
  readonly validate: readonly AdmissionPlugin[];
}

/** The plugins in order. */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #selected = new Map<Kind, Map<string, Selected>>();

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  /** Lets plugins change the object; a promise only when one of them waits. */
  admit(request: AdmissionRequest): void | Promise<void> {
    const { admit } = this.#select(request);
    for (let i = 0; i < admit.length; i++) {
      const waiting = admit[i]!.admit!(request);
      if (waiting) return waiting.then(() => this.#rest(admit.slice(i + 1), 'admit', request));
    }
  }

  /** Lets plugins refuse the object; a promise only when one of them waits. */
  validate(request: AdmissionRequest): void | Promise<void> {
    const { validate } = this.#select(request);
    for (let i = 0; i < validate.length; i++) {
      const waiting = validate[i]!.validate!(request);
      if (waiting) return waiting.then(() => this.#rest(validate.slice(i + 1), 'validate', request));
    }
  }

  async #rest(plugins: readonly AdmissionPlugin[], phase: 'admit' | 'validate', request: AdmissionRequest): Promise<void> {
    for (const plugin of plugins) await plugin[phase]!(request);
  }

  #select(request: AdmissionRequest): Selected {
    let byCase = this.#selected.get(request.kind);
    if (!byCase) this.#selected.set(request.kind, (byCase = new Map<string, Selected>()));
    const key = `${request.operation} ${request.subresource}`;
    let selected = byCase.get(key);
    if (!selected) {
      const interested = this.#plugins.filter((plugin) => isInterested(plugin.interest, request));
      selected = { admit: interested.filter((plugin) => plugin.admit), validate: interested.filter((plugin) => plugin.validate) };
      byCase.set(key, selected);
    }
    return selected;
  }
}
