/**
 * Rules for the ways in which a leader may be chosen.
 *
 * Source: kubernetes `pkg/apis/coordination/validation` ValidateCoordinatedLeaseStrategy.
 */
import { child, type FieldError, notSupported } from '#machinery/field-error.ts';
import { qualifiedName } from '../rules.ts';

/** The way that Kubernetes itself knows. */
export const OLDEST_EMULATION_VERSION = 'OldestEmulationVersion';

/** A way to choose a leader: Kubernetes' own, or one with a domain in front. Upstream names the member twice in the path. */
export function leaseStrategyRules(field: string, strategy: string): FieldError[] {
  const here = child(field, 'strategy');
  if (strategy.includes('/')) return qualifiedName(here, strategy);
  return strategy === OLDEST_EMULATION_VERSION ? [] : [notSupported(here, strategy, [OLDEST_EMULATION_VERSION])];
}
