/**
 * The life of an ingress.
 *
 * Source: kubernetes `pkg/registry/networking/ingress`, `pkg/apis/networking/validation`.
 */
import { at, child, type FieldError, invalid, notSupported, required } from '#machinery/field-error.ts';
import { parseIp } from '#machinery/ip.ts';
import type { Column, KindContext, Strategy, Subresource } from '#machinery/kind.ts';
import { nameIsDns1035Label, nameIsDnsLabel, type NameRule, validatePathSegmentName, validatePortName, validateWildcardDns1123Subdomain } from '#machinery/names.ts';
import { ageColumn, nameColumn, NONE } from '../../cells.ts';
import type { TypedLocalObjectReference } from '../../core/references.ts';
import { dnsSubdomain, invalidEach, legacyIp, portNumber } from '../../rules.ts';
import { specStrategy, statusSubresource } from '../../strategy.ts';
import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule } from './schema.ts';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_SUFFIXES = ['/..', '/.'];

/** Rules of an ingress's life. */
export const ingressStrategy: Strategy<Ingress> = {
  ...specStrategy<Ingress>({ loadBalancer: {} }),
  unconditionalUpdate: true,
  validate: (ingress, context) => [...ingressRules(ingress, context), ...classRules(ingress)],
  validateUpdate: (ingress, _stored, context) => ingressRules(ingress, context),
  warnings: ({ metadata }) =>
    metadata.annotations?.[CLASS_ANNOTATION] === undefined
      ? []
      : [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`],
};

function classRules({ metadata, spec }: Ingress): FieldError[] {
  const annotated = metadata.annotations?.[CLASS_ANNOTATION];
  if (annotated === undefined || spec.ingressClassName === undefined || annotated === spec.ingressClassName) return [];
  return [invalid(`annotations.${CLASS_ANNOTATION}`, annotated, 'must match `ingressClassName` when both are specified')];
}

function ingressRules({ spec }: Ingress, { gate }: Pick<KindContext, 'gate'>): FieldError[] {
  const serviceName = gate('RelaxedServiceNameValidation') ? nameIsDnsLabel : nameIsDns1035Label;
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec;
  const errors = rules.length || defaultBackend ? [] : [invalid('spec', rules, 'either `defaultBackend` or `rules` must be specified')];
  if (defaultBackend) errors.push(...backendRules('spec.defaultBackend', defaultBackend, serviceName));
  for (const [index, rule] of rules.entries()) errors.push(...hostRules(at('spec.rules', index), rule, serviceName));
  for (const [index, { hosts = [], secretName }] of tls.entries()) {
    const here = at('spec.tls', index);
    for (const [position, host] of hosts.entries()) errors.push(...hostName(at(child(here, 'hosts'), position), host));
    if (secretName) errors.push(...dnsSubdomain(child(here, 'secretName'), secretName));
  }
  if (ingressClassName !== undefined) errors.push(...dnsSubdomain('spec.ingressClassName', ingressClassName));
  return errors;
}

function hostName(field: string, host: string): FieldError[] {
  return host.includes('*') ? invalidEach(field, host, validateWildcardDns1123Subdomain(host)) : dnsSubdomain(field, host);
}

function hostRules(field: string, { host, http }: IngressRule, serviceName: NameRule): FieldError[] {
  const errors: FieldError[] = [];
  if (host) {
    if (parseIp(host)) errors.push(invalid(child(field, 'host'), host, 'must be a DNS name, not an IP address'));
    errors.push(...hostName(child(field, 'host'), host));
  }
  if (!http) return errors;
  const here = child(field, 'http', 'paths');
  if (!http.paths?.length) errors.push(required(here));
  for (const [index, path] of (http.paths ?? []).entries()) errors.push(...pathRules(at(here, index), path, serviceName));
  return errors;
}

function pathRules(field: string, { path = '', pathType, backend }: HTTPIngressPath, serviceName: NameRule): FieldError[] {
  const here = child(field, 'path');
  if (!pathType) return [required(child(field, 'pathType'), 'pathType must be specified')];
  const errors: FieldError[] = [];
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!path.startsWith('/')) errors.push(invalid(here, path, 'must be an absolute path'));
    for (const text of BAD_SEQUENCES) if (path.includes(text)) errors.push(invalid(here, path, `must not contain '${text}'`));
    for (const text of BAD_SUFFIXES) if (path.endsWith(text)) errors.push(invalid(here, path, `cannot end with '${text}'`));
  } else if (pathType === 'ImplementationSpecific') {
    if (path && !path.startsWith('/')) errors.push(invalid(here, path, 'must be an absolute path'));
  } else {
    errors.push(notSupported(child(field, 'pathType'), pathType, ['Exact', 'ImplementationSpecific', 'Prefix']));
  }
  return [...errors, ...backendRules(child(field, 'backend'), backend, serviceName)];
}

function backendRules(field: string, { resource, service }: IngressBackend, serviceName: NameRule): FieldError[] {
  if (resource && service) return [invalid(field, '', 'cannot set both resource and service backends')];
  if (resource) return referenceRules(child(field, 'resource'), resource);
  if (!service) return [invalid(field, '', 'resource or service backend is required')];
  const { name, port } = service;
  const errors = name
    ? invalidEach(child(field, 'service', 'name'), name, serviceName(name, false))
    : [required(child(field, 'service', 'name'))];
  const inPort = child(field, 'service', 'port');
  if (port?.name && port.number) errors.push(invalid(field, '', 'cannot set both port name & port number'));
  else if (port?.name) errors.push(...invalidEach(child(inPort, 'name'), port.name, validatePortName(port.name)));
  else if (port?.number) errors.push(...portNumber(child(inPort, 'number'), port.number));
  else errors.push(required(field, 'port name or number is required'));
  return errors;
}

/** A reference to an object of any kind in the same namespace. */
export function referenceRules(field: string, { apiGroup, kind, name }: TypedLocalObjectReference): FieldError[] {
  return [
    ...(apiGroup === undefined ? [] : dnsSubdomain(child(field, 'apiGroup'), apiGroup)),
    ...(kind ? invalidEach(child(field, 'kind'), kind, validatePathSegmentName(kind)) : [required(child(field, 'kind'))]),
    ...(name ? invalidEach(child(field, 'name'), name, validatePathSegmentName(name)) : [required(child(field, 'name'))]),
  ];
}

/** `status`. */
export const ingressStatusSubresource: Subresource = statusSubresource<Ingress>({
  validate: ({ status }, stored) =>
    (status.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }, index) => {
      const here = at('status.loadBalancer.ingress', index);
      const errors = ip ? legacyIp(child(here, 'ip'), ip, (stored.status.loadBalancer?.ingress ?? []).map((one) => one.ip ?? '')) : [];
      if (!hostname) return errors;
      if (parseIp(hostname)) errors.push(invalid(child(here, 'hostname'), hostname, 'must be a DNS name, not an IP address'));
      return [...errors, ...dnsSubdomain(child(here, 'hostname'), hostname)];
    }),
});

/** Hosts that a row shows. */
const SHOWN_HOSTS = 3;

function hostsText({ spec }: Ingress): string {
  const rules = spec.rules ?? [];
  const shown: string[] = [];
  for (const { host } of rules) {
    // What is left is counted in rules, whether they name a host or not.
    if (shown.length === SHOWN_HOSTS) return `${shown.join(',')} + ${rules.length - SHOWN_HOSTS} more...`;
    if (host) shown.push(host);
  }
  return shown.join(',') || '*';
}

function addressText({ status }: Ingress): string {
  return [...new Set((status.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || ''))].filter(Boolean).toSorted().join(',');
}

/** What `kubectl get ingresses` shows. */
export const ingressColumns: readonly Column<Ingress>[] = [
  nameColumn,
  { name: 'Class', type: 'string', description: 'The ingress class.', cell: ({ spec }) => spec.ingressClassName ?? NONE },
  { name: 'Hosts', type: 'string', description: 'Hosts of the rules.', cell: hostsText },
  { name: 'Address', type: 'string', description: 'Addresses of the load balancer.', cell: addressText },
  { name: 'Ports', type: 'string', description: 'Ports that are open.', cell: ({ spec }) => (spec.tls?.length ? '80, 443' : '80') },
  ageColumn,
];
