import { LABEL_TEXT, QUALIFIED_TEXT, SUBDOMAIN_TEXT } from '../../testing/pods.ts';
import { createCases, statusCases, updateCases } from '../../testing/tables.ts';
import { services } from './kind.ts';

const service = (spec: object = {}, metadata: object = {}): object => ({
  kind: 'Service',
  apiVersion: 'v1',
  metadata: { name: 'web', namespace: 'default', ...metadata },
  spec: { ports: [{ port: 80 }], clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', ...spec },
});
const noted = (annotations: object, spec: object = {}): object => service(spec, { annotations });
const port = (members: object): object => service({ ports: [{ port: 80, ...members }] });
const balanced = (members: object = {}): object => service({ type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }], ...members });
const external = (members: object = {}): object => ({
  ...service(),
  spec: { type: 'ExternalName', externalName: 'example.com', ...members },
});
const RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const HINTS = 'service.kubernetes.io/topology-aware-hints';
const MODE = 'service.kubernetes.io/topology-mode';

createCases(services, {
  ports: [port({ name: 'http', targetPort: 'web', appProtocol: 'kubernetes.io/h2c', protocol: 'SCTP' }), []],
  'a port that is none': [
    port({ port: 0, targetPort: 0 }),
    [
      'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
  ],
  'a target port that is none': [
    port({ targetPort: 65536 }),
    ['spec.ports[0].targetPort: Invalid value: 65536: must be between 1 and 65535, inclusive'],
  ],
  'a target port with a long name': [
    port({ targetPort: 'a'.repeat(16) }),
    ['spec.ports[0].targetPort: Invalid value: "aaaaaaaaaaaaaaaa": must be no more than 15 characters'],
  ],
  'a port with a name that is none': [
    port({ name: 'A', appProtocol: 'a b' }),
    [`spec.ports[0].name: Invalid value: "A": ${LABEL_TEXT}`, `spec.ports[0].appProtocol: Invalid value: "a b": ${QUALIFIED_TEXT}`],
  ],
  'the same node port twice': [
    service({
      type: 'NodePort',
      ports: [
        { name: 'a', port: 80, nodePort: 30080 },
        { name: 'b', port: 81, nodePort: 30080 },
        { name: 'c', port: 80, nodePort: 30080, protocol: 'UDP' },
      ],
    }),
    ['spec.ports[1].nodePort: Duplicate value: 30080'],
  ],
  'no address beside others': [
    service({ clusterIP: 'None', clusterIPs: ['None'], type: 'NodePort' }),
    ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
  ],
  'no address of a balancer': [
    balanced({ clusterIP: 'None', clusterIPs: ['None'] }),
    ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for LoadBalancer services'],
  ],
  'an external name with a dot at the end': [external({ externalName: 'example.com.' }), []],
  'an external name that is none': [external({ externalName: 'a_b' }), [`spec.externalName: Invalid value: "a_b": ${SUBDOMAIN_TEXT}`]],
  'an external name with what only others have': [
    external({ ipFamilyPolicy: 'SingleStack', sessionAffinity: 'ClientIP' }),
    ['spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services'],
  ],
  affinity: [service({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86400 } } }), []],
  'affinity of no time': [
    service({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } }),
    ['spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400'],
  ],
  'affinity of nobody': [service({ sessionAffinity: 'None', sessionAffinityConfig: { clientIP: { timeoutSeconds: 1 } } }), []],
  'external addresses': [service({ externalIPs: ['192.0.2.1', '2001:db8::1'] }), []],
  'external addresses that are none': [
    service({ externalIPs: ['x', '0.0.0.0', '169.254.1.1', '224.0.0.1', '::1', '192.0.2.01'] }),
    [
      'spec.externalIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'spec.externalIPs[1]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
      'spec.externalIPs[2]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
      'spec.externalIPs[3]: Invalid value: "224.0.0.1": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
      'spec.externalIPs[4]: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'spec.externalIPs[5]: Invalid value: "192.0.2.01": must not have leading 0s',
    ],
  ],
  ranges: [balanced({ loadBalancerSourceRanges: [' 10.0.0.0/8 ', 'fd00::/8'] }), []],
  'ranges that are none': [
    balanced({ loadBalancerSourceRanges: ['10.0.0.1/8', '010.0.0.0/8', 'x'] }),
    [
      'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
      'spec.LoadBalancerSourceRanges[1]: Invalid value: "010.0.0.0/8": must not have leading 0s in IP or prefix length',
      'spec.LoadBalancerSourceRanges[2]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
  ],
  'ranges of no balancer': [
    service({ loadBalancerSourceRanges: ['10.0.0.0/8'] }),
    ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"],
  ],
  'ranges in an annotation': [noted({ [RANGES]: '10.0.0.0/8, 192.0.2.0/24' }, { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }] }), []],
  'ranges in an annotation that are none': [
    noted({ [RANGES]: 'x' }, { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }] }),
    [
      'metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
  ],
  'ranges in an annotation of no balancer': [
    noted({ [RANGES]: '10.0.0.0/8' }),
    ["metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Forbidden: may only be used when `type` is 'LoadBalancer'"],
  ],
  'a class of balancers': [balanced({ loadBalancerClass: 'example.com/lb' }), []],
  'a class of balancers that is none': [balanced({ loadBalancerClass: 'a b' }), [`spec.loadBalancerClass: Invalid value: "a b": ${QUALIFIED_TEXT}`]],
  'what only balancers have': [
    service({ loadBalancerClass: 'a', allocateLoadBalancerNodePorts: false }),
    [
      "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
      "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
  ],
  'a port to check': [balanced({ externalTrafficPolicy: 'Local', healthCheckNodePort: 30090 }), []],
  'no port to check': [balanced({ externalTrafficPolicy: 'Local' }), ['spec.healthCheckNodePort: Required value']],
  'a port to check that is none': [
    balanced({ externalTrafficPolicy: 'Local', healthCheckNodePort: 70000 }),
    ['spec.healthCheckNodePort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
  ],
  'a port to check and nothing to check': [
    balanced({ healthCheckNodePort: 30090 }),
    ["spec.healthCheckNodePort: Invalid value: 30090: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"],
  ],
  'policies that are none': [
    balanced({ externalTrafficPolicy: 'Global', internalTrafficPolicy: 'Odd', trafficDistribution: 'Random' }),
    [
      'spec.externalTrafficPolicy: Unsupported value: "Global": supported values: "Cluster", "Local"',
      'spec.internalTrafficPolicy: Unsupported value: "Odd": supported values: "Cluster", "Local"',
      'spec.trafficDistribution: Unsupported value: "Random": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"',
    ],
  ],
  'the nearest first': [service({ trafficDistribution: 'PreferSameZone', internalTrafficPolicy: 'Local' }), []],
  'hints that differ': [
    noted({ [HINTS]: 'auto', [MODE]: 'disabled' }),
    [
      'metadata.annotations[service.kubernetes.io/topology-mode]: Invalid value: "disabled": must match annotations[service.kubernetes.io/topology-aware-hints] when both are specified',
    ],
  ],
  'hints that are the same': [noted({ [HINTS]: 'auto', [MODE]: 'auto' }), []],
});

updateCases(services, balanced({ loadBalancerClass: 'a' }), {
  'another class': [(draft) => void (draft.spec!.loadBalancerClass = 'b'), ['spec.loadBalancerClass: Invalid value: "b": may not change once set']],
  'no class any more': [
    (draft) => void delete draft.spec!.loadBalancerClass,
    ['spec.loadBalancerClass: Invalid value: null: may not change once set'],
  ],
  'another type': [(draft) => void (draft.spec!.type = 'ClusterIP'), []],
  'other ports': [(draft) => void (draft.spec!.ports = [{ port: 81 }]), []],
});

updateCases(services, service(), {
  'a class with the type': [(draft) => Object.assign(draft.spec!, { type: 'LoadBalancer', loadBalancerClass: 'a' }), []],
});

statusCases(services, balanced(), {
  addresses: [{ loadBalancer: {} }, { loadBalancer: { ingress: [{ ip: '192.0.2.1', ipMode: 'Proxy' }, { hostname: 'a.example.com' }] } }, []],
  'addresses that are none': [
    { loadBalancer: {} },
    { loadBalancer: { ingress: [{ ip: 'x', ipMode: 'VIP' }, { hostname: 'A b' }, { hostname: '192.0.2.1' }] } },
    [
      'status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      `status.loadBalancer.ingress[1].hostname: Invalid value: "A b": ${SUBDOMAIN_TEXT}`,
      'status.loadBalancer.ingress[2].hostname: Invalid value: "192.0.2.1": must be a DNS name, not an IP address',
    ],
  ],
  'an address without mode': [{ loadBalancer: {} }, { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } }, []],
  'modes that are none': [
    { loadBalancer: {} },
    {
      loadBalancer: {
        ingress: [
          { ip: '192.0.2.1', ipMode: 'Odd' },
          { hostname: 'a', ipMode: 'VIP' },
        ],
      },
    },
    [
      'status.loadBalancer.ingress[0].ipMode: Unsupported value: "Odd": supported values: "Proxy", "VIP"',
      'status.loadBalancer.ingress[1].ipMode: Forbidden: may not be specified when `ip` is not set',
    ],
  ],
  conditions: [
    { loadBalancer: {} },
    { loadBalancer: {}, conditions: [{ type: 'A b', status: 'Maybe', reason: '', message: '', lastTransitionTime: null }] },
    [],
  ],
});

statusCases(services, service(), {
  'addresses of no balancer': [
    { loadBalancer: {} },
    { loadBalancer: { ingress: [{ ip: '192.0.2.1', ipMode: 'VIP' }] } },
    ["status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"],
  ],
});
