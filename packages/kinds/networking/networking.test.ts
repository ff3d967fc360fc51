import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../testing/objects.ts';
import { createCases, row, updateCases } from '../testing/tables.ts';
import { ingressClasses } from './ingress-class/kind.ts';
import { ingresses } from './ingress/kind.ts';
import { ipAddresses } from './ip-address/kind.ts';
import { networkPolicies } from './network-policy/kind.ts';
import { serviceCIDRs } from './service-cidr/kind.ts';

const apiVersion = 'networking.k8s.io/v1';
const named = { name: 'web', namespace: 'default' };
const backend = { service: { name: 'web', port: { number: 80 } } };
const ingress = (spec: object): object => ({ kind: 'Ingress', apiVersion, metadata: named, spec });
const path = (members: object): object =>
  ingress({ rules: [{ host: 'example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...members }] } }] });
const policy = (spec: object): object => ({ kind: 'NetworkPolicy', apiVersion, metadata: named, spec: { podSelector: {}, ...spec } });

createCases(ingresses, {
  rule: [path({}), []],
  nothing: [ingress({}), ['spec: Invalid value: []: either `defaultBackend` or `rules` must be specified']],
  'no path type': [path({ pathType: undefined }), ['spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified']],
  'bad path type': [
    path({ pathType: 'Regex' }),
    ['spec.rules[0].http.paths[0].pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"'],
  ],
  'relative path': [path({ path: 'a' }), ['spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path']],
  'double slash': [path({ path: '/a//b' }), [`spec.rules[0].http.paths[0].path: Invalid value: "/a//b": must not contain '//'`]],
  'no backend': [path({ backend: {} }), ['spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required']],
  'two backends': [
    path({ backend: { ...backend, resource: { kind: 'A', name: 'b' } } }),
    ['spec.rules[0].http.paths[0].backend: Invalid value: "": cannot set both resource and service backends'],
  ],
  'name and number': [
    path({ backend: { service: { name: 'web', port: { number: 80, name: 'http' } } } }),
    ['spec.rules[0].http.paths[0].backend: Invalid value: "": cannot set both port name & port number'],
  ],
  'IP as host': [ingress({ rules: [{ host: '1.2.3.4' }] }), ['spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address']],
  'wildcard host': [ingress({ rules: [{ host: '*.example.com' }] }), []],
  'bad wildcard': [
    ingress({ rules: [{ host: 'a.*.com' }] }),
    [
      `spec.rules[0].host: Invalid value: "a.*.com": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    ],
  ],
  'bad class': [
    ingress({ defaultBackend: backend, ingressClassName: 'A_b' }),
    [
      `spec.ingressClassName: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    ],
  ],
  'bad TLS host': [
    ingress({ defaultBackend: backend, tls: [{ hosts: ['-a'] }] }),
    [
      `spec.tls[0].hosts[0]: Invalid value: "-a": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    ],
  ],
});

createCases(networkPolicies, {
  'bad port': [
    policy({ ingress: [{ ports: [{ port: 0 }] }] }),
    ['spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
  ],
  'named port with end': [
    policy({ ingress: [{ ports: [{ port: 'http', endPort: 90 }] }] }),
    ['spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric'],
  ],
  'end before port': [
    policy({ ingress: [{ ports: [{ port: 90, endPort: 80 }] }] }),
    ['spec.ingress[0].ports[0].endPort: Invalid value: 90: must be greater than or equal to `port`'],
  ],
  'empty peer': [policy({ ingress: [{ from: [{}] }] }), ['spec.ingress[0].from[0]: Required value: must specify a peer']],
  'block and selector': [
    policy({ ingress: [{ from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }] }),
    ['spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer'],
  ],
  'bad block': [
    policy({ egress: [{ to: [{ ipBlock: { cidr: '10.0.0' } }] }] }),
    ['spec.egress[0].to[0].ipBlock.cidr: Invalid value: "10.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
  ],
  'exception outside': [
    policy({ egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }] }] }),
    ['spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`'],
  ],
  'bad type': [policy({ policyTypes: ['Sideways'] }), ['spec.policyTypes[0]: Unsupported value: "Sideways": supported values: "Ingress", "Egress"']],
  'too many types': [
    policy({ policyTypes: ['Ingress', 'Egress', 'Ingress'] }),
    ['spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: may not specify more than two policyTypes'],
  ],
});

test('policy types follow the rules', () => {
  assert.deepEqual(created(networkPolicies, policy({})).spec.policyTypes, ['Ingress']);
  assert.deepEqual(created(networkPolicies, policy({ egress: [{}] })).spec.policyTypes, ['Ingress', 'Egress']);
});

const ingressClass = (spec: object): object => ({ kind: 'IngressClass', apiVersion, metadata: { name: 'c' }, spec });

createCases(ingressClasses, {
  'no controller': [ingressClass({}), ['spec.controller: Required value']],
  'namespaced parameters without namespace': [
    ingressClass({ controller: 'a.com/b', parameters: { kind: 'P', name: 'p', scope: 'Namespace' } }),
    [`spec.parameters.namespace: Required value: \`parameters.scope\` is set to 'Namespace'`],
  ],
});

updateCases(ingressClasses, ingressClass({ controller: 'a.com/b' }), {
  controller: [(draft) => void (draft.spec!.controller = 'a.com/c'), ['spec.controller: Invalid value: "a.com/c": field is immutable']],
});

createCases(ipAddresses, {
  'name that is no address': [
    { kind: 'IPAddress', apiVersion, metadata: { name: 'web' }, spec: { parentRef: { resource: 'services', name: 'web' } } },
    [],
  ],
  'no parent': [{ kind: 'IPAddress', apiVersion, metadata: { name: '10.0.0.1' }, spec: {} }, ['spec.parentRef: Required value']],
});

const serviceCIDR = (...cidrs: readonly string[]): object => ({ kind: 'ServiceCIDR', apiVersion, metadata: { name: 'kubernetes' }, spec: { cidrs } });

createCases(serviceCIDRs, {
  none: [serviceCIDR(), ['spec.cidrs: Required value: at least one CIDR required']],
  'two of one family': [
    serviceCIDR('10.96.0.0/16', '10.97.0.0/16'),
    [
      'spec.cidrs: Invalid value: ["10.96.0.0/16","10.97.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    ],
  ],
});

updateCases(serviceCIDRs, serviceCIDR('10.96.0.0/16'), {
  'second family': [(draft) => void draft.spec!.cidrs!.push('fd00::/112'), []],
  range: [(draft) => void (draft.spec!.cidrs = ['10.97.0.0/16']), ['spec.cidrs[0]: Invalid value: "10.97.0.0/16": field is immutable']],
});

test('columns', () => {
  const object = { ...created(ingresses, path({})), status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } };
  assert.deepEqual(row(ingresses, object), { Name: 'web', Class: '<none>', Hosts: 'example.com', Address: '1.2.3.4', Ports: '80', Age: '<unknown>' });
  assert.equal(row(ingresses, created(ingresses, ingress({ defaultBackend: backend, tls: [{}] })))['Ports'], '80, 443');
  assert.equal(row(networkPolicies, created(networkPolicies, policy({})))['Pod-Selector'], '<none>');
});
