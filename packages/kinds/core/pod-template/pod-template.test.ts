import { QUALIFIED_TEXT } from '../../testing/pods.ts';
import { createCases, updateCases } from '../../testing/tables.ts';
import { podTemplates } from './kind.ts';

const template = (spec: object, metadata: object = {}): object => ({
  kind: 'PodTemplate',
  apiVersion: 'v1',
  metadata: { name: 'web', namespace: 'default' },
  template: { metadata, spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec } },
});

createCases(podTemplates, {
  'a template': [template({ restartPolicy: 'Never' }), []],
  'metadata that is none': [
    template({}, { labels: { 'a b': 'c' }, annotations: { 'x y': '' } }),
    [`template.labels: Invalid value: "a b": ${QUALIFIED_TEXT}`, `template.annotations: Invalid value: "x y": ${QUALIFIED_TEXT}`],
  ],
  'annotations of pods': [
    template({}, { annotations: { 'controller.kubernetes.io/pod-deletion-cost': 'x' } }),
    ['template.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "x": must be a 32bit integer'],
  ],
  'no containers': [template({ containers: [] }), ['template.spec.containers: Required value']],
  'ephemeral containers': [
    template({ ephemeralContainers: [{ name: 'e', image: 'i' }] }),
    ['template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template'],
  ],
  'an image to come': [
    template({ volumes: [{ name: 'v', image: {} }], containers: [{ name: 'c' }] }),
    ['template.spec.containers[0].image: Required value'],
  ],
  'profiles that differ': [
    template(
      { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
      { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' } },
    ),
    ['template.spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match'],
  ],
});

updateCases(podTemplates, template({ dnsConfig: { searches: ['A'] } }), {
  'what was wrong stays': [(draft) => void (draft.template!.metadata = { labels: { a: 'b' } }), []],
  'what is wrong anew': [
    (draft) => void (draft.template!.spec!.dnsConfig = { searches: ['B'] }),
    [
      "template.spec.dnsConfig.searches[0]: Invalid value: \"B\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')",
    ],
  ],
});
