import { StatusError } from '#machinery/status.ts';

/** A refusal that HTTP clients get as a line of text, because upstream's filters send it before anything speaks of objects. */
export class PlainTextError extends StatusError {}
