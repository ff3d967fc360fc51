import type { Strategy } from '#machinery/kind.ts';
import type { Secret } from './schema.ts';
import { validateSecret, validateSecretUpdate } from './validation.ts';

/** Rules of a secret's life. */
export const secretStrategy: Strategy<Secret> = {
  unconditionalUpdate: true,
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  warnings: pairWarnings,
  prepareForUpdate(draft, stored) {
    if (stored.type) draft.type ||= stored.type;
  },
};

const PEM = /-----BEGIN [^-]+-----[\s\S]+?-----END [^-]+-----/;

/** A TLS secret whose certificate or key cannot be one, in the words of Go's library. Source: kubernetes `pkg/registry/core/secret` strategy. */
function pairWarnings({ type, data = {} }: Secret): string[] {
  if (type !== 'kubernetes.io/tls') return [];
  const text = (name: string): string => Buffer.from(data[name] ?? '', 'base64').toString('latin1');
  if (!PEM.test(text('tls.crt'))) return ['tls: failed to find any PEM data in certificate input'];
  return PEM.test(text('tls.key')) ? [] : ['tls: failed to find any PEM data in key input'];
}
