import { containerCases, specCases, SUBDOMAIN_TEXT } from '../../../testing/pods.ts';

const options = (windowsOptions: object): object => ({ securityContext: { windowsOptions } });
const user = (runAsUserName: string): object => options({ runAsUserName });
const said = (name: string, text: string): string => `securityContext.windowsOptions.runAsUserName: Invalid value: ${JSON.stringify(name)}: ${text}`;
const FORMAT = "runAsUserName's Domain doesn't match the NetBios nor the DNS format";
const onWindows = (spec: object): object => ({ os: { name: 'windows' }, ...spec });
const NOT_HERE = 'Forbidden: cannot be set for a windows pod';

containerCases({
  'a user with domain': [user('CORP\\me'), []],
  'a user with a DNS domain': [user('corp.example.com\\me'), []],
  'no user': [user(''), [said('', 'runAsUserName cannot be an empty string')]],
  'control characters': [user('a\tb'), [said('a\tb', 'runAsUserName cannot contain control characters')]],
  'two backslashes': [user('a\\b\\c'), [said('a\\b\\c', 'runAsUserName cannot contain more than one backslash')]],
  'an empty domain': [user('\\me'), [said('\\me', FORMAT)]],
  'a domain too long': [
    user(`${'d'.repeat(256)}\\me`),
    [said(`${'d'.repeat(256)}\\me`, "runAsUserName's Domain length must be under 256 characters"), said(`${'d'.repeat(256)}\\me`, FORMAT)],
  ],
  'a user without a name': [user('corp\\'), [said('corp\\', "runAsUserName's User cannot be empty")]],
  'a user too long': [user('u'.repeat(105)), [said('u'.repeat(105), "runAsUserName's User length must not be longer than 104 characters")]],
  'a user of dots': [user('. .'), [said('. .', "runAsUserName's User cannot contain only periods or spaces")]],
  'a user with a colon': [user('a:b'), [said('a:b', 'runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]')]],
  'bad credentials': [
    options({ gmsaCredentialSpecName: 'A', gmsaCredentialSpec: '' }),
    [
      `securityContext.windowsOptions.gmsaCredentialSpecName: Invalid value: "A": ${SUBDOMAIN_TEXT}`,
      'securityContext.windowsOptions.gmsaCredentialSpec: Invalid value: "": gmsaCredentialSpec cannot be an empty string',
    ],
  ],
  'credentials too large': [
    options({ gmsaCredentialSpec: 'x'.repeat(64 * 1024 + 1) }),
    [
      `securityContext.windowsOptions.gmsaCredentialSpec: Invalid value: "${'x'.repeat(64 * 1024 + 1)}": gmsaCredentialSpec size must be under 64 KiB`,
    ],
  ],
});

const hostProcess = (value: boolean): object => ({ securityContext: { windowsOptions: { hostProcess: value } } });

specCases({
  'no system': [{ os: { name: '' } }, ['os.name: Required value']],
  'another system': [{ os: { name: 'plan9' } }, ['os: Unsupported value: "plan9": supported values: "linux", "windows"']],
  'Windows options on Linux': [
    { os: { name: 'linux' }, ...options({ runAsUserName: 'me' }), containers: [{ name: 'c', image: 'i', ...options({ runAsUserName: 'me' }) }] },
    [
      'securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod',
      'containers[0].securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod',
    ],
  ],
  'Linux options on Windows': [
    onWindows({
      hostPID: true,
      hostIPC: true,
      hostUsers: true,
      shareProcessNamespace: false,
      securityContext: {
        appArmorProfile: { type: 'Unconfined' },
        seLinuxOptions: { level: 'x' },
        seccompProfile: { type: 'Unconfined' },
        fsGroup: 1,
        fsGroupChangePolicy: 'Always',
        sysctls: [{ name: 'a', value: 'b' }],
        runAsUser: 1,
        runAsGroup: 1,
        supplementalGroups: [1],
        supplementalGroupsPolicy: 'Merge',
        seLinuxChangePolicy: 'Recursive',
      },
    }),
    [
      'securityContext.appArmorProfile',
      'securityContext.seLinuxOptions',
      'securityContext.seccompProfile',
      'securityContext.fsGroup',
      'securityContext.fsGroupChangePolicy',
      'securityContext.sysctls',
      'securityContext.runAsUser',
      'securityContext.runAsGroup',
      'securityContext.supplementalGroups',
      'securityContext.supplementalGroupsPolicy',
      'securityContext.seLinuxChangePolicy',
      'hostUsers',
      'hostPID',
      'hostIPC',
      'shareProcessNamespace',
    ].map((name) => `${name}: ${NOT_HERE}`),
  ],
  'Linux options of a container on Windows': [
    onWindows({
      containers: [
        {
          name: 'c',
          image: 'i',
          securityContext: {
            appArmorProfile: { type: 'Unconfined' },
            seLinuxOptions: { level: 'x' },
            seccompProfile: { type: 'Unconfined' },
            capabilities: {},
            readOnlyRootFilesystem: false,
            privileged: false,
            allowPrivilegeEscalation: true,
            procMount: 'Default',
            runAsUser: 1,
            runAsGroup: 1,
          },
        },
      ],
    }),
    [
      'appArmorProfile',
      'seLinuxOptions',
      'seccompProfile',
      'capabilities',
      'readOnlyRootFilesystem',
      'privileged',
      'allowPrivilegeEscalation',
      'procMount',
      'runAsUser',
      'runAsGroup',
    ].map((name) => `containers[0].securityContext.${name}: ${NOT_HERE}`),
  ],
  'processes of the node': [{ hostNetwork: true, ...hostProcess(true) }, []],
  'processes of the node off its network': [
    hostProcess(true),
    ['hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers'],
  ],
  'some processes of the node': [
    {
      hostNetwork: true,
      containers: [
        { name: 'c', image: 'i', ...hostProcess(true) },
        { name: 'd', image: 'i' },
      ],
    },
    ['^spec: Invalid value: "": If pod contains any hostProcess containers then all containers must be HostProcess containers'],
  ],
  'processes of the node, and not': [
    { hostNetwork: true, ...hostProcess(false), containers: [{ name: 'c', image: 'i', ...hostProcess(true) }] },
    [
      'containers[0].securityContext.windowsOptions.hostProcess: Invalid value: true: pod hostProcess value must be identical if both are specified, was false',
    ],
  ],
});
