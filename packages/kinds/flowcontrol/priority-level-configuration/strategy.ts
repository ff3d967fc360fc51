/**
 * The life of a priority level.
 *
 * Source: kubernetes `pkg/apis/flowcontrol/validation`, `v1/defaults.go`, `pkg/registry/flowcontrol/prioritylevelconfiguration`.
 */
import { child, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { Column, Strategy } from '#machinery/kind.ts';
import { inclusiveRangeMessage } from '#machinery/names.ts';
import type { Draft } from '#machinery/schema.ts';
import { ageColumn, nameColumn, NONE } from '../../cells.ts';
import { nonNegative } from '../../rules.ts';
import { specStrategy } from '../../strategy.ts';
import { fixedLevel } from '../mandatory.ts';
import { conditionRules } from '../strategy.ts';
import type { LimitedPriorityLevelConfiguration, LimitResponse, PriorityLevelConfiguration, QueuingConfiguration } from './schema.ts';

const DEFAULT_SHARES = 30;
const DEFAULT_HAND_SIZE = 8;
const DEFAULT_QUEUES = 64;
const DEFAULT_QUEUE_LENGTH = 50;
const MAX_QUEUES = 10_000_000;
/** Bits of the hash that deals queues to a flow. */
const MAX_HASH_BITS = 60;

/** Fills a priority level. */
export function defaultPriorityLevel(draft: Draft<PriorityLevelConfiguration>): void {
  const { limited, exempt } = draft.spec ?? {};
  if (exempt) {
    exempt.nominalConcurrencyShares ??= 0;
    exempt.lendablePercent ??= 0;
  }
  if (!limited) return;
  limited.nominalConcurrencyShares ??= DEFAULT_SHARES;
  limited.lendablePercent ??= 0;
  const queuing = limited.limitResponse?.queuing;
  if (!queuing) return;
  queuing.handSize ||= DEFAULT_HAND_SIZE;
  queuing.queues ||= DEFAULT_QUEUES;
  queuing.queueLengthLimit ||= DEFAULT_QUEUE_LENGTH;
}

/** Rules of a priority level's life. */
export const priorityLevelStrategy: Strategy<PriorityLevelConfiguration> = {
  ...specStrategy<PriorityLevelConfiguration>({}),
  unconditionalUpdate: true,
  validate,
  validateUpdate: (level) => validate(level),
};

function validate(level: PriorityLevelConfiguration): FieldError[] {
  const { type, limited, exempt } = level.spec;
  const isExempt = level.metadata.name === 'exempt';
  const errors: FieldError[] = [];
  if (isExempt !== (type === 'Exempt')) errors.push(invalid('spec.type', type, "type must be 'Exempt' if and only if name is 'exempt'"));
  if (type === 'Exempt') {
    if (limited) errors.push(forbiddenField('spec.limited', 'must be nil if the type is not Limited'));
    errors.push(
      ...nonNegative('spec.exempt.nominalConcurrencyShares', exempt?.nominalConcurrencyShares),
      ...percentRules('spec.exempt.lendablePercent', exempt?.lendablePercent),
    );
  } else if (type === 'Limited') {
    if (exempt) errors.push(forbiddenField('spec.exempt', 'must be nil if the type is Limited'));
    errors.push(...(limited ? limitedRules('spec.limited', limited) : [required('spec.limited', 'must not be empty when type is Limited')]));
  } else {
    errors.push(notSupported('spec.type', type, ['Exempt', 'Limited']));
  }
  return [...errors, ...conditionRules(level), ...fixedLevel(level.metadata.name, level.spec)];
}

function percentRules(field: string, percent: number | undefined): FieldError[] {
  return percent !== undefined && (percent < 0 || percent > 100) ? [invalid(field, percent, inclusiveRangeMessage(0, 100))] : [];
}

function limitedRules(
  field: string,
  { nominalConcurrencyShares: shares, limitResponse, lendablePercent, borrowingLimitPercent }: LimitedPriorityLevelConfiguration,
): FieldError[] {
  const errors =
    shares !== undefined && shares < 0 ? [invalid(child(field, 'nominalConcurrencyShares'), shares, 'must be a non-negative integer')] : [];
  errors.push(...responseRules(child(field, 'limitResponse'), limitResponse), ...percentRules(child(field, 'lendablePercent'), lendablePercent));
  if (borrowingLimitPercent !== undefined && borrowingLimitPercent < 0)
    errors.push(invalid(child(field, 'borrowingLimitPercent'), borrowingLimitPercent, 'if specified, must be a non-negative integer'));
  return errors;
}

function responseRules(field: string, { type, queuing }: LimitResponse): FieldError[] {
  const here = child(field, 'queuing');
  if (type === 'Reject') return queuing ? [forbiddenField(here, 'must be nil if limited.limitResponse.type is not Limited')] : [];
  if (type !== 'Queue') return [notSupported(child(field, 'type'), type, ['Queue', 'Reject'])];
  return queuing ? queuingRules(here, queuing) : [required(here, 'must not be empty if limited.limitResponse.type is Limited')];
}

function queuingRules(field: string, { queues, handSize, queueLengthLimit }: QueuingConfiguration): FieldError[] {
  const errors: FieldError[] = [];
  const positive = (name: string, value: number): boolean => {
    if (value > 0) return true;
    errors.push(invalid(child(field, name), value, 'must be positive'));
    return false;
  };
  positive('queueLengthLimit', queueLengthLimit);
  if (positive('queues', queues) && queues > MAX_QUEUES)
    errors.push(invalid(child(field, 'queues'), queues, `must not be greater than ${MAX_QUEUES}`));
  if (!positive('handSize', handSize)) return errors;
  if (handSize > queues) errors.push(invalid(child(field, 'handSize'), handSize, `should not be greater than queues (${queues})`));
  const bits = Math.ceil(Math.log2(queues)) * handSize;
  if (bits > MAX_HASH_BITS)
    errors.push(
      invalid(
        child(field, 'handSize'),
        handSize,
        `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_HASH_BITS}`,
      ),
    );
  return errors;
}

function queuingCell(name: keyof QueuingConfiguration): (level: PriorityLevelConfiguration) => string | number {
  return ({ spec }) => spec.limited?.limitResponse.queuing?.[name] ?? NONE;
}

/** What `kubectl get prioritylevelconfigurations` shows. */
export const priorityLevelColumns: readonly Column<PriorityLevelConfiguration>[] = [
  nameColumn,
  { name: 'Type', type: 'string', description: 'Limited or exempt.', cell: ({ spec }) => spec.type },
  {
    name: 'NominalConcurrencyShares',
    type: 'string',
    description: 'The share of requests at once.',
    cell: ({ spec }) => spec.limited?.nominalConcurrencyShares ?? NONE,
  },
  { name: 'Queues', type: 'string', description: 'Number of queues.', cell: queuingCell('queues') },
  { name: 'HandSize', type: 'string', description: 'Queues that a flow may use.', cell: queuingCell('handSize') },
  { name: 'QueueLengthLimit', type: 'string', description: 'Requests that may wait in a queue.', cell: queuingCell('queueLengthLimit') },
  ageColumn,
];
