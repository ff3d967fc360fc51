/**
 * The engine's thread: opens the engine in the directory it was given and answers calls one after the other.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { StoreUnavailableError } from '../store.ts';
import type { DatabaseOptions } from './database.ts';
import { Engine } from './engine.ts';
import { explain, isTransient } from './failures.ts';
import type { EngineFailure, EngineGreeting, EngineReply, EngineRequest } from './messages.ts';

const options = workerData as DatabaseOptions;
const port = parentPort!;

function failureOf(error: unknown): EngineFailure {
  const explained = error instanceof StoreUnavailableError ? error : explain(error, options.directory);
  return { message: explained.message, transient: isTransient(error) };
}

function answer(engine: Engine, { id, method, args }: EngineRequest): EngineReply {
  try {
    const call = engine[method] as (...args: readonly unknown[]) => ReturnType<Engine[typeof method]>;
    return { id, result: call.apply(engine, args as unknown[]) };
  } catch (error) {
    return { id, failure: failureOf(error) };
  }
}

function serve(engine: Engine): void {
  port.on('message', (request: EngineRequest) => {
    port.postMessage(answer(engine, request));
    if (request.method === 'close') port.close();
  });
  port.postMessage({ ready: engine.state() } satisfies EngineGreeting);
}

try {
  serve(new Engine(options));
} catch (error) {
  port.postMessage({ failure: failureOf(error) } satisfies EngineGreeting);
}
