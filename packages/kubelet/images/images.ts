/**
 * Makes sure that images are present: pull policies, credentials, one pull at a time per image, back-off after failures.
 *
 * Source: kubernetes `pkg/kubelet/images/image_manager.go`.
 */
import type { Clock } from '#base/clock.ts';
import type { EventRecorder } from '#client/event-recorder.ts';
import type { ContainerRuntime, Image } from '#cri/runtime.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Secret } from '#kinds/core/secret/schema.ts';
import type { ConfigObjects } from '../config-objects.ts';
import { CrashBackoff } from '../pod/crash-backoff.ts';
import { ContainerStartError } from '../pod/start-error.ts';
import { containerReference } from '../pod/container-reference.ts';
import { credentialsFor } from './credentials.ts';
import { parseReference } from './reference.ts';

/** What the manager needs. */
export interface ImagesOptions {
  readonly runtime: ContainerRuntime;
  readonly objects: ConfigObjects;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  /** Ends with the kubelet: a pull that several pods wait for must outlive each of them. */
  readonly signal: AbortSignal;
  readonly nodeCredentials: Readonly<Record<string, { readonly username: string; readonly password: string }>>;
}

/** Pulls at the same time; registries and disks gain nothing from more. */
const MAX_PULLS = 5;

/** Elapsed time as Go prints durations, to the millisecond. */
function elapsedText(ms: number): string {
  const whole = Math.round(ms);
  if (whole < 1000) return `${whole}ms`;
  const seconds = whole / 1000;
  if (seconds < 60) return `${seconds}s`;
  return `${Math.floor(seconds / 60)}m${Math.round((seconds % 60) * 1000) / 1000}s`;
}

/** The result of `work`, unless `signal` aborts first; the work itself goes on. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Images of this node. */
export class Images {
  readonly #options: ImagesOptions;
  readonly #backoff = new CrashBackoff();
  readonly #pulling = new Map<string, Promise<string>>();
  readonly #waiting: (() => void)[] = [];
  readonly #failures = new Map<string, string>();
  #active = 0;

  constructor(options: ImagesOptions) {
    this.#options = options;
  }

  /** The image of the container, pulled when its policy says so. @throws ContainerStartError. */
  async ensure(pod: Pod, container: Container, signal: AbortSignal): Promise<Image> {
    const name = container.image ?? '';
    const about = containerReference(pod, container.name);
    const { recorder, runtime } = this.#options;
    if (!parseReference(name) && !/^(sha256:)?[0-9a-f]{64}$/.test(name)) {
      const message = `Failed to apply default image tag "${name}": couldn't parse image name "${name}": invalid reference format`;
      recorder.event(about, 'Warning', 'InspectFailed', message);
      throw new ContainerStartError('InvalidImageName', message);
    }
    const present = await runtime.imageStatus(name, signal);
    const policy = container.imagePullPolicy ?? 'IfNotPresent';
    if (present && policy !== 'Always') {
      recorder.event(about, 'Normal', 'Pulled', `Container image "${name}" already present on machine and can be accessed by the pod`);
      return present;
    }
    if (policy === 'Never') {
      const message = `Container image "${name}" is not present with pull policy of Never`;
      recorder.event(about, 'Warning', 'ErrImageNeverPull', message);
      throw new ContainerStartError('ErrImageNeverPull', message);
    }
    return this.#pull(pod, container, signal);
  }

  /** When the pull of this image may be tried again, in clock milliseconds; 0 when it did not fail. */
  retryAtMs(pod: Pod, image: string): number {
    const nowMs = this.#options.clock.now();
    const key = `${pod.metadata.uid}/${image}`;
    const failedAtMs = this.#failedAtMs.get(key);
    if (failedAtMs === undefined) return 0;
    return nowMs + this.#backoff.remainingMs(key, failedAtMs, nowMs);
  }

  /** The pod is gone. */
  release(podUid: string): void {
    this.#backoff.forget(`${podUid}/`);
    for (const map of [this.#failures, this.#failedAtMs]) for (const key of map.keys()) if (key.startsWith(`${podUid}/`)) map.delete(key);
  }

  readonly #failedAtMs = new Map<string, number>();

  async #pull(pod: Pod, container: Container, signal: AbortSignal): Promise<Image> {
    const name = container.image ?? '';
    const { recorder, runtime, clock } = this.#options;
    const about = containerReference(pod, container.name);
    const key = `${pod.metadata.uid}/${name}`;
    const failedAtMs = this.#failedAtMs.get(key);
    if (failedAtMs !== undefined && this.#backoff.remainingMs(key, failedAtMs, clock.now()) > 0) {
      const message = `Back-off pulling image "${name}"`;
      recorder.event(about, 'Normal', 'BackOff', message);
      const cause = this.#failures.get(key);
      throw new ContainerStartError('ImagePullBackOff', cause ? `${message}: ErrImagePull: ${cause}` : message);
    }
    recorder.event(about, 'Normal', 'Pulling', `Pulling image "${name}"`);
    const startMs = clock.monotonicMs();
    try {
      const { ref, pullMs } = await this.#shared(pod, name, signal);
      const image = (await runtime.imageStatus(ref, signal)) ?? (await runtime.imageStatus(name, signal));
      if (!image) throw new Error(`image "${name}" vanished after it was pulled`);
      const totalMs = clock.monotonicMs() - startMs;
      const text = `Successfully pulled image "${name}" in ${elapsedText(pullMs)} (${elapsedText(totalMs)} including waiting). Image size: ${image.sizeBytes} bytes.`;
      recorder.event(about, 'Normal', 'Pulled', text);
      this.#failures.delete(key);
      this.#failedAtMs.delete(key);
      this.#backoff.forget(key);
      return image;
    } catch (error) {
      if (signal.aborted) throw error;
      const message = `Failed to pull image "${name}": ${(error as Error).message}`;
      recorder.event(about, 'Warning', 'Failed', message);
      this.#failures.set(key, (error as Error).message);
      this.#failedAtMs.set(key, clock.now());
      this.#backoff.started(key, clock.now(), clock.now());
      throw new ContainerStartError('ErrImagePull', (error as Error).message);
    }
  }

  /** One pull per image and set of credentials at a time. */
  async #shared(pod: Pod, name: string, signal: AbortSignal): Promise<{ ref: string; pullMs: number }> {
    const secrets = await this.#pullSecrets(pod, signal);
    const credentials = credentialsFor(name, secrets, this.#options.nodeCredentials);
    const key = `${name} ${JSON.stringify(credentials)}`;
    const { clock } = this.#options;
    let startMs = clock.monotonicMs();
    let pull = this.#pulling.get(key);
    if (!pull) {
      pull = this.#limited(async () => {
        startMs = clock.monotonicMs();
        return this.#tryAll(name, credentials, this.#options.signal);
      }).finally(() => this.#pulling.delete(key));
      // Whoever waits sees the failure; without anyone left it concerns nobody.
      pull.catch(() => undefined);
      this.#pulling.set(key, pull);
    }
    const ref = await untilAborted(pull, signal);
    return { ref, pullMs: clock.monotonicMs() - startMs };
  }

  /** Tries each credential in turn; without any, anonymously. */
  async #tryAll(name: string, credentials: ReturnType<typeof credentialsFor>, signal: AbortSignal): Promise<string> {
    const { runtime } = this.#options;
    if (credentials.length === 0) return runtime.pullImage(name, undefined, signal);
    let failure: unknown;
    for (const credential of credentials) {
      try {
        return await runtime.pullImage(name, credential, signal);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async #pullSecrets(pod: Pod, signal: AbortSignal): Promise<Secret[]> {
    const namespace = pod.metadata.namespace ?? '';
    const found = await Promise.all((pod.spec.imagePullSecrets ?? []).map(({ name = '' }) => this.#options.objects.read('secret', namespace, name, signal)));
    return found.filter((secret) => secret !== undefined);
  }

  async #limited<T>(work: () => Promise<T>): Promise<T> {
    if (this.#active >= MAX_PULLS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#active += 1;
    try {
      return await work();
    } finally {
      this.#active -= 1;
      this.#waiting.shift()?.();
    }
  }
}
