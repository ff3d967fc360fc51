/**
 * Structured log lines: a level, a message, fields. The sink is chosen by the composition root.
 */

/** From chatty to grave. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Values that make sense in a log line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes lines that carry the fields it was made with. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose lines also carry `fields`. */
  with(fields: LogFields): Logger;
}

/** Receives each line that passed the level filter. */
export type LogSink = (level: LogLevel, message: string, fields: LogFields) => void;

const ORDER: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A logger that sends lines at or above `level` to `sink`. */
export function createLogger(sink: LogSink, level: LogLevel = 'info', bound: LogFields = {}): Logger {
  const emit = (at: LogLevel, message: string, fields?: LogFields): void => {
    if (ORDER[at] >= ORDER[level]) sink(at, message, fields ? { ...bound, ...fields } : bound);
  };
  return {
    debug: (message, fields) => emit('debug', message, fields),
    info: (message, fields) => emit('info', message, fields),
    warn: (message, fields) => emit('warn', message, fields),
    error: (message, fields) => emit('error', message, fields),
    with: (fields) => createLogger(sink, level, { ...bound, ...fields }),
  };
}

/** Drops every line. */
export const silentLogger: Logger = createLogger(() => {}, 'error');

/** Makes an error loggable: its name, message, stack and cause chain as plain fields. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: String(error) };
  const fields: Record<string, unknown> = { error: error.message, errorName: error.name, stack: error.stack };
  if (error.cause !== undefined) fields['cause'] = error.cause instanceof Error ? error.cause.message : JSON.stringify(error.cause);
  return fields;
}

/** One JSON object per line: `{"ts","level","msg",...fields}`; `write` gets the line with its newline. */
export function jsonSink(write: (line: string) => void, now: () => number): LogSink {
  return (level, message, fields) => {
    const { error, ...rest } = fields;
    const flat = error === undefined ? rest : { ...rest, ...(error instanceof Error ? errorFields(error) : { error }) };
    write(`${JSON.stringify({ ts: new Date(now()).toISOString(), level, msg: message, ...flat })}\n`);
  };
}
