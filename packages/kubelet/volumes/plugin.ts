/**
 * The contract of volume kinds: a plugin is a value that says which volumes are its own and makes them appear as a path on the node.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Volume } from '#kinds/core/pod/volumes.ts';

/** Everything a plugin may need to set a volume up. */
export interface VolumeRequest {
  readonly pod: Pod;
  readonly volume: Volume;
  /** A directory of this volume's own; it may not exist yet. */
  readonly directory: string;
  /** Like `directory`, on a memory-backed filesystem where the node has one: for secrets. */
  readonly memoryDirectory: string;
}

/** A volume that is in place. */
export interface MountedVolume {
  /** Path on the node that containers mount. */
  readonly path: string;
  /** The image that containers get instead of a path of the node. */
  readonly image?: string;
  /** The block device that containers get instead of a mount. */
  readonly device?: string;
  /** Containers may only read it. */
  readonly readOnly?: boolean;
  /** Apply `fsGroup` to what is in it. */
  readonly managesOwnership: boolean;
  /** When the content must be made again (tokens that expire), in clock milliseconds. */
  readonly refreshAtMs?: number;
}

/** A volume cannot be set up, in the words that the event needs: nothing is put before them. */
export class VolumeProblem extends Error {}

/** A kind of volume. `setUp` is called on every sync and must be cheap when nothing changed. */
export interface VolumePlugin {
  /** `kubernetes.io/empty-dir`. */
  readonly name: string;
  supports(volume: Volume): boolean;
  /** @throws Error whose message says what is missing; it is tried again. */
  setUp(request: VolumeRequest, signal: AbortSignal): Promise<MountedVolume>;
  /** Undoes `setUp` when the pod has ended; must succeed when there is nothing to undo. */
  tearDown(directory: string, signal: AbortSignal): Promise<void>;
}
