/**
 * What a task or tutorial of upstream's documentation is to the test that runs it.
 */
import type { Terminal } from '../fixture/terminal.ts';

/** Its commands, typed one after the other in a namespace of its own; what they print is compared with what the page shows. */
export interface Task {
  /** The page's title. */
  readonly title: string;
  readonly namespace: string;
  run(shell: Terminal): Promise<void>;
}
