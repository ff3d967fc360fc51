/**
 * Builds the program beside it and prints where it is. One at a time: `navarch test` starts this before the tests that come first, and the test that needs it waits for that.
 */
import { fileURLToPath } from 'node:url';
import { buildGoProgram, goKit } from '../fixture/go-program.ts';

console.log(await buildGoProgram(await goKit(), fileURLToPath(new URL('.', import.meta.url)), 'client-go'));
