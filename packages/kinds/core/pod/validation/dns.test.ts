import { LABEL_TEXT, specCases, SUBDOMAIN_TEXT } from '../../../testing/pods.ts';

const config = (dnsConfig: object): object => ({ dnsConfig });
const searching = (...searches: string[]): object => config({ searches });

specCases({
  'own name servers': [
    {
      dnsPolicy: 'None',
      dnsConfig: {
        nameservers: ['10.0.0.1', 'fd00::1'],
        searches: ['a.b', '_x._tcp', '.', 'c.'],
        options: [{ name: 'ndots', value: '2' }, { name: 'debug' }],
      },
    },
    [],
  ],
  'None without configuration': [{ dnsPolicy: 'None' }, ['dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None']],
  'None without name servers': [
    { dnsPolicy: 'None', dnsConfig: { searches: ['A'] } },
    ['dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None'],
  ],
  'a policy that is none': [
    { dnsPolicy: 'Later' },
    ['dnsPolicy: Unsupported value: "Later": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"'],
  ],
  'four name servers': [
    config({ nameservers: ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'] }),
    ['dnsConfig.nameservers: Invalid value: ["10.0.0.1","10.0.0.2","10.0.0.3","10.0.0.4"]: must not have more than 3 nameservers'],
  ],
  'name servers that are none': [
    config({ nameservers: ['a', '010.0.0.1'] }),
    [
      'dnsConfig.nameservers[0]: Invalid value: "a": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'dnsConfig.nameservers[1]: Invalid value: "010.0.0.1": must not have leading 0s',
    ],
  ],
  'searches that are none': [
    searching('A', '-a', 'a_'),
    [
      "dnsConfig.searches[0]: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')",
      "dnsConfig.searches[1]: Invalid value: \"-a\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')",
      "dnsConfig.searches[2]: Invalid value: \"a_\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')",
    ],
  ],
  'a search too long': [
    searching(`${'a'.repeat(253)}b`),
    [
      'dnsConfig.searches[0]: Invalid value: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab": must be no more than 253 characters',
    ],
  ],
  'an option without name': [config({ options: [{ value: 'x' }] }), ['dnsConfig.options[0]: Required value: must not be empty']],
  'an own host name': [{ hostnameOverride: 'a.b' }, []],
  'an own host name beside others': [
    { hostnameOverride: 'a.b', hostNetwork: true, setHostnameAsFQDN: true },
    [
      'hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true',
      'hostnameOverride: Forbidden: may not be specified when hostNetwork is true',
    ],
  ],
  'an own host name that is none': [{ hostnameOverride: 'A' }, [`hostnameOverride: Invalid value: "A": ${SUBDOMAIN_TEXT}`]],
  'an own host name too long': [{ hostnameOverride: 'a'.repeat(65) }, ['hostnameOverride: Too long: may not be more than 64 bytes']],
  'no own host name': [{ hostnameOverride: '' }, [`hostnameOverride: Invalid value: "": ${SUBDOMAIN_TEXT}`]],
  aliases: [{ hostAliases: [{ ip: '10.0.0.1', hostnames: ['a', 'b.c'] }, { ip: '::1' }] }, []],
  'aliases that are none': [
    { hostAliases: [{ ip: '10.0.0.01', hostnames: ['A'] }, { ip: 'x' }, { ip: '' }] },
    [
      'hostAliases[0].ip: Invalid value: "10.0.0.01": must not have leading 0s',
      `hostAliases[0].hostnames[0]: Invalid value: "A": ${SUBDOMAIN_TEXT}`,
      'hostAliases[1].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'hostAliases[2].ip: Invalid value: "": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
  ],
  'a host and a domain': [{ hostname: 'a', subdomain: 'b', setHostnameAsFQDN: true }, []],
  'a host and a domain that are none': [
    { hostname: 'a.b', subdomain: 'C' },
    ['hostname: Invalid value: "a.b": must not contain dots', `subdomain: Invalid value: "C": ${LABEL_TEXT}`],
  ],
});
