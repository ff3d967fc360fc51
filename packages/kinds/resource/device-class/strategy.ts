/**
 * The life of device classes.
 *
 * Source: kubernetes `pkg/registry/resource/deviceclass`, `pkg/apis/resource/validation`.
 */
import { at, type FieldError, invalid, tooMany } from '#machinery/field-error.ts';
import type { Strategy } from '#machinery/kind.ts';
import { isExtendedResource } from '../../core/pod/resource-names.ts';
import { sameValue } from '../../semantic-equal.ts';
import { nextGeneration, startGeneration } from '../../strategy.ts';
import { configurationFindings, selectorFindings } from '../device-validation.ts';
import type { DeviceClass } from './schema.ts';

const MAX_CONFIGS = 32;

/** Rules of a class's life. */
export const deviceClassStrategy: Strategy<DeviceClass> = {
  unconditionalUpdate: true,
  prepareForCreate: startGeneration,
  prepareForUpdate: (draft, stored) => nextGeneration(draft, stored, !sameValue(draft.spec, stored.spec)),
  validate,
  validateUpdate: (deviceClass) => validate(deviceClass),
};

function validate({ spec: { selectors, config = [], extendedResourceName: extended } }: DeviceClass): FieldError[] {
  const errors = selectorFindings('spec.selectors', selectors);
  if (config.length > MAX_CONFIGS) errors.push(tooMany('spec.config', config.length, MAX_CONFIGS));
  else for (const [index, one] of config.entries()) errors.push(...configurationFindings(at('spec.config', index), one));
  if (extended !== undefined && !isExtendedResource(extended))
    errors.push(invalid('spec.extendedResourceName', extended, 'must be a valid extended resource name'));
  return errors;
}
