/**
 * The few commands that containers of the in-memory runtime understand, so that tests can say what a container does:
 * `echo TEXT`, `echo TEXT >&2`, `sleep SECONDS`, `exit CODE`, `true`, `false`, `cat FILE`, `write FILE TEXT`, joined by `;` after `sh -c`.
 */

/** One thing a container does. */
export type Step =
  | { readonly kind: 'print'; readonly text: string; readonly stream: 'stdout' | 'stderr' }
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'cat'; readonly path: string }
  | { readonly kind: 'write'; readonly path: string; readonly text: string };

/** Sleeps of this many seconds and more never end by themselves. */
const FOREVER_SECONDS = 1000;

function parseStep(words: readonly string[]): Step {
  const [name, ...args] = words;
  switch (name) {
    case 'echo': {
      const stderr = args.at(-1) === '>&2';
      return { kind: 'print', text: (stderr ? args.slice(0, -1) : args).join(' '), stream: stderr ? 'stderr' : 'stdout' };
    }
    case 'sleep': {
      const seconds = Number(args[0]);
      return { kind: 'sleep', ms: seconds >= FOREVER_SECONDS ? Number.POSITIVE_INFINITY : seconds * 1000 };
    }
    case 'exit':
      return { kind: 'exit', code: Number(args[0] ?? 0) };
    case 'true':
      return { kind: 'exit', code: 0 };
    case 'false':
      return { kind: 'exit', code: 1 };
    case 'cat':
      return { kind: 'cat', path: args[0] ?? '' };
    case 'write':
      return { kind: 'write', path: args[0] ?? '', text: args.slice(1).join(' ') };
    default:
      return { kind: 'exit', code: 127 };
  }
}

/** What a command line does; an empty one sleeps for ever. */
export function parseCommand(command: readonly string[]): readonly Step[] {
  if (command.length === 0) return [{ kind: 'sleep', ms: Number.POSITIVE_INFINITY }];
  if (command[0] !== 'sh' || command[1] !== '-c') return [parseStep(command)];
  const script = command[2] ?? '';
  return script
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => parseStep(part.split(/\s+/).filter((word) => word !== 'exec')));
}
