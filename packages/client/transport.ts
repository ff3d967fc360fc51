/**
 * The contract between a client and an API server: in-process (objects by reference) or over the network. Both behave alike.
 */
import type { KubeObject } from '#machinery/kind.ts';
import type { Status } from '#machinery/status.ts';

/** What PATCH sends. */
export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

/** One API request. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path without query: `/api/v1/namespaces/default/pods/web`. */
  readonly path: string;
  /** Query parameters; undefined ones are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** The decoded body. It is handed over: the caller must not change it afterwards. */
  readonly body?: unknown;
  /** For PATCH. */
  readonly patchType?: PatchType;
}

/** What a watch yields. `object` of a BOOKMARK carries only kind, apiVersion and metadata.resourceVersion (and annotations). */
export type WatchEvent<T = KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: T }
  | { readonly type: 'ERROR'; readonly object: Status };

/** Reaches one API server as one user. */
export interface Transport extends AsyncDisposable {
  /**
   * Sends a request and answers the decoded object (or list, or Status).
   * @throws StatusError for every failure, network failures included (reason `ServiceUnavailable` or `Timeout`).
   */
  request(request: ApiRequest, signal: AbortSignal): Promise<unknown>;
  /**
   * Opens a watch (GET with `watch=1`); yields events in batches, in order. Ends normally when the server ends it; rejects with StatusError when it cannot start.
   */
  watch(request: ApiRequest, signal: AbortSignal): AsyncIterable<readonly WatchEvent[]>;
}
