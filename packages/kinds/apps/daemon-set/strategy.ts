/**
 * The life of a daemon set.
 *
 * Source: kubernetes `pkg/registry/apps/daemonset/strategy.go`.
 */
import type { Column, Strategy, Subresource } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { ageColumn, containerColumns, labelsCell, nameColumn, selectorCell, selectorColumn } from '../../cells.ts';
import { podTemplateWarnings } from '../../core/pod/warnings.ts';
import { sameValue } from '../../semantic-equal.ts';
import { specStrategy, statusSubresource } from '../../strategy.ts';
import type { DaemonSet } from './schema.ts';
import { validateDaemonSet, validateDaemonSetStatus, validateDaemonSetUpdate } from './validation.ts';

const ordinary = specStrategy<DaemonSet>({ currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 });

/** Counts the versions of the template; a field of the API before `apps/v1`, the server's annotation since. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

function templateGeneration(annotations: Readonly<Record<string, string | undefined>> | undefined): number {
  const text = annotations?.[TEMPLATE_GENERATION] ?? '';
  return /^-?\d{1,15}$/.test(text) ? Number(text) : 0;
}

function setTemplateGeneration(draft: Draft<DaemonSet>, generation: number): void {
  const text = String(generation);
  if (draft.metadata?.annotations?.[TEMPLATE_GENERATION] === text) return;
  draft.metadata = { ...draft.metadata, annotations: { ...draft.metadata?.annotations, [TEMPLATE_GENERATION]: text } };
}

/** Rules of a daemon set's life. */
export const daemonSetStrategy: Strategy<DaemonSet> = {
  prepareForCreate(draft) {
    ordinary.prepareForCreate(draft);
    const given = templateGeneration(draft.metadata?.annotations);
    setTemplateGeneration(draft, given < 1 ? 1 : given);
  },
  prepareForUpdate(draft, stored) {
    ordinary.prepareForUpdate(draft, stored);
    const changed = !sameValue(draft.spec?.template, stored.spec.template);
    setTemplateGeneration(draft, templateGeneration(stored.metadata.annotations) + (changed ? 1 : 0));
  },
  unconditionalUpdate: true,
  validate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  warnings: ({ metadata, spec }, stored) => (stored && stored.metadata.generation === metadata.generation ? [] : podTemplateWarnings('spec.template', spec.template)),
};

/** `status`. */
export const daemonSetStatusSubresource: Subresource = statusSubresource<DaemonSet>({ validate: validateDaemonSetStatus });

/** What `kubectl get daemonsets` shows. */
export const daemonSetColumns: readonly Column<DaemonSet>[] = [
  nameColumn,
  { name: 'Desired', type: 'integer', description: 'Nodes that should run the pod.', cell: ({ status }) => status.desiredNumberScheduled },
  { name: 'Current', type: 'integer', description: 'Nodes that run the pod.', cell: ({ status }) => status.currentNumberScheduled },
  { name: 'Ready', type: 'integer', description: 'Nodes whose pod is ready.', cell: ({ status }) => status.numberReady },
  {
    name: 'Up-to-date',
    type: 'integer',
    description: 'Nodes whose pod has the current template.',
    cell: ({ status }) => status.updatedNumberScheduled ?? 0,
  },
  { name: 'Available', type: 'integer', description: 'Nodes whose pod is available.', cell: ({ status }) => status.numberAvailable ?? 0 },
  { name: 'Node Selector', type: 'string', description: 'Labels of the nodes.', cell: ({ spec }) => labelsCell(spec.template.spec.nodeSelector) },
  ageColumn,
  ...containerColumns,
  selectorColumn(({ spec }) => selectorCell(spec.selector)),
];
