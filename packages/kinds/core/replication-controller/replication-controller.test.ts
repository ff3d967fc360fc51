import { QUALIFIED_TEXT } from '../../testing/pods.ts';
import { statusCases, createCases, updateCases } from '../../testing/tables.ts';
import { replicationControllers } from './kind.ts';

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
const controller = (spec: object): object => ({
  kind: 'ReplicationController',
  apiVersion: 'v1',
  metadata: { name: 'web', namespace: 'default' },
  spec: { template, ...spec },
});
const running = (spec: object): object => controller({ template: { ...template, spec: { ...template.spec, ...spec } } });

createCases(replicationControllers, {
  'selector from the template': [controller({}), []],
  'selector of other pods': [
    controller({ selector: { app: 'x' } }),
    ['spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'],
  ],
  'less than nothing': [
    controller({ replicas: -1, minReadySeconds: -1 }),
    [
      'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0',
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ],
  ],
  'no template': [controller({ template: undefined, selector: { app: 'x' } }), ['spec.template: Required value']],
  'no selector and no labels': [controller({ template: { spec: template.spec } }), ['spec.selector: Required value']],
  'pods that end': [
    running({ restartPolicy: 'Never', activeDeadlineSeconds: 5 }),
    [
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicationController is not Supported',
    ],
  ],
  'pods that are none': [running({ containers: [] }), ['spec.template.spec.containers: Required value']],
  'pods with labels that are none': [
    controller({ template: { ...template, metadata: { labels: { app: 'web', 'a b': 'c' } } } }),
    [`spec.template.labels: Invalid value: "a b": ${QUALIFIED_TEXT}`],
  ],
});

const old = controller({
  template: { ...template, spec: { ...template.spec, dnsConfig: { searches: ['A'] } } },
});

updateCases(replicationControllers, old, {
  'replicas and selector': [
    (draft) =>
      Object.assign(draft.spec!, { replicas: 3, selector: { app: 'y' }, template: { ...draft.spec!.template, metadata: { labels: { app: 'y' } } } }),
    [],
  ],
  'less than none': [(draft) => void (draft.spec!.replicas = -1), ['spec.replicas: Invalid value: -1: must be greater than or equal to 0']],
});

statusCases(replicationControllers, controller({}), {
  replicas: [{}, { replicas: 3, readyReplicas: 2, availableReplicas: 1, fullyLabeledReplicas: 3, observedGeneration: 1 }, []],
  'more than there are': [
    {},
    { replicas: 1, fullyLabeledReplicas: 2, readyReplicas: 2, availableReplicas: 3 },
    [
      'status.fullyLabeledReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas',
    ],
  ],
  'less than nothing there': [
    {},
    { readyReplicas: -1, replicas: 1, observedGeneration: -1 },
    [
      'status.readyReplicas: Invalid value: -1: must be greater than or equal to 0',
      'status.observedGeneration: Invalid value: -1: must be greater than or equal to 0',
      'status.availableReplicas: Invalid value: 0: cannot be greater than readyReplicas',
    ],
  ],
});
