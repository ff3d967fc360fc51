/**
 * Services and Ingresses from flags.
 */
import { CliError } from '../io.ts';
import { type AnyObject, asText, listAt, valueAt } from '../objects.ts';
import { type Generated, type GenerateFlags, parseLabels, portValue } from './flags.ts';

const TYPES: Readonly<Record<string, string>> = { clusterip: 'ClusterIP', nodeport: 'NodePort', loadbalancer: 'LoadBalancer', externalname: 'ExternalName' };

/** `create service TYPE NAME …`. @throws CliError */
export function service(type: string, name: string, flags: GenerateFlags): Generated {
  const serviceType = TYPES[type];
  if (!serviceType) throw new CliError(`error: unknown command "${type} ${name}"\nSee 'kubectl create service -h' for help and examples`);
  if (type === 'externalname' && !flags.externalName) throw new CliError('error: required flag(s) "external-name" not set');
  const ports = (flags.tcp ?? []).map((text) => {
    const [port, target] = text.split(':');
    return { name: text.replace(':', '-'), protocol: 'TCP', port: Number(port), targetPort: portValue(target ?? port!), ...(flags.nodePort ? { nodePort: flags.nodePort } : {}) };
  });
  if (ports.length === 0 && type !== 'externalname' && flags.clusterip !== 'None') throw new CliError('error: at least one tcp port specifier must be provided');
  const spec = {
    ...(ports.length > 0 ? { ports } : {}),
    selector: { app: name },
    ...(flags.clusterip ? { clusterIP: flags.clusterip } : {}),
    type: serviceType,
    ...(flags.externalName ? { externalName: flags.externalName } : {}),
  };
  return { kind: 'Service', apiVersion: 'v1', metadata: { name, labels: { app: name } }, spec, status: { loadBalancer: {} } } as Generated;
}

/** `create ingress NAME --rule=HOST/PATH=SERVICE:PORT[,tls[=SECRET]]`. @throws CliError */
export function ingress(name: string, flags: GenerateFlags): Generated {
  const byHost = new Map<string, unknown[]>();
  const tls: unknown[] = [];
  for (const rule of flags.rule ?? []) {
    const [, host, path, target, port, secret] = /^([^/]*)(\/[^=]*)=([^:,]+):([^,]+)(?:,tls(?:=(.*))?)?$/.exec(rule) ?? [];
    if (path === undefined) throw new CliError(`error: rule ${rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`);
    const number = portValue(port!);
    const backend = { service: { name: target, port: typeof number === 'number' ? { number } : { name: number } } };
    const isPrefix = path.endsWith('*');
    byHost.set(host!, [...(byHost.get(host!) ?? []), { path: isPrefix ? path.slice(0, -1) : path, pathType: isPrefix ? 'Prefix' : 'Exact', backend }]);
    if (rule.includes(',tls')) tls.push({ ...(host ? { hosts: [host] } : {}), ...(secret ? { secretName: secret } : {}) });
  }
  const rules = [...byHost].map(([host, paths]) => ({ ...(host ? { host } : {}), http: { paths } }));
  const spec = { ...(flags.class ? { ingressClassName: flags.class } : {}), ...(tls.length > 0 ? { tls } : {}), ...(rules.length > 0 ? { rules } : {}) };
  return { kind: 'Ingress', apiVersion: 'networking.k8s.io/v1', metadata: { name }, spec, status: { loadBalancer: {} } } as Generated;
}

const EXPOSABLE = new Set(['Pod', 'Service', 'ReplicationController', 'Deployment', 'ReplicaSet']);

/** The Service that `kubectl expose` makes for the pods that an object selects. @throws CliError */
export function exposing(object: AnyObject, flags: GenerateFlags): Generated {
  if (!EXPOSABLE.has(object.kind)) throw new CliError(`error: cannot expose a ${object.kind}`);
  const selector = flags.selector ? parseLabels(flags.selector) : selectorOf(object);
  const ports = flags.port
    ? flags.port.split(',').map((port, index, all) => exposedPort(port, all.length > 1 ? `port-${index + 1}` : undefined, flags))
    : containerPorts(object).map(({ port, protocol }, index, all) => ({ ...(all.length > 1 ? { name: `port-${index + 1}` } : {}), protocol, port, targetPort: flags.targetPort ? portValue(flags.targetPort) : port }));
  if (ports.length === 0) throw new CliError("error: couldn't find port via --port flag or introspection");
  const labels = flags.labels ? parseLabels(flags.labels) : object.metadata.labels;
  const spec = {
    ports,
    selector,
    ...(flags.clusterip ? { clusterIP: flags.clusterip } : {}),
    ...(flags.type ? { type: flags.type } : {}),
    ...(flags.externalIp ? { externalIPs: [flags.externalIp] } : {}),
    ...(flags.sessionAffinity ? { sessionAffinity: flags.sessionAffinity } : {}),
  };
  return { kind: 'Service', apiVersion: 'v1', metadata: { name: flags.name ?? object.metadata.name, ...(labels ? { labels } : {}) }, spec, status: { loadBalancer: {} } } as Generated;
}

function exposedPort(port: string, name: string | undefined, flags: GenerateFlags): Record<string, unknown> {
  return { ...(name ? { name } : {}), protocol: flags.protocol ?? 'TCP', port: Number(port), targetPort: flags.targetPort ? portValue(flags.targetPort) : Number(port) };
}

function selectorOf(object: AnyObject): Record<string, string> {
  const problem = "error: couldn't retrieve selectors via --selector flag or introspection:";
  if (object.kind === 'Pod') {
    const labels = object.metadata.labels;
    if (!labels || Object.keys(labels).length === 0) throw new CliError(`${problem} the pod has no labels and cannot be exposed`);
    return labels;
  }
  const selector = valueAt(object, 'spec', 'selector') as Record<string, unknown> | undefined;
  const isPlain = object.kind === 'Service' || object.kind === 'ReplicationController';
  if (!isPlain && listAt(selector, 'matchExpressions').length > 0) throw new CliError(`${problem} couldn't convert expressions - "${listAt(selector, 'matchExpressions').map((one) => asText(one['key'])).join(',')}" to map-based selector format`);
  const labels = isPlain ? selector : selector?.['matchLabels'];
  if (!labels) throw new CliError(`${problem} invalid ${object.kind.toLowerCase()}: no selectors, therefore cannot be exposed`);
  return labels as Record<string, string>;
}

function containerPorts(object: AnyObject): { port: number; protocol: string }[] {
  if (object.kind === 'Service') return listAt(object, 'spec', 'ports').map((one) => ({ port: Number(one['port']), protocol: asText(one['protocol']) || 'TCP' }));
  const spec = object.kind === 'Pod' ? valueAt(object, 'spec') : valueAt(object, 'spec', 'template', 'spec');
  return listAt(spec, 'containers').flatMap((container) => listAt(container, 'ports').map((one) => ({ port: Number(one['containerPort']), protocol: asText(one['protocol']) || 'TCP' })));
}
