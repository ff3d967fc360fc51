import { pod } from '../../../testing/pods.ts';
import { statusCases } from '../../../testing/tables.ts';
import { pods } from '../kind.ts';

const base = { phase: 'Running', qosClass: 'BestEffort' };
const entry = (members: object): object => ({ name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0, ...members });
const of = (members: object, list = 'containerStatuses'): object => ({ ...base, [list]: [entry(members)] });
const ended = (exitCode: number): object => of({ state: { terminated: { exitCode } } });
const started = of({ state: { running: {} } });
const user = (uid: number, gid: number, supplementalGroups: number[]): object => of({ user: { linux: { uid, gid, supplementalGroups } } });
const allocated = (name: string, resources: object[] = [], list?: string): object => of({ allocatedResourcesStatus: [{ name, resources }] }, list);

statusCases(pods, pod(), {
  'a container that starts again': [ended(1), started, []],
  'who runs': [base, user(0, 0, [1]), []],
  'nobody runs': [
    base,
    user(-1, -2, [-3]),
    [
      'status.containerStatuses[0].user.linux.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive',
      'status.containerStatuses[0].user.linux.gid: Invalid value: -2: must be between 0 and 2147483647, inclusive',
      'status.containerStatuses[0].user.linux.supplementalGroups[0]: Invalid value: -3: must be between 0 and 2147483647, inclusive',
    ],
  ],
});

statusCases(pods, pod({ restartPolicy: 'Never' }), {
  'a container that does not start again': [
    ended(1),
    started,
    ['status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state'],
  ],
  'a container that was removed': [ended(1), base, []],
});

statusCases(pods, pod({ restartPolicy: 'OnFailure' }), {
  'a container that failed': [ended(1), started, []],
  'a container that is done': [ended(0), started, ['status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state']],
});

const rules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }];
statusCases(pods, pod({ restartPolicy: 'Never', containers: [{ name: 'c', image: 'i', restartPolicy: 'Never', restartPolicyRules: rules }] }), {
  'a container that a rule starts again': [ended(42), started, []],
  'a container that no rule starts again': [
    ended(1),
    started,
    ['status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state'],
  ],
});

statusCases(pods, pod({ os: { name: 'windows' } }), {
  'who runs on Windows': [base, user(0, 0, []), ['status.containerStatuses[0].user.linux: Forbidden: cannot be set for a windows pod']],
});

const asking = { requests: { 'example.com/gpu': '1' }, limits: { 'example.com/gpu': '1' }, claims: [{ name: 'a', request: 'r' }] };
statusCases(pods, pod({ resourceClaims: [{ name: 'a', resourceClaimName: 'x' }], containers: [{ name: 'c', image: 'i', resources: asking }] }), {
  'what is held': [base, allocated('example.com/gpu', [{ resourceID: '1', health: 'Healthy' }]), []],
  'a claim that is held': [base, allocated('claim:a/r'), []],
  'what was not asked for': [
    base,
    allocated('example.com/other'),
    [
      'status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: "example.com/other": must match one of the container\'s resource requests',
    ],
  ],
  'a claim that was not asked for': [
    base,
    allocated('claim:b'),
    [
      "status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: \"claim:b\": must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty",
    ],
  ],
  'health that is none': [
    base,
    allocated('example.com/gpu', [
      { resourceID: '1', health: 'Fine', message: '' },
      { resourceID: '1', health: 'Unknown', message: 'x'.repeat(257) },
    ]),
    [
      'status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].health: Unsupported value: "Fine": supported values: "Healthy", "Unhealthy", "Unknown"',
      'status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].message: Required value: must be non-empty if specified',
      'status.containerStatuses[0].allocatedResourcesStatus[0].resources[1].message: Too long: may not be more than 256 bytes',
      'status.containerStatuses[0].allocatedResourcesStatus[0].resources[1].resourceID: Duplicate value: "1"',
    ],
  ],
  'what an ephemeral container holds': [
    base,
    allocated('example.com/gpu', [], 'ephemeralContainerStatuses'),
    ['status.ephemeralContainerStatuses[0].allocatedResourcesStatus: Forbidden: must not be specified in container status'],
  ],
});
