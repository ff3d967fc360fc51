import { LABEL_TEXT, QUALIFIED_TEXT, SUBDOMAIN_TEXT } from '../../testing/pods.ts';
import { createCases, updateCases, warningCases } from '../../testing/tables.ts';
import { endpoints } from './kind.ts';

const some = (subset: object, labels: object = {}): object => ({
  kind: 'Endpoints',
  apiVersion: 'v1',
  metadata: { name: 'web', namespace: 'default', labels },
  subsets: [subset],
});
const address = (members: object): object => some({ addresses: [{ ip: '10.0.0.1', ...members }] });
const port = (members: object): object => some({ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80, ...members }] });

createCases(endpoints, {
  addresses: [
    some({ addresses: [{ ip: '10.0.0.1', hostname: 'a', nodeName: 'n' }], notReadyAddresses: [{ ip: 'fd00::1' }], ports: [{ port: 80 }] }),
    [],
  ],
  'no address': [some({ ports: [{ port: 80 }] }), ['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`']],
  'addresses that are none': [
    some({ addresses: [{ ip: 'x' }], notReadyAddresses: [{ ip: '10.0.0.01' }] }),
    [
      'subsets[0].addresses[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'subsets[0].addresses[0].ip: Invalid value: "x": must be a valid IP address',
      'subsets[0].notReadyAddresses[0].ip: Invalid value: "10.0.0.01": must not have leading 0s',
    ],
  ],
  'an address of this host': [
    address({ ip: '127.0.0.1' }),
    ['subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ],
  'names that are none': [
    address({ hostname: 'a.b', nodeName: 'N' }),
    [
      'subsets[0].addresses[0].hostname: Invalid value: "a.b": must not contain dots',
      `subsets[0].addresses[0].nodeName: Invalid value: "N": ${SUBDOMAIN_TEXT}`,
    ],
  ],
  ports: [port({ name: 'http', appProtocol: 'http', protocol: 'SCTP' }), []],
  'a port that is none': [
    port({ port: 0, protocol: 'ICMP', name: 'A', appProtocol: 'a b' }),
    [
      `subsets[0].ports[0].name: Invalid value: "A": ${LABEL_TEXT}`,
      'subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'subsets[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
      `subsets[0].ports[0].appProtocol: Invalid value: "a b": ${QUALIFIED_TEXT}`,
    ],
  ],
  'two ports without names': [
    some({ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }, { port: 81 }] }),
    ['subsets[0].ports[0].name: Required value', 'subsets[0].ports[1].name: Required value'],
  ],
});

updateCases(endpoints, address({ ip: '127.0.0.1' }), {
  'what was wrong stays': [(draft) => void (draft.metadata!.labels = { a: 'b' }), []],
  'what is wrong anew': [
    (draft) => void (draft.subsets![0]!.addresses![0]!.ip = '127.0.0.2'),
    ['subsets[0].addresses[0].ip: Invalid value: "127.0.0.2": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ],
});

warningCases(endpoints, {
  'an address written oddly': [
    some({ addresses: [{ ip: '10.0.0.1' }], notReadyAddresses: [{ ip: '2001:DB8::1' }] }),
    ['subsets[0].notReadyAddresses[0].ip: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")'],
  ],
  'what the controller copied': [some({ addresses: [{ ip: '2001:DB8::1' }] }, { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' }), []],
});
