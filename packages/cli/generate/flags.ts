/**
 * The flags of the commands that make objects from flags; each uses some.
 */
import type { WriteFlags } from '../commands/apply.ts';
import { CliError } from '../io.ts';

/** Values as the parser left them. */
export interface GenerateFlags extends Omit<WriteFlags, 'filename'> {
  readonly filename?: readonly string[];
  readonly image?: readonly string[];
  readonly replicas?: number;
  readonly port?: string;
  readonly targetPort?: string;
  readonly fromLiteral?: readonly string[];
  readonly fromFile?: readonly string[];
  readonly fromEnvFile?: readonly string[];
  readonly type?: string;
  readonly tcp?: readonly string[];
  readonly nodePort?: number;
  readonly clusterip?: string;
  readonly externalName?: string;
  readonly clusterrole?: string;
  readonly role?: string;
  readonly user?: readonly string[];
  readonly group?: readonly string[];
  readonly serviceaccount?: readonly string[];
  readonly verb?: readonly string[];
  readonly resource?: readonly string[];
  readonly resourceName?: readonly string[];
  readonly nonResourceUrl?: readonly string[];
  readonly schedule?: string;
  readonly from?: string;
  readonly restart?: string;
  readonly env?: readonly string[];
  readonly labels?: string;
  readonly command?: boolean;
  readonly name?: string;
  readonly selector?: string;
  readonly protocol?: string;
  readonly externalIp?: string;
  readonly sessionAffinity?: string;
  readonly value?: number;
  readonly description?: string;
  readonly globalDefault?: boolean;
  readonly preemptionPolicy?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly dockerServer: string;
  readonly dockerUsername?: string;
  readonly dockerPassword?: string;
  readonly dockerEmail?: string;
  readonly hard?: string;
  readonly scopes?: string;
  readonly minAvailable?: string;
  readonly maxUnavailable?: string;
  readonly rule?: readonly string[];
  readonly class?: string;
  readonly duration?: string;
  readonly overrides?: string;
  readonly serviceAccountOverride?: string;
}

/** An object that a command makes, in the order of its declared fields. */
export type Generated = Record<string, unknown> & { readonly apiVersion: string; readonly kind: string; readonly metadata: { readonly name: string } };

/** `a=b,c=d` as labels. @throws CliError */
export function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const equals = part.indexOf('=');
      if (equals < 0) throw new CliError(`error: unexpected label spec: ${part}`);
      return [part.slice(0, equals), part.slice(equals + 1)];
    }),
  );
}

/** A number where the text is one: ports may have names. */
export const portValue = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);

/** A fault in how the command was written, with where to read about it. */
export function usageError(command: string, problem: string): CliError {
  return new CliError(`error: ${problem}\nSee 'kubectl ${command} -h' for help and examples`);
}

/** Flags that must be given. @throws CliError */
export function requireFlags(flags: Readonly<Record<string, unknown>>): void {
  const missing = Object.entries(flags).flatMap(([name, value]) => (value === undefined || (Array.isArray(value) && value.length === 0) ? [`"${name}"`] : []));
  if (missing.length > 0) throw new CliError(`error: required flag(s) ${missing.join(', ')} not set`);
}
