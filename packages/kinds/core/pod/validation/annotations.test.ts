import { pod } from '../../../testing/pods.ts';
import { createCases } from '../../../testing/tables.ts';
import { pods } from '../kind.ts';

const noted = (annotations: object, spec: object = {}): object => pod(spec, { annotations });
const MIRROR = 'kubernetes.io/config.mirror';
const COST = 'controller.kubernetes.io/pod-deletion-cost';
const TOLERATIONS = 'scheduler.alpha.kubernetes.io/tolerations';
const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_C = 'container.seccomp.security.alpha.kubernetes.io/c';
const APP_ARMOR_C = 'container.apparmor.security.beta.kubernetes.io/c';
const APP_ARMOR_X = 'container.apparmor.security.beta.kubernetes.io/x';
const withProfiles = (securityContext: object): object => ({ securityContext });

createCases(pods, {
  'a mirror of a pod': [noted({ [MIRROR]: 'x' }, { nodeName: 'n' }), []],
  'a mirror of a pod nowhere': [
    noted({ [MIRROR]: 'x' }),
    ['metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set'],
  ],
  'a mirror of a pod with claims': [
    noted({ [MIRROR]: 'x' }, { nodeName: 'n', resourceClaims: [{ name: 'a', resourceClaimName: 'b' }] }),
    [': Forbidden: static pods do not support resource claims'],
  ],
  'a cost': [noted({ [COST]: '-2147483648' }), []],
  'a cost that is no number': [
    noted({ [COST]: 'x' }),
    ['metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "x": must be a 32bit integer'],
  ],
  'a cost with a sign': [
    noted({ [COST]: '+1' }),
    ['metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer'],
  ],
  'a cost with zeros': [
    noted({ [COST]: '01' }),
    ['metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "01": must be a 32bit integer'],
  ],
  'a cost too high': [
    noted({ [COST]: '2147483648' }),
    ['metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "2147483648": must be a 32bit integer'],
  ],
  'tolerations as they were': [noted({ [TOLERATIONS]: '[{"key":"a","operator":"Exists"}]' }), []],
  'tolerations as they were, of no key': [
    noted({ [TOLERATIONS]: '[{"operator":"Equal"}]' }),
    [
      'metadata.annotations.scheduler.alpha.kubernetes.io/tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
  ],
  'seccomp profiles': [noted({ [SECCOMP]: 'runtime/default', [SECCOMP_C]: 'localhost/a/b' }), []],
  'seccomp profiles that are none': [
    noted({ [SECCOMP]: 'own', [SECCOMP_C]: 'localhost//../a' }),
    [
      'metadata.annotations.container.seccomp.security.alpha.kubernetes.io/c: Invalid value: "/../a": must be a relative path',
      'metadata.annotations.container.seccomp.security.alpha.kubernetes.io/c: Invalid value: "/../a": must not contain \'..\'',
      'metadata.annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: "own": must be a valid seccomp profile',
    ],
  ],
  'seccomp profiles that differ': [
    noted({ [SECCOMP]: 'unconfined' }, withProfiles({ seccompProfile: { type: 'RuntimeDefault' } })),
    ['spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match'],
  ],
  'local seccomp profiles that differ': [
    noted({ [SECCOMP]: 'localhost/a' }, withProfiles({ seccompProfile: { type: 'Localhost', localhostProfile: 'b' } })),
    ['spec.securityContext.seccompProfile.localhostProfile: Forbidden: seccomp profile in annotation and field must match'],
  ],
  'AppArmor profiles': [noted({ [APP_ARMOR_C]: 'localhost/a' }), []],
  "AppArmor profiles that are none, and nobody's": [
    noted({ [APP_ARMOR_C]: 'own', [APP_ARMOR_X]: 'unconfined' }),
    [
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: Invalid value: "own": invalid AppArmor profile name: "own"',
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/x]: Invalid value: "x": container not found',
    ],
  ],
  'AppArmor profiles that differ': [
    noted(
      { [APP_ARMOR_C]: 'unconfined' },
      {
        containers: [{ name: 'c', image: 'a', securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } }],
      },
    ),
    ['spec.containers[0].securityContext.appArmorProfile.type: Forbidden: apparmor type in annotation and field must match'],
  ],
});
