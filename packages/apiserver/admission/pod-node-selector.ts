/**
 * Pods go only to the nodes that are their namespace's.
 *
 * Source: kubernetes `plugin/pkg/admission/podnodeselector`.
 */
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refusal } from './refusal.ts';
import type { Caches } from '../call.ts';
import { ConfigurationError } from '../configuration.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Draft } from '#machinery/schema.ts';
import { internalError } from '#machinery/status.ts';

/** Labels of nodes. */
type Labels = Readonly<Record<string, string>>;

/** Selectors as texts: for namespaces that have none of their own, and what pods of a namespace may ask for. */
export type NodeSelectorConfiguration = Readonly<Record<string, string>>;

const ANNOTATION = 'scheduler.alpha.kubernetes.io/node-selector';
const CLUSTER_DEFAULT = 'clusterDefaultNodeSelector';

/** `a=b,c=d`; `undefined` when it is not that. */
function parseLabels(text: string): Labels | undefined {
  const labels: Record<string, string> = {};
  for (const part of text.split(',').map((one) => one.trim())) {
    if (part === '') continue;
    const [key, value, ...rest] = part.split('=');
    if (key === undefined || value === undefined || rest.length > 0) return undefined;
    labels[key.trim()] = value.trim();
  }
  return labels;
}

/** Reads the parsed configuration. @throws ConfigurationError */
export function readNodeSelectors(value: unknown, from: string): NodeSelectorConfiguration {
  const selectors = (value as { readonly podNodeSelectorPluginConfig?: unknown } | null)?.podNodeSelectorPluginConfig ?? {};
  const entries = Object.entries(selectors as Readonly<Record<string, unknown>>);
  for (const [name, text] of entries) {
    if (typeof text !== 'string' || !parseLabels(text))
      throw new ConfigurationError(`${from}: podNodeSelectorPluginConfig.${name}: a selector of the form key=value,… is needed`);
  }
  return Object.fromEntries(entries) as NodeSelectorConfiguration;
}

function conflicts(wanted: Labels, own: Labels | undefined): boolean {
  return Object.entries(wanted).some(([key, value]) => own?.[key] !== undefined && own[key] !== value);
}

/** The plugin. */
export function podNodeSelector(caches: Caches, configured: NodeSelectorConfiguration): AdmissionPlugin {
  const selectorOf = ({ namespace }: AdmissionRequest): Labels => {
    const own = caches.get(namespaces, '', namespace)?.metadata.annotations?.[ANNOTATION];
    const labels = parseLabels(own ?? configured[CLUSTER_DEFAULT] ?? '');
    if (!labels) throw internalError(new Error(`the annotation ${ANNOTATION} of namespace ${namespace} is not a selector`));
    return labels;
  };
  return {
    name: 'PodNodeSelector',
    interest: { operations: ['CREATE'], resources: ['/pods'] },
    admit(request) {
      const { spec } = request.object as Draft<Pod>;
      if (!spec) return;
      const wanted = selectorOf(request);
      if (conflicts(wanted, spec.nodeSelector as Labels | undefined))
        throw refusal(request, 'pod node label selector conflicts with its namespace node label selector');
      if (Object.keys(wanted).length > 0) spec.nodeSelector = { ...wanted, ...spec.nodeSelector };
    },
    validate(request) {
      const { spec } = request.object as unknown as Pod;
      if (conflicts(selectorOf(request), spec.nodeSelector))
        throw refusal(request, 'pod node label selector conflicts with its namespace node label selector');
      const allowed = parseLabels(configured[request.namespace] ?? '') ?? {};
      const strays = Object.entries(spec.nodeSelector ?? {}).some(([key, value]) => allowed[key] !== value);
      if (request.namespace in configured && strays) throw refusal(request, 'pod node label selector labels conflict with its namespace whitelist');
    },
  };
}
