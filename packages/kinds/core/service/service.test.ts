import assert from 'node:assert/strict';
import test from 'node:test';
import { created, updated } from '../../testing/objects.ts';
import { createCases, row, updateCases } from '../../testing/tables.ts';
import { services } from './kind.ts';

const service = (spec: object, metadata: object = {}): object => ({
  kind: 'Service',
  apiVersion: 'v1',
  metadata: { name: 'web', namespace: 'default', ...metadata },
  spec: { ports: [{ port: 80 }], selector: { app: 'web' }, clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ipFamilies: ['IPv4'], ...spec },
});
const external = { type: 'ExternalName', externalName: 'example.com', clusterIP: '', clusterIPs: [], ipFamilies: [], ports: [] };
const balanced = { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30_080 }] };

test('defaults', () => {
  const { spec } = created(services, service({}));
  assert.deepEqual(spec.ports, [{ protocol: 'TCP', port: 80, targetPort: 80 }]);
  assert.equal(spec.sessionAffinity, 'None');
  assert.equal(spec.type, 'ClusterIP');
  assert.equal(spec.internalTrafficPolicy, 'Cluster');
  const load = created(services, service({ ...balanced, sessionAffinity: 'ClientIP' })).spec;
  assert.equal(load.externalTrafficPolicy, 'Cluster');
  assert.equal(load.allocateLoadBalancerNodePorts, true);
  assert.deepEqual(load.sessionAffinityConfig, { clientIP: { timeoutSeconds: 10_800 } });
});

createCases(services, {
  headless: [service({ clusterIP: 'None', clusterIPs: ['None'] }), []],
  'external name': [service(external), []],
  'load balancer': [service(balanced), []],
  'no ports': [service({ ports: [] }), ['spec.ports: Required value']],
  'two ports without names': [
    service({ ports: [{ port: 80 }, { port: 81 }] }),
    ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
  ],
  'same port twice': [
    service({
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 80 },
      ],
    }),
    ['spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}'],
  ],
  'same name twice': [
    service({
      ports: [
        { name: 'a', port: 80 },
        { name: 'a', port: 81 },
      ],
    }),
    ['spec.ports[1].name: Duplicate value: "a"'],
  ],
  'port out of range': [
    service({ ports: [{ port: 70_000 }] }),
    [
      'spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
      'spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
  ],
  'bad target port': [
    service({ ports: [{ port: 80, targetPort: 'Bad_Name' }] }),
    ['spec.ports[0].targetPort: Invalid value: "Bad_Name": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)'],
  ],
  'bad protocol': [
    service({ ports: [{ port: 80, protocol: 'ICMP' }] }),
    ['spec.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
  ],
  'bad type': [
    service({ type: 'Other' }),
    ['spec.type: Unsupported value: "Other": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'],
  ],
  'bad affinity': [
    service({ sessionAffinity: 'Cookie' }),
    ['spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"'],
  ],
  'affinity too long': [
    service({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 90_000 } } }),
    ['spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be greater than 0 and less than 86400'],
  ],
  'node port of a cluster IP service': [
    service({ ports: [{ port: 80, nodePort: 30_080 }] }),
    [`spec.ports[0].nodePort: Forbidden: may not be used when \`type\` is 'ClusterIP'`],
  ],
  'bad cluster IP': [
    service({ clusterIP: '10.96.0', clusterIPs: ['10.96.0'] }),
    ['spec.clusterIPs[0]: Invalid value: "10.96.0": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ],
  'cluster IPs that differ': [
    service({ clusterIP: '10.96.0.8' }),
    ['spec.clusterIPs: Invalid value: ["10.96.0.7"]: first value must match `clusterIP`'],
  ],
  'external name without a name': [service({ ...external, externalName: '' }), ['spec.externalName: Required value']],
  'external name with a cluster IP': [
    service({ type: 'ExternalName', externalName: 'example.com' }),
    ['spec.clusterIPs: Forbidden: may not be set for ExternalName services', 'spec.ipFamilies: Forbidden: may not be set for ExternalName services'],
  ],
  'external traffic policy of a cluster IP service': [
    service({ externalTrafficPolicy: 'Local' }),
    ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
  ],
  'bad source range': [
    service({ ...balanced, loadBalancerSourceRanges: ['10.0.0.1'] }),
    ['spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.1": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
  ],
  'bad external IP': [
    service({ externalIPs: ['127.0.0.1'] }),
    ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ],
  'bad selector': [
    service({ selector: { 'a b': 'c' } }),
    [
      `spec.selector: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    ],
  ],
});

updateCases(services, service({}), {
  selector: [(draft) => void (draft.spec!.selector = { app: 'other' }), []],
  'cluster IP': [
    (draft) => {
      draft.spec!.clusterIP = '10.96.0.9';
      draft.spec!.clusterIPs = ['10.96.0.9'];
    },
    ['spec.clusterIPs[0]: Invalid value: ["10.96.0.9"]: may not change once set'],
  ],
});

test('an update without the cluster IP keeps it', () => {
  const stored = created(services, service({}));
  const next = updated(services, stored, (draft) => {
    delete draft.spec!.clusterIP;
    delete draft.spec!.clusterIPs;
  });
  assert.equal(next.spec.clusterIP, '10.96.0.7');
  assert.deepEqual(next.spec.clusterIPs, ['10.96.0.7']);
});

test('node ports stay with their port and go with the type', () => {
  const stored = created(services, service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] }));
  const same = updated(services, stored, (draft) => void delete draft.spec!.ports![0]!.nodePort);
  assert.equal(same.spec.ports?.[0]?.nodePort, 30_080);
  const inner = updated(services, stored, (draft) => void (draft.spec!.type = 'ClusterIP'));
  assert.equal(inner.spec.ports?.[0]?.nodePort, undefined);
  assert.equal(inner.spec.externalTrafficPolicy, undefined);
  assert.equal(inner.spec.clusterIP, '10.96.0.7');
  const named = updated(services, stored, (draft) => Object.assign(draft.spec!, { type: 'ExternalName', externalName: 'example.com' }));
  assert.equal(named.spec.clusterIP, undefined);
});

test('columns', () => {
  const shown = (spec: object, status: object = {}): object =>
    row(services, { ...created(services, service(spec)), status: { loadBalancer: {}, ...status } });
  assert.deepEqual(shown({}), {
    Name: 'web',
    Type: 'ClusterIP',
    'Cluster-IP': '10.96.0.7',
    'External-IP': '<none>',
    'Port(s)': '80/TCP',
    Age: '<unknown>',
    Selector: 'app=web',
  });
  const { 'External-IP': pending, 'Port(s)': ports } = shown(balanced) as Record<string, unknown>;
  assert.deepEqual([pending, ports], ['<pending>', '80:30080/TCP']);
  assert.equal(
    (shown(balanced, { loadBalancer: { ingress: [{ ip: '1.2.3.4' }, { hostname: 'a.example.com' }] } }) as Record<string, unknown>)['External-IP'],
    '1.2.3.4,a.example.com',
  );
  const named = shown(external) as Record<string, unknown>;
  assert.deepEqual([named['Cluster-IP'], named['External-IP'], named['Port(s)']], ['<none>', 'example.com', '<none>']);
});
