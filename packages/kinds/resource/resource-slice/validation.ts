/**
 * Rules of resource slices.
 *
 * Source: kubernetes `pkg/apis/resource/validation/validation.go`.
 */
import { at, child, type FieldError, invalid, required, tooMany } from '#machinery/field-error.ts';
import { nodeSelectorRules } from '../../core/pod/validation/affinity.ts';
import { csiDriverName } from '../../core/pod/validation/legacy-volumes.ts';
import { dnsLabel, dnsSubdomain, immutable } from '../../rules.ts';
import { attributeNameFindings, bindingConditionFindings, poolNameFindings, setFindings, taintFindings } from '../device-validation.ts';
import { attributeFindings } from './attribute-validation.ts';
import { capacityFindings } from './capacity-validation.ts';
import type { CounterSet, Device, DeviceCounterConsumption, ResourcePool, ResourceSlice, ResourceSliceSpec } from './schema.ts';

const MAX_DEVICES = 128;
const MAX_ADVANCED_DEVICES = 64;
const MAX_COUNTER_SETS = 8;
const MAX_COUNTERS = 32;
const MAX_CONSUMED_SETS = 2;
const MAX_TAINTS = 16;
const MAX_ATTRIBUTES = 32;

/** Rules of a slice. */
export function validateSlice({ spec }: ResourceSlice): FieldError[] {
  return [
    ...csiDriverName('spec.driver', spec.driver),
    ...poolFindings('spec.pool', spec.pool),
    ...placeFindings('spec', spec, ['nodeName', 'nodeSelector', 'allNodes', 'perDeviceNodeSelection']),
    ...deviceListFindings(spec),
  ];
}

/** Rules of a changed slice: whose devices it lists, and where, stays. */
export function validateSliceUpdate(slice: ResourceSlice, stored: ResourceSlice): FieldError[] {
  return [
    ...validateSlice(slice),
    ...immutable('spec.pool.name', slice.spec.pool.name, stored.spec.pool.name),
    ...immutable('spec.driver', slice.spec.driver, stored.spec.driver),
    ...immutable('spec.nodeName', slice.spec.nodeName, stored.spec.nodeName),
  ];
}

function poolFindings(field: string, { name, generation, resourceSliceCount }: ResourcePool): FieldError[] {
  const errors = poolNameFindings(child(field, 'name'), name);
  if (resourceSliceCount <= 0) errors.push(invalid(child(field, 'resourceSliceCount'), resourceSliceCount, 'must be greater than zero'));
  if (generation < 0) errors.push(invalid(child(field, 'generation'), generation, 'must be greater than or equal to zero'));
  return errors;
}

type Place = 'nodeName' | 'nodeSelector' | 'allNodes' | 'perDeviceNodeSelection';

/** Exactly one way of saying where devices are. */
function placeFindings(field: string, spec: Pick<ResourceSliceSpec, Place>, places: readonly Place[]): FieldError[] {
  const errors: FieldError[] = [];
  const ofSlice = places.includes('perDeviceNodeSelection');
  if (spec.nodeName) errors.push(...dnsSubdomain(child(field, 'nodeName'), spec.nodeName));
  else if (spec.nodeName === '')
    errors.push(invalid(child(field, 'nodeName'), '', ofSlice ? 'must be either unset or set to a non-empty string' : 'must not be empty'));
  if (spec.nodeSelector) {
    const terms = spec.nodeSelector.nodeSelectorTerms;
    errors.push(...nodeSelectorRules(child(field, 'nodeSelector'), spec.nodeSelector));
    if (ofSlice && terms?.length !== 1)
      errors.push(invalid(child(field, 'nodeSelector', 'nodeSelectorTerms'), terms, 'must have exactly one node selector term'));
  }
  for (const name of ['allNodes', 'perDeviceNodeSelection'] as const) {
    if (places.includes(name) && spec[name] === false) errors.push(invalid(child(field, name), false, 'must be either unset or set to true'));
  }
  const given = places.filter((name) => Boolean(spec[name])).map((name) => `\`${name}\``);
  if (given.length === 1) return errors;
  const text = ofSlice
    ? 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'
    : 'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
  if (given.length === 0) return [...errors, required(field, text)];
  return [...errors, invalid(field, `{${given.join(', ')}}`, ofSlice ? `${text}, but multiple fields are set` : text)];
}

function deviceListFindings(spec: ResourceSliceSpec): FieldError[] {
  const { devices = [], sharedCounters = [] } = spec;
  const errors: FieldError[] = [];
  if (spec.sharedCounters && spec.devices) errors.push(invalid('spec', '', 'only one of `sharedCounters` or `devices` is allowed'));
  const advanced = devices.some(({ taints, consumesCounters }) => taints?.length || consumesCounters?.length);
  const item = (field: string, device: Device): FieldError[] => deviceFindings(field, device, spec.perDeviceNodeSelection === true);
  errors.push(...setFindings('spec.devices', devices, advanced ? MAX_ADVANCED_DEVICES : MAX_DEVICES, { key: ({ name }) => name, item }));
  return [...errors, ...setFindings('spec.sharedCounters', sharedCounters, MAX_COUNTER_SETS, { key: ({ name }) => name, item: counterSetFindings })];
}

function counterSetFindings(field: string, { name, counters = {} }: CounterSet): FieldError[] {
  return [
    ...(name ? dnsLabel(child(field, 'name'), name) : [required(child(field, 'name'))]),
    ...counterFindings(child(field, 'counters'), counters),
  ];
}

function consumptionFindings(field: string, { counterSet, counters = {} }: DeviceCounterConsumption): FieldError[] {
  const here = child(field, 'counterSet');
  return [...(counterSet ? dnsLabel(here, counterSet) : [required(here)]), ...counterFindings(child(field, 'counters'), counters)];
}

function counterFindings(field: string, counters: Readonly<Record<string, unknown>>): FieldError[] {
  const names = Object.keys(counters);
  if (names.length === 0) return [required(field)];
  return setFindings(field, names, MAX_COUNTERS, { key: (name) => name, item: (_, name) => dnsLabel(field, name) });
}

function deviceFindings(field: string, device: Device, placed: boolean): FieldError[] {
  const { attributes = {}, capacity = {}, taints = [], consumesCounters = [] } = device;
  const errors = dnsLabel(child(field, 'name'), device.name);
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > MAX_ATTRIBUTES) errors.push(invalid(field, count, `the total number of attributes and capacities must not exceed ${MAX_ATTRIBUTES}`));
  for (const [name, attribute] of Object.entries(attributes)) {
    const here = at(child(field, 'attributes'), name);
    errors.push(...attributeNameFindings(here, name), ...attributeFindings(here, attribute));
  }
  for (const [name, one] of Object.entries(capacity)) {
    const here = at(child(field, 'capacity'), name);
    errors.push(...attributeNameFindings(here, name), ...capacityFindings(here, one, device.allowMultipleAllocations === true));
  }
  if (taints.length > MAX_TAINTS) errors.push(tooMany(child(field, 'taints'), taints.length, MAX_TAINTS));
  else for (const [index, taint] of taints.entries()) errors.push(...taintFindings(at(child(field, 'taints'), index), taint));
  errors.push(
    ...setFindings(child(field, 'consumesCounters'), consumesCounters, MAX_CONSUMED_SETS, {
      key: (one) => one.counterSet,
      item: consumptionFindings,
    }),
  );
  if (placed) errors.push(...placeFindings(field, device, ['nodeName', 'nodeSelector', 'allNodes']));
  else if (device.nodeName !== undefined || device.nodeSelector || device.allNodes !== undefined) {
    errors.push(
      invalid(
        field,
        null,
        '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
      ),
    );
  }
  return [...errors, ...bindingConditionFindings(field, device)];
}
