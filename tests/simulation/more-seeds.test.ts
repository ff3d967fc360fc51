/** Beside `simulation.test.ts`, in a process of its own: the other half of the seeds. */
import { simulateFrom } from './boxed.ts';

simulateFrom(2, 2);
