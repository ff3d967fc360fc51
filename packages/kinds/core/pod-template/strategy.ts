/**
 * The life of a pod template.
 *
 * Source: kubernetes `pkg/registry/core/podtemplate`.
 */
import type { Column, Strategy } from '#machinery/kind.ts';
import { labelsCell, nameColumn } from '../../cells.ts';
import { sameValue } from '../../semantic-equal.ts';
import { nextGeneration, startGeneration } from '../../strategy.ts';
import { ratcheted } from '../pod/validation/ratchet.ts';
import { podTemplateRules } from '../pod/validation/template.ts';
import { podTemplateWarnings } from '../pod/warnings.ts';
import type { PodTemplate } from './schema.ts';

/** Rules of a pod template's life. */
export const podTemplateStrategy: Strategy<PodTemplate> = {
  unconditionalUpdate: true,
  prepareForCreate: startGeneration,
  prepareForUpdate: (draft, stored) => nextGeneration(draft, stored, !sameValue(draft.template, stored.template)),
  validate: ({ template }, { gate }) => podTemplateRules('template', template, gate),
  validateUpdate: ({ template }, stored, { gate }) =>
    ratcheted(podTemplateRules('template', template, gate), () => podTemplateRules('template', stored.template, gate)),
  warnings: ({ template }) => podTemplateWarnings('template', template),
};

/** What `kubectl get podtemplates` shows. */
export const podTemplateColumns: readonly Column<PodTemplate>[] = [
  nameColumn,
  {
    name: 'Containers',
    type: 'string',
    description: 'Names of each container in the template.',
    cell: ({ template }) => (template.spec.containers ?? []).map(({ name }) => name).join(','),
  },
  {
    name: 'Images',
    type: 'string',
    description: 'Images referenced by each container in the template.',
    cell: ({ template }) => (template.spec.containers ?? []).map(({ image }) => image ?? '').join(','),
  },
  { name: 'Pod Labels', type: 'string', description: 'Labels of the pods.', cell: ({ template }) => labelsCell(template.metadata.labels) },
];
