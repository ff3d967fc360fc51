/** The part of a request's body that arrives after its head: kept up to a bound until somebody who may have it wants it. */
import { badRequest } from '#machinery/status.ts';

/** What may arrive before anybody has asked for the body; then reading from the client stops. */
const MAX_UNASKED_BYTES = 64 * 1024;

interface Reader {
  readonly beginning: Buffer;
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** Of one connection: used for one request after the other. */
export class BodyRest {
  /** Bytes that have not arrived. */
  missing = 0;
  #pieces: Buffer[] = [];
  #length = 0;
  #reader: Reader | undefined;
  #failed = false;

  get pieces(): readonly Buffer[] {
    return this.#pieces;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Whether nothing more should be read before the body is asked for. */
  get isFull(): boolean {
    return this.#reader === undefined && this.#length > MAX_UNASKED_BYTES;
  }

  /** Takes what belongs to the body; answers what follows it. */
  take(chunk: Buffer): Buffer {
    const taken = chunk.length <= this.missing ? chunk : chunk.subarray(0, this.missing);
    this.#pieces.push(taken);
    this.#length += taken.length;
    this.missing -= taken.length;
    if (this.missing === 0) this.#deliver();
    return chunk.subarray(taken.length);
  }

  /** The whole body, once it has arrived. @throws StatusError BadRequest when it will not */
  read(beginning: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#reader = { beginning, resolve, reject };
      if (this.missing === 0) this.#deliver();
      else if (this.#failed) this.fail();
    });
  }

  /** Nothing more will arrive. */
  fail(): void {
    this.#failed = true;
    if (this.missing > 0) this.#reader?.reject(badRequest('the body ended too early'));
  }

  /** For the next request. */
  clear(): void {
    this.missing = 0;
    this.#reader = undefined;
    if (this.#length === 0) return;
    this.#pieces = [];
    this.#length = 0;
  }

  #deliver(): void {
    this.#reader?.resolve(Buffer.concat([this.#reader.beginning, ...this.#pieces]));
  }
}
