/**
 * Rules of what drivers and the scheduler record of a claim.
 *
 * Source: kubernetes `pkg/apis/resource/validation/validation.go`.
 */
import { at, child, type FieldError, forbiddenField, invalid, notSupported, required, tooLong, tooMany } from '#machinery/field-error.ts';
import { formatIp, parseCidr } from '#machinery/ip.ts';
import { csiDriverName } from '../../core/pod/validation/legacy-volumes.ts';
import { nodeSelectorRules } from '../../core/pod/validation/affinity.ts';
import { commonConditions } from '../../conditions.ts';
import { dnsLabel, immutable, present } from '../../rules.ts';
import { requestNames, requestReferenceFindings, requestReferencesFindings } from '../claim-validation.ts';
import {
  bindingConditionFindings,
  configurationFindings,
  poolNameFindings,
  rawObjectFindings,
  setFindings,
  tolerationsFindings,
} from '../device-validation.ts';
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from './schema.ts';

const MAX_CONSUMERS = 256;
const MAX_RESULTS = 32;
const MAX_CONFIGS = 64;
const MAX_CONDITIONS = 8;
const MAX_DATA = 10 * 1024;
const MAX_IPS = 16;
const MAX_INTERFACE_NAME = 256;
const MAX_HARDWARE_ADDRESS = 128;

/** Rules of a claim's status. */
export function validateClaimStatus({ metadata, spec, status }: ResourceClaim, stored: ResourceClaim): FieldError[] {
  const { allocation, reservedFor = [], devices = [] } = status;
  const allocated = new Set((allocation?.devices.results ?? []).map(deviceKey));
  const errors = [
    ...setFindings('status.reservedFor', reservedFor, MAX_CONSUMERS, { key: ({ uid }) => uid, item: consumerFindings }),
    ...setFindings('status.devices', devices, Number.POSITIVE_INFINITY, {
      key: deviceKey,
      item: (field, device) => deviceFindings(field, device, allocated),
    }),
  ];
  const known = new Set((stored.status.reservedFor ?? []).map(({ uid }) => uid));
  if (reservedFor.length && !allocation) errors.push(forbiddenField('status.reservedFor', 'may not be specified when `allocated` is not set'));
  else if (metadata.deletionTimestamp && reservedFor.some(({ uid }) => !known.has(uid))) {
    errors.push(forbiddenField('status.reservedFor', 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'));
  }
  if (!allocation) return errors;
  if (stored.status.allocation) return [...errors, ...immutable('status.allocation', allocation, stored.status.allocation)];
  return [...errors, ...allocationFindings('status.allocation', allocation, requestNames(spec.devices))];
}

function deviceKey({ driver, pool, device, shareID }: Pick<AllocatedDeviceStatus, 'driver' | 'pool' | 'device' | 'shareID'>): string {
  return [driver, pool, device, ...(shareID ? [shareID] : [])].join('/');
}

function consumerFindings(field: string, consumer: ResourceClaimConsumerReference): FieldError[] {
  return (['resource', 'name', 'uid'] as const).flatMap((name) => present(child(field, name), consumer[name]));
}

function placeFindings(field: string, { driver, pool, device }: Pick<AllocatedDeviceStatus, 'driver' | 'pool' | 'device'>): FieldError[] {
  return [
    ...csiDriverName(child(field, 'driver'), driver),
    ...poolNameFindings(child(field, 'pool'), pool),
    ...dnsLabel(child(field, 'device'), device),
  ];
}

function deviceFindings(field: string, device: AllocatedDeviceStatus, allocated: ReadonlySet<string>): FieldError[] {
  const errors = placeFindings(field, device);
  if (!allocated.has(deviceKey(device))) errors.push(invalid(field, deviceKey(device), 'must be an allocated device in the claim'));
  const count = device.conditions?.length ?? 0;
  if (count > MAX_CONDITIONS) errors.push(tooMany(child(field, 'conditions'), count, MAX_CONDITIONS));
  errors.push(...commonConditions(child(field, 'conditions'), device.conditions));
  if (device.data !== undefined && device.data !== null) errors.push(...rawObjectFindings(child(field, 'data'), device.data, MAX_DATA));
  return [...errors, ...networkFindings(child(field, 'networkData'), device.networkData)];
}

function networkFindings(field: string, data: NetworkDeviceData | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const longest = (name: 'interfaceName' | 'hardwareAddress', max: number): void => {
    if ((data?.[name]?.length ?? 0) > max) errors.push(tooLong(child(field, name), max));
  };
  longest('interfaceName', MAX_INTERFACE_NAME);
  longest('hardwareAddress', MAX_HARDWARE_ADDRESS);
  return [...errors, ...setFindings(child(field, 'ips'), data?.ips ?? [], MAX_IPS, { key: (address) => address, item: interfaceAddress })];
}

/** An address with the length of its network, in its one spelling. */
function interfaceAddress(field: string, text: string): FieldError[] {
  const found = parseCidr(text);
  if (!found) return [invalid(field, text, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')];
  const canonical = `${formatIp(found.address)}/${found.bits}`;
  return canonical === text ? [] : [invalid(field, text, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

function allocationFindings(field: string, { devices, nodeSelector }: AllocationResult, names: ReadonlySet<string>): FieldError[] {
  const { results = [], config = [] } = devices;
  const here = child(field, 'devices');
  const errors: FieldError[] = results.length > MAX_RESULTS ? [tooMany(child(here, 'results'), results.length, MAX_RESULTS)] : [];
  for (const [index, result] of results.entries()) errors.push(...resultFindings(at(child(here, 'results'), index), result, names));
  if (config.length > MAX_CONFIGS) errors.push(tooMany(child(here, 'config'), config.length, MAX_CONFIGS));
  for (const [index, one] of config.entries()) {
    const path = at(child(here, 'config'), index);
    if (!one.source) errors.push(required(child(path, 'source')));
    else if (one.source !== 'FromClaim' && one.source !== 'FromClass')
      errors.push(notSupported(child(path, 'source'), one.source, ['FromClaim', 'FromClass']));
    errors.push(...requestReferencesFindings(child(path, 'requests'), one.requests, names), ...configurationFindings(path, one));
  }
  return nodeSelector ? [...errors, ...nodeSelectorRules(child(field, 'nodeSelector'), nodeSelector)] : errors;
}

function resultFindings(field: string, result: DeviceRequestAllocationResult, names: ReadonlySet<string>): FieldError[] {
  return [
    ...requestReferenceFindings(child(field, 'request'), result.request, names),
    ...placeFindings(field, result),
    ...bindingConditionFindings(field, result),
    ...tolerationsFindings(child(field, 'tolerations'), result.tolerations),
  ];
}
