import { at, child, type FieldError, invalid, required, tooLong, tooMany } from '#machinery/field-error.ts';
import { defineKind } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { commonConditions } from '../../conditions.ts';
import { dnsSubdomain, immutable, nonNegative } from '../../rules.ts';
import { statusSubresource } from '../../strategy.ts';
import { poolNameFindings } from '../device-validation.ts';
import { type PoolStatus, type ResourcePoolStatusRequest, resourcePoolStatusRequest } from './schema.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
const MAX_CONDITIONS = 10;
const MAX_ERROR_BYTES = 256;

/** A driver's name: a DNS subdomain in any case. */
function driverRules(field: string, driver: string | undefined): FieldError[] {
  return driver ? dnsSubdomain(field, driver.toLowerCase()) : [required(field)];
}

function validate({ spec }: ResourcePoolStatusRequest): FieldError[] {
  const { driver, poolName, limit } = spec;
  const errors = driverRules('spec.driver', driver);
  if (poolName !== undefined) errors.push(...poolNameFindings('spec.poolName', poolName));
  if (limit !== undefined && limit < 1) errors.push(invalid('spec.limit', limit, 'must be greater than or equal to 1'));
  if (limit !== undefined && limit > MAX_LIMIT) errors.push(invalid('spec.limit', limit, `must be less than or equal to ${MAX_LIMIT}`));
  return errors;
}

function poolRules(field: string, pool: PoolStatus): FieldError[] {
  const { driver, poolName, resourceSliceCount: slices, nodeName, validationError = '' } = pool;
  const errors = driverRules(child(field, 'driver'), driver);
  errors.push(...(poolName ? poolNameFindings(child(field, 'poolName'), poolName) : [required(child(field, 'poolName'))]));
  if (slices !== undefined && slices < 1) errors.push(invalid(child(field, 'resourceSliceCount'), slices, 'must be greater than or equal to 1'));
  for (const name of ['generation', 'totalDevices', 'allocatedDevices', 'availableDevices', 'unavailableDevices'] as const)
    errors.push(...nonNegative(child(field, name), pool[name]));
  if (nodeName !== undefined) errors.push(...dnsSubdomain(child(field, 'nodeName'), nodeName));
  if (Buffer.byteLength(validationError) > MAX_ERROR_BYTES) errors.push(tooLong(child(field, 'validationError'), MAX_ERROR_BYTES));
  return errors;
}

function validateStatus({ status }: ResourcePoolStatusRequest): FieldError[] {
  if (!status) return [];
  const { poolCount, pools = [], conditions = [] } = status;
  const errors = poolCount === undefined ? [required('status.poolCount')] : nonNegative('status.poolCount', poolCount);
  if (pools.length > MAX_LIMIT) errors.push(tooMany('status.pools', pools.length, MAX_LIMIT));
  else for (const [index, pool] of pools.entries()) errors.push(...poolRules(at('status.pools', index), pool));
  if (conditions.length > MAX_CONDITIONS) errors.push(tooMany('status.conditions', conditions.length, MAX_CONDITIONS));
  return [...errors, ...commonConditions('status.conditions', conditions)];
}

/** `resourcepoolstatusrequests` of resource.k8s.io: asks how full the pools of a driver are. Who answers writes the status. */
export const resourcePoolStatusRequests = defineKind<ResourcePoolStatusRequest>({
  group: 'resource.k8s.io',
  version: 'v1alpha3',
  kind: 'ResourcePoolStatusRequest',
  plural: 'resourcepoolstatusrequests',
  namespaced: false,
  schema: resourcePoolStatusRequest,
  enabledByDefault: false,
  defaults: ({ spec }) => void (spec && (spec.limit ??= DEFAULT_LIMIT)),
  subresources: { status: statusSubresource<ResourcePoolStatusRequest>({ validate: validateStatus }) },
  strategy: {
    prepareForCreate: (draft) => void delete draft.status,
    prepareForUpdate(draft, stored) {
      if (stored.status) draft.status = stored.status as Draft<NonNullable<ResourcePoolStatusRequest['status']>>;
      else delete draft.status;
    },
    validate,
    validateUpdate: ({ spec }, stored) => immutable('spec', spec, stored.spec),
  },
  columns: [nameColumn, ageColumn],
});
