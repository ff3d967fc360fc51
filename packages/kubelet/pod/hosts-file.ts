/**
 * The `/etc/hosts` that all containers of a pod share.
 *
 * Source: kubernetes `pkg/kubelet/kubelet_pods.go` ensureHostsFile.
 */
import type { HostAlias } from '#kinds/core/pod/schema.ts';

const LOCAL_NAMES = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`;

function aliasLines(aliases: readonly HostAlias[]): string {
  if (aliases.length === 0) return '';
  const lines = aliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}\n`);
  return `\n# Entries added by HostAliases.\n${lines.join('')}`;
}

/** The file of a pod with its own network. */
export function hostsFile(ips: readonly string[], name: { readonly hostname: string; readonly domain: string }, aliases: readonly HostAlias[]): string {
  const names = name.domain ? `${name.hostname}.${name.domain}\t${name.hostname}` : name.hostname;
  const own = ips.map((ip) => `${ip}\t${names}\n`).join('');
  return `# Kubernetes-managed hosts file.\n${LOCAL_NAMES}${own}${aliasLines(aliases)}`;
}

/** The file of a pod on the node's network: the node's own names and the aliases. */
export function hostNetworkHostsFile(nodeFile: string, aliases: readonly HostAlias[]): string {
  return `# Kubernetes-managed hosts file (host network).\n${nodeFile}${aliasLines(aliases)}`;
}
