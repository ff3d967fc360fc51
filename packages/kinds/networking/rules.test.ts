import assert from 'node:assert/strict';
import test from 'node:test';
import { created, testContext } from '../testing/objects.ts';
import { createCases, statusCases, updateCases, warningCases } from '../testing/tables.ts';
import { ingressClasses } from './ingress-class/kind.ts';
import { ingresses } from './ingress/kind.ts';
import { ipAddresses } from './ip-address/kind.ts';
import { networkPolicies } from './network-policy/kind.ts';
import { serviceCIDRs } from './service-cidr/kind.ts';

const apiVersion = 'networking.k8s.io/v1';
const named = { name: 'web', namespace: 'default' };
const SUBDOMAIN = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`;
const BLOCK = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

const service = (members: object): object => ({ service: { name: 'web', port: { number: 80 }, ...members } });
const ingress = (spec: object, annotations?: object): object => ({ kind: 'Ingress', apiVersion, metadata: { ...named, ...(annotations ? { annotations } : {}) }, spec });
const path = (members: object): object => ingress({ rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend: service({}), ...members }] } }] });
const PATH = 'spec.rules[0].http.paths[0]';
const badPath = (text: string, ...details: readonly string[]): [object, string[]] => [path({ path: text }), details.map((detail) => `${PATH}.path: Invalid value: ${JSON.stringify(text)}: ${detail}`)];

createCases(ingresses, {
  'exact path': [path({ pathType: 'Exact', path: '/a' }), []],
  'path of an implementation': [path({ pathType: 'ImplementationSpecific', path: '' }), []],
  'relative path of an implementation': [path({ pathType: 'ImplementationSpecific', path: 'a' }), [`${PATH}.path: Invalid value: "a": must be an absolute path`]],
  'no path': [path({ path: undefined }), [`${PATH}.path: Invalid value: "": must be an absolute path`]],
  'path: dots': badPath('/a/./b', `must not contain '/./'`),
  'path: up': badPath('/a/../b', `must not contain '/../'`),
  'path: encoded': badPath('/a%2fb%2F', `must not contain '%2f'`, `must not contain '%2F'`),
  'path: ends with up': badPath('/a/..', `cannot end with '/..'`),
  'path: ends with a dot': badPath('/a/.', `cannot end with '/.'`),
  'no paths': [ingress({ rules: [{ http: { paths: [] } }] }), ['spec.rules[0].http.paths: Required value']],
  'no service name': [path({ backend: service({ name: '' }) }), [`${PATH}.backend.service.name: Required value`]],
  'service names may begin with a digit': [path({ backend: service({ name: '1web' }) }), []],
  'bad service name': [path({ backend: service({ name: 'a.b' }) }), [`${PATH}.backend.service.name: Invalid value: "a.b": must not contain dots`]],
  'no port': [path({ backend: service({ port: {} }) }), [`${PATH}.backend: Required value: port name or number is required`]],
  'bad port name': [path({ backend: service({ port: { name: '80' } }) }), [`${PATH}.backend.service.port.name: Invalid value: "80": must contain at least one letter (a-z)`]],
  'bad port number': [path({ backend: service({ port: { number: 70_000 } }) }), [`${PATH}.backend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive`]],
  'resource backend': [path({ backend: { resource: { apiGroup: 'example.com', kind: 'Bucket', name: 'b' } } }), []],
  'bad resource backend': [
    path({ backend: { resource: { apiGroup: 'A', kind: '', name: '' } } }),
    [`${PATH}.backend.resource.apiGroup: Invalid value: "A": ${SUBDOMAIN}`, `${PATH}.backend.resource.kind: Required value`, `${PATH}.backend.resource.name: Required value`],
  ],
  'default backend': [ingress({ defaultBackend: {} }), ['spec.defaultBackend: Invalid value: "": resource or service backend is required']],
  'TLS secret': [ingress({ defaultBackend: service({}), tls: [{ secretName: 'A' }] }), [`spec.tls[0].secretName: Invalid value: "A": ${SUBDOMAIN}`]],
  'TLS wildcard': [ingress({ defaultBackend: service({}), tls: [{ hosts: ['*.example.com'] }] }), []],
  'class and annotation agree': [ingress({ defaultBackend: service({}), ingressClassName: 'a' }, { 'kubernetes.io/ingress.class': 'a' }), []],
  'class and annotation differ': [
    ingress({ defaultBackend: service({}), ingressClassName: 'a' }, { 'kubernetes.io/ingress.class': 'b' }),
    ['annotations.kubernetes.io/ingress.class: Invalid value: "b": must match `ingressClassName` when both are specified'],
  ],
});

test('service names as they were before', () => {
  const object = created(ingresses, path({ backend: service({ name: '1web' }) }));
  assert.equal(ingresses.strategy.validate!(object, { ...testContext, gate: () => false }).length, 1);
});

updateCases(ingresses, ingress({ defaultBackend: service({}) }, { 'kubernetes.io/ingress.class': 'b' }), {
  'class beside an annotation': [(draft) => void (draft.spec!.ingressClassName = 'a'), []],
  'no backend': [(draft) => void delete draft.spec!.defaultBackend, ['spec: Invalid value: []: either `defaultBackend` or `rules` must be specified']],
});

warningCases(ingresses, {
  annotation: [ingress({ defaultBackend: service({}) }, { 'kubernetes.io/ingress.class': 'b' }), [`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`]],
});

const balanced = (...entries: readonly object[]): object => ({ loadBalancer: { ingress: entries } });
statusCases(ingresses, ingress({ defaultBackend: service({}) }), {
  addresses: [balanced(), balanced({ ip: '10.0.0.1' }, { hostname: 'lb.example.com' }), []],
  'no address': [balanced(), balanced({ ip: '10.0.0' }), ['status.loadBalancer.ingress[0].ip: Invalid value: "10.0.0": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
  'zeros before digits': [balanced(), balanced({ ip: '010.0.0.1' }), ['status.loadBalancer.ingress[0].ip: Invalid value: "010.0.0.1": must not have leading 0s']],
  'zeros that were there': [balanced({ ip: '010.0.0.1' }), balanced({ ip: '010.0.0.1' }, { ip: '10.0.0.2' }), []],
  'an address as host': [balanced(), balanced({ hostname: '10.0.0.1' }), ['status.loadBalancer.ingress[0].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address']],
  'no host': [balanced(), balanced({ hostname: 'A_b' }), [`status.loadBalancer.ingress[0].hostname: Invalid value: "A_b": ${SUBDOMAIN}`]],
});

const ingressClass = (spec: object): object => ({ kind: 'IngressClass', apiVersion, metadata: { name: 'c' }, spec: { controller: 'example.com/c', ...spec } });
const parameters = (members: object): object => ingressClass({ parameters: { kind: 'P', name: 'p', ...members } });
createCases(ingressClasses, {
  parameters: [parameters({ apiGroup: 'example.com' }), []],
  'parameters of a namespace': [parameters({ scope: 'Namespace', namespace: 'default' }), []],
  'controller without domain': [ingressClass({ controller: 'c' }), ['spec.controller: Invalid value: "c": must be a domain-prefixed path (such as "acme.io/foo")']],
  'long controller': [ingressClass({ controller: `example.com/${'a'.repeat(240)}` }), ['spec.controller: Too long: may not be more than 250 bytes']],
  'no kind, no name': [parameters({ kind: '', name: '' }), ['spec.parameters.kind: Required value', 'spec.parameters.name: Required value']],
  'bad group and path': [
    parameters({ apiGroup: 'A', kind: 'a/b', name: '%' }),
    [
      `spec.parameters.apiGroup: Invalid value: "A": ${SUBDOMAIN}`,
      `spec.parameters.kind: Invalid value: "a/b": may not contain '/'`,
      `spec.parameters.name: Invalid value: "%": may not contain '%'`,
    ],
  ],
  'namespace of the cluster': [parameters({ namespace: 'default' }), [`spec.parameters.namespace: Forbidden: \`parameters.scope\` is set to 'Cluster'`]],
  'bad namespace': [parameters({ scope: 'Namespace', namespace: 'a.b' }), ['spec.parameters.namespace: Invalid value: "a.b": must not contain dots']],
  'bad scope': [parameters({ scope: 'World' }), ['spec.parameters.scope: Unsupported value: "World": supported values: "Cluster", "Namespace"']],
});
updateCases(ingressClasses, ingressClass({}), {
  parameters: [(draft) => void (draft.spec!.parameters = { kind: 'P', name: 'p' }), []],
});

const policy = (spec: object): object => ({ kind: 'NetworkPolicy', apiVersion, metadata: named, spec: { podSelector: {}, ...spec } });
const block = (cidr: string, ...except: readonly string[]): object => policy({ ingress: [{ from: [{ ipBlock: { cidr, ...(except.length ? { except } : {}) } }] }] });
const AT = 'spec.ingress[0].from[0].ipBlock';
const port = (members: object): object => policy({ egress: [{ ports: [members] }] });
const PORT = 'spec.egress[0].ports[0]';
createCases(networkPolicies, {
  everything: [
    policy({
      ingress: [{ from: [{ podSelector: {}, namespaceSelector: {} }, { ipBlock: { cidr: 'fd00::/8', except: ['fd00:1::/32'] } }], ports: [{ port: 80, endPort: 90 }, { port: 'http', protocol: 'SCTP' }, {}] }],
      egress: [{}],
      policyTypes: ['Egress', 'Ingress'],
    }),
    [],
  ],
  'bad selectors': [
    policy({ podSelector: { matchLabels: { 'a b': 'c' } }, ingress: [{ from: [{ namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } }] }] }),
    [
      `spec.podSelector.matchLabels: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      `spec.ingress[0].from[0].namespaceSelector.matchExpressions[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
    ],
  ],
  'bad protocol': [port({ protocol: 'ICMP' }), [`${PORT}.protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"`]],
  'end without begin': [port({ endPort: 90 }), [`${PORT}.endPort: Invalid value: 90: may not be specified when \`port\` is not specified`]],
  'end beyond the last': [port({ port: 80, endPort: 70_000 }), [`${PORT}.endPort: Invalid value: 70000: must be between 1 and 65535, inclusive`]],
  'bad port name': [port({ port: '-x' }), [`${PORT}.port: Invalid value: "-x": must not begin or end with a hyphen`]],
  'block without range': [block(''), [`${AT}.cidr: Required value`]],
  'block with host bits': [block('10.0.0.1/8'), [`${AT}.cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length`]],
  'block with zeros before digits': [block('010.0.0.0/8'), [`${AT}.cidr: Invalid value: "010.0.0.0/8": must not have leading 0s in IP or prefix length`]],
  'the whole as exception': [block('10.0.0.0/8', '10.0.0.0/8'), [`${AT}.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of \`cidr\``]],
  'exception of another family': [block('10.0.0.0/8', 'fd00::/16'), [`${AT}.except[0]: Invalid value: "fd00::/16": must be a strict subset of \`cidr\``]],
  'no exception': [block('10.0.0.0/8', '10'), [`${AT}.except[0]: Invalid value: "10": ${BLOCK}`]],
});
updateCases(networkPolicies, block('10.0.0.1/8', '10.1.0.1/16'), {
  'blocks that were there': [(draft) => void (draft.spec!.egress = []), []],
  'blocks that were not': [
    (draft) => void (draft.spec!.ingress![0]!.from![0]!.ipBlock!.cidr = '10.0.0.2/8'),
    [`${AT}.cidr: Invalid value: "10.0.0.2/8": must not have bits set beyond the prefix length`],
  ],
});
warningCases(networkPolicies, {
  'host bits': [block('10.0.0.1/8'), [`${AT}.cidr: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)`]],
  spelling: [block('FD00::/8', 'fd00:0::/16'), [
    `${AT}.cidr: IPv6 CIDR value "FD00::/8" should be in RFC 5952 canonical format ("fd00::/8")`,
    `${AT}.except[0]: IPv6 CIDR value "fd00:0::/16" should be in RFC 5952 canonical format ("fd00::/16")`,
  ]],
  nothing: [block('fd00::/8'), []],
});

const address = (parentRef: object): object => ({ kind: 'IPAddress', apiVersion, metadata: { name: '10.0.0.1' }, spec: { parentRef } });
createCases(ipAddresses, {
  'no name': [address({}), ['spec.parentRef.resource: Required value', 'spec.parentRef.name: Required value']],
  paths: [
    address({ group: 'A', resource: 'a/b', name: '.', namespace: '%' }),
    [
      `spec.parentRef.group: Invalid value: "A": ${SUBDOMAIN}`,
      `spec.parentRef.resource: Invalid value: "a/b": may not contain '/'`,
      `spec.parentRef.name: Invalid value: ".": may not be '.'`,
      `spec.parentRef.namespace: Invalid value: "%": may not contain '%'`,
    ],
  ],
});
updateCases(ipAddresses, address({ resource: 'services', name: 'web' }), {
  parent: [
    (draft) => void (draft.spec!.parentRef!.name = 'other'),
    ['spec.parentRef: Invalid value: {"resource":"services","name":"other"}: field is immutable'],
  ],
});

test('names of IP addresses', () => {
  const texts = (name: string): string[] => ipAddresses.strategy.validateName!(name, false);
  assert.deepEqual(texts('10.0.0.1'), []);
  assert.deepEqual(texts('2001:db8::1'), []);
  assert.deepEqual(texts('web'), ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']);
  assert.deepEqual(texts('010.0.0.1'), ['must not have leading 0s']);
  assert.deepEqual(texts('::ffff:10.0.0.1'), ['must not be an IPv4-mapped IPv6 address']);
  assert.deepEqual(texts('2001:DB8::1'), ['must be in canonical form ("2001:db8::1")']);
});

const serviceCIDR = (...cidrs: readonly string[]): object => ({ kind: 'ServiceCIDR', apiVersion, metadata: { name: 'more' }, spec: { cidrs } });
createCases(serviceCIDRs, {
  'both families': [serviceCIDR('10.96.0.0/16', 'fd00::/112'), []],
  'too many': [serviceCIDR('10.96.0.0/16', 'fd00::/112', 'fd01::/112'), ['spec.cidrs: Invalid value: {"cidrs":["10.96.0.0/16","fd00::/112","fd01::/112"]}: may only hold up to 2 values']],
  'no block': [serviceCIDR('10.96'), [`spec.cidrs[0]: Invalid value: "10.96": ${BLOCK}`]],
  'host bits': [serviceCIDR('10.96.0.1/16'), ['spec.cidrs[0]: Invalid value: "10.96.0.1/16": must not have bits set beyond the prefix length']],
  spelling: [serviceCIDR('FD00::/112'), ['spec.cidrs[0]: Invalid value: "FD00::/112": must be in canonical form ("fd00::/112")']],
});
updateCases(serviceCIDRs, serviceCIDR('10.96.0.0/16', 'fd00::/112'), {
  'one less': [(draft) => void draft.spec!.cidrs!.pop(), ['spec.cidrs: Invalid value: ["10.96.0.0/16"]: field is immutable']],
});
updateCases(serviceCIDRs, serviceCIDR('10.96.0.0/16'), {
  'another of the same family': [
    (draft) => void draft.spec!.cidrs!.push('10.97.0.0/16'),
    ['spec.cidrs: Invalid value: ["10.96.0.0/16","10.97.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'],
  ],
});

