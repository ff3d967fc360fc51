/**
 * Configuration files of the API server: YAML or JSON of a declared kind, read strictly, so that a misspelt field is an error that names it.
 */
import { decodeObject } from '#machinery/decode.ts';
import type { FieldError } from '#machinery/field-error.ts';
import type { Message } from '#machinery/schema.ts';
import { decodeYaml } from '#machinery/yaml.ts';

/** A configuration that cannot be used; the message says where and why. */
export class ConfigurationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigurationError';
  }
}

/** What a file may hold. */
export interface ConfigurationType {
  readonly group: string;
  /** Accepted versions; all are read alike. */
  readonly versions: readonly string[];
  readonly kind: string;
  readonly schema: Message;
}

/** Reads files that configurations name. */
export type ReadFile = (path: string) => string;

/** The parsed text. @throws ConfigurationError */
export function parseConfigurationText(text: string, from: string): unknown {
  try {
    return decodeYaml(text);
  } catch (error) {
    throw new ConfigurationError(`${from}: ${(error as Error).message}`);
  }
}

/** A parsed value as `type`. @throws ConfigurationError */
export function readConfigurationValue<T>(value: unknown, type: ConfigurationType, from: string): T {
  const { kind, apiVersion } = (value ?? {}) as { readonly kind?: unknown; readonly apiVersion?: unknown };
  const accepted = type.versions.map((version) => `${type.group}/${version}`);
  if (kind !== type.kind || typeof apiVersion !== 'string' || !accepted.includes(apiVersion)) {
    throw new ConfigurationError(
      `${from}: no kind ${JSON.stringify(kind ?? '')} is registered for version ${JSON.stringify(apiVersion ?? '')}; ${type.kind} of ${accepted.join(' or ')} is needed`,
    );
  }
  try {
    const { object, problems } = decodeObject<T>(type.schema, value, { mode: 'strict' });
    if (problems.length > 0) throw new ConfigurationError(`${from}: strict decoding error: ${problems.join(', ')}`);
    return object;
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw new ConfigurationError(`${from}: ${(error as Error).message}`);
  }
}

/** Text as `type`. @throws ConfigurationError */
export function readConfigurationText<T>(text: string, type: ConfigurationType, from: string): T {
  return readConfigurationValue(parseConfigurationText(text, from), type, from);
}

/** @throws ConfigurationError naming every finding */
export function refuseFindings(findings: readonly FieldError[], from: string): void {
  if (findings.length === 0) return;
  const lines = findings.map(({ field, message }) => `${field}: ${message}`);
  throw new ConfigurationError(`${from}: ${lines.length === 1 ? lines[0]! : `[${lines.join(', ')}]`}`);
}
