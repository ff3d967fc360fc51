/**
 * The hash that names a pod template, and the alphabet that keeps names free of bad words.
 *
 * Source: `rand.SafeEncodeString` and `ComputeHash` upstream. Upstream hashes Go's debug print of the template; Navarch hashes canonical JSON.
 */

/** No vowels and nothing that looks like them. */
export const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Writes text in the safe alphabet, character by character. */
export function safeEncode(text: string): string {
  let encoded = '';
  for (let i = 0; i < text.length; i++) encoded += SAFE_ALPHABET[text.charCodeAt(i) % SAFE_ALPHABET.length];
  return encoded;
}

/** 32-bit FNV-1a. */
export function fnv32a(bytes: Uint8Array, seed = 0x811c9dc5): number {
  let hash = seed;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** JSON with sorted members, without what is absent or empty, so that equal values have equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined && member !== null && !(Array.isArray(member) && member.length === 0))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** The name of a template; `collisionCount` makes another one when two templates share a name. */
export function templateHash(template: unknown, collisionCount?: number): string {
  const encoder = new TextEncoder();
  let hash = fnv32a(encoder.encode(canonicalJson(template)));
  if (collisionCount !== undefined) hash = fnv32a(encoder.encode(String(collisionCount)), hash);
  return safeEncode(String(hash));
}
