import { containerCases, specCases } from '../../../testing/pods.ts';

const rule = (members: object = {}): object => ({ action: 'Restart', exitCodes: { operator: 'In', values: [1] }, ...members });
const policy = (resourceName: string, restartPolicy: string): object => ({ resourceName, restartPolicy });

containerCases({
  'rules by exit code': [{ restartPolicy: 'Never', restartPolicyRules: [rule(), rule({ action: 'RestartAllContainers' })] }, []],
  'bad policy': [{ restartPolicy: 'Maybe' }, ['restartPolicy: Unsupported value: "Maybe": supported values: "Always", "Never", "OnFailure"']],
  'rules without a policy': [
    { restartPolicyRules: [rule()] },
    ['restartPolicy: Required value: must specify restartPolicy when restart rules are used'],
  ],
  'bad action': [
    { restartPolicy: 'Never', restartPolicyRules: [rule({ action: 'Stop' })] },
    ['restartPolicyRules[0].action: Unsupported value: "Stop": supported values: "Restart", "RestartAllContainers"'],
  ],
  'no action': [
    { restartPolicy: 'Never', restartPolicyRules: [rule({ action: undefined })] },
    ['restartPolicyRules[0].action: Unsupported value: "": supported values: "Restart", "RestartAllContainers"'],
  ],
  'no exit codes': [
    { restartPolicy: 'Never', restartPolicyRules: [{ action: 'Restart' }] },
    ['restartPolicyRules[0].exitCodes: Required value: must be specified'],
  ],
  'no operator': [
    { restartPolicy: 'Never', restartPolicyRules: [rule({ exitCodes: { values: [1] } })] },
    ['restartPolicyRules[0].exitCodes.operator: Unsupported value: "": supported values: "In", "NotIn"'],
  ],
  'too many exit codes': [
    { restartPolicy: 'Never', restartPolicyRules: [rule({ exitCodes: { operator: 'In', values: Array.from({ length: 256 }, (_, i) => i) } })] },
    ['restartPolicyRules[0].exitCodes.values: Too many: 256: must have at most 255 items'],
  ],
  'too many rules': [
    { restartPolicy: 'Never', restartPolicyRules: Array.from({ length: 21 }, () => rule()) },
    ['restartPolicyRules: Too many: 21: must have at most 20 items'],
  ],
  'resize policies': [{ resizePolicy: [policy('cpu', 'NotRequired'), policy('memory', 'RestartContainer')] }, []],
  'resize policy of no resource': [{ resizePolicy: [policy('', '')] }, ['resizePolicy: Required value', 'resizePolicy: Required value']],
  'resize policy of another resource': [
    { resizePolicy: [policy('storage', 'Restart')] },
    [
      'resizePolicy: Unsupported value: "storage": supported values: "cpu", "memory"',
      'resizePolicy: Unsupported value: "Restart": supported values: "NotRequired", "RestartContainer"',
    ],
  ],
  'resize policy twice': [
    { resizePolicy: [policy('cpu', 'NotRequired'), policy('cpu', 'NotRequired')] },
    ['resizePolicy[1]: Duplicate value: "cpu"'],
  ],
});

specCases({
  'resize that restarts what never restarts': [
    { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i', resizePolicy: [policy('cpu', 'RestartContainer')] }] },
    [`containers[0].resizePolicy: Invalid value: "RestartContainer": must be 'NotRequired' when pod \`restartPolicy\` is 'Never'`],
  ],
});
