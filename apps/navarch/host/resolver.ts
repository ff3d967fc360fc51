/**
 * The name servers this machine uses, as far as a node in a namespace of its own can reach them.
 */
import { readFile } from 'node:fs/promises';
import { isMissing } from '../cluster/processes.ts';

/** systemd-resolved listens on loopback only, but tells here whom it asks. */
const CANDIDATES = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

/** Nameserver addresses in the text of a resolv.conf that are reachable from other network namespaces. */
export function routableNameservers(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [keyword, address] = line.trim().split(/\s+/);
    return keyword === 'nameserver' && address && /^\d+\.\d+\.\d+\.\d+$/.test(address) && !address.startsWith('127.') ? [address] : [];
  });
}

/** Addresses of name servers outside; empty when the machine only has one on its own loopback. */
export async function upstreamNameservers(): Promise<string[]> {
  for (const path of CANDIDATES) {
    try {
      const found = routableNameservers(await readFile(path, 'utf8'));
      if (found.length > 0) return found;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return [];
}
