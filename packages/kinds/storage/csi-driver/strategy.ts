/**
 * The life of a CSI driver.
 *
 * Source: kubernetes `pkg/registry/storage/csidriver`, `pkg/apis/storage/validation`, `v1/defaults.go`.
 */
import { at, child, duplicate, type FieldError, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { Column, KindContext, Strategy } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { UNSET } from '../../core/persistent-volume-claim/columns.ts';
import { immutable } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { nextGeneration, startGeneration } from '../../strategy.ts';
import { csiDriverName } from '../../core/pod/validation/legacy-volumes.ts';
import type { CSIDriver, CSIDriverSpec } from './schema.ts';

const SHORTEST_TOKEN_SECONDS = 600;
const LONGEST_TOKEN_SECONDS = 2 ** 32;
const MIN_UPDATE_SECONDS = 10;

/** Fills a CSI driver. */
export function defaultCsiDriver(draft: Draft<CSIDriver>, context: Pick<KindContext, 'gate'>): void {
  const spec = (draft.spec ??= {});
  spec.attachRequired ??= true;
  spec.podInfoOnMount ??= false;
  spec.storageCapacity ??= false;
  spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
  if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent'];
  spec.requiresRepublish ??= false;
  if (context.gate('SELinuxMountReadWriteOncePod')) spec.seLinuxMount ??= false;
}

/** Members whose change makes a new generation. */
const COUNTED = ['tokenRequests', 'requiresRepublish', 'seLinuxMount'] as const;

/** Rules of a CSI driver's life. */
export const csiDriverStrategy: Strategy<CSIDriver> = {
  prepareForCreate: startGeneration,
  prepareForUpdate: (draft, stored) =>
    nextGeneration(
      draft,
      stored,
      COUNTED.some((name) => !sameValue(draft.spec?.[name], stored.spec[name])),
    ),
  validate: ({ metadata, spec }) => [...csiDriverName('metadata.name', metadata.name ?? ''), ...specRules(spec)],
  validateUpdate: ({ spec }, stored) => [
    ...specRules(spec),
    ...(['attachRequired', 'volumeLifecycleModes'] as const).flatMap((name) =>
      immutable(name === 'attachRequired' ? 'spec.attachedRequired' : `spec.${name}`, spec[name], stored.spec[name]),
    ),
  ],
};

function specRules(spec: CSIDriverSpec): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['attachRequired', 'podInfoOnMount', 'storageCapacity', 'requiresRepublish'] as const) {
    if (spec[name] === undefined) errors.push(required(`spec.${name === 'attachRequired' ? 'attachedRequired' : name}`));
  }
  const policies = ['File', 'None', 'ReadWriteOnceWithFSType'];
  if (spec.fsGroupPolicy !== undefined && !policies.includes(spec.fsGroupPolicy))
    errors.push(notSupported('spec.fsGroupPolicy', spec.fsGroupPolicy, policies));
  for (const mode of spec.volumeLifecycleModes ?? [])
    if (mode !== 'Persistent' && mode !== 'Ephemeral') errors.push(notSupported('spec.volumeLifecycleModes', mode, ['Persistent', 'Ephemeral']));
  errors.push(...tokenRules('spec.tokenRequests', spec));
  if (spec.serviceAccountTokenInSecrets !== undefined && !spec.tokenRequests?.length) {
    const text = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified';
    errors.push(invalid('spec.serviceAccountTokenInSecrets', spec.serviceAccountTokenInSecrets, text));
  }
  const period = spec.nodeAllocatableUpdatePeriodSeconds;
  if (period !== undefined && period < MIN_UPDATE_SECONDS)
    errors.push(invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, `must be greater than or equal to ${MIN_UPDATE_SECONDS} seconds`));
  return errors;
}

function tokenRules(field: string, { tokenRequests = [] }: CSIDriverSpec): FieldError[] {
  return tokenRequests.flatMap(({ audience, expirationSeconds: seconds }, index) => {
    const here = at(field, index);
    const errors: FieldError[] = [];
    if (tokenRequests.findIndex((other) => other.audience === audience) < index) errors.push(duplicate(child(here, 'audience'), audience));
    if (seconds === undefined) return errors;
    if (seconds < SHORTEST_TOKEN_SECONDS)
      errors.push(invalid(child(here, 'expirationSeconds'), seconds, 'may not specify a duration less than 10 minutes'));
    if (seconds > LONGEST_TOKEN_SECONDS)
      errors.push(invalid(child(here, 'expirationSeconds'), seconds, 'may not specify a duration larger than 2^32 seconds'));
    return errors;
  });
}

/** What `kubectl get csidrivers` shows. */
export const csiDriverColumns: readonly Column<CSIDriver>[] = [
  nameColumn,
  {
    name: 'AttachRequired',
    type: 'boolean',
    description: 'Whether volumes are attached to nodes before they are mounted.',
    cell: ({ spec }) => spec.attachRequired ?? true,
  },
  {
    name: 'PodInfoOnMount',
    type: 'boolean',
    description: 'Whether the driver is told about the pod.',
    cell: ({ spec }) => spec.podInfoOnMount ?? false,
  },
  {
    name: 'StorageCapacity',
    type: 'boolean',
    description: 'Whether the driver publishes its capacity.',
    cell: ({ spec }) => spec.storageCapacity ?? false,
  },
  {
    name: 'TokenRequests',
    type: 'string',
    description: 'Audiences of tokens for the driver.',
    cell: ({ spec }) => (spec.tokenRequests?.length ? spec.tokenRequests.map(({ audience }) => audience).join(',') : UNSET),
  },
  {
    name: 'RequiresRepublish',
    type: 'boolean',
    description: 'Whether the driver is asked to publish again and again.',
    cell: ({ spec }) => spec.requiresRepublish ?? false,
  },
  { name: 'Modes', type: 'string', description: 'Kinds of volumes.', cell: ({ spec }) => (spec.volumeLifecycleModes ?? []).join(',') || '<none>' },
  ageColumn,
];
