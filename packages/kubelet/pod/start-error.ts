/**
 * Why a container could not be started, in the words of its `waiting` state.
 */

/** `reason` is what `kubectl get pods` shows: `ErrImagePull`, `CreateContainerConfigError`, … */
export class ContainerStartError extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = 'ContainerStartError';
    this.reason = reason;
  }
}
