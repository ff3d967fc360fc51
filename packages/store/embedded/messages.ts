/**
 * What the store's thread and the engine's thread say to each other.
 */
import type { Engine, EngineState } from './engine.ts';

/** Methods of the engine that can be called from another thread. */
export type EngineMethod = 'state' | 'commit' | 'get' | 'range' | 'count' | 'history' | 'compact' | 'clean' | 'sizeBytes' | 'close';

/** A call; answers carry its `id`. */
export interface EngineRequest {
  readonly id: number;
  readonly method: EngineMethod;
  readonly args: readonly unknown[];
}

/** A failure in words for a person. */
export interface EngineFailure {
  readonly message: string;
  /** Whether the engine works on as if the call had not been made. */
  readonly transient: boolean;
}

/** The outcome of a call. */
export type EngineReply =
  | { readonly id: number; readonly result: ReturnType<Engine[EngineMethod]> }
  | { readonly id: number; readonly failure: EngineFailure };

/** What the engine's thread says first. */
export type EngineGreeting = { readonly ready: EngineState } | { readonly failure: EngineFailure };
