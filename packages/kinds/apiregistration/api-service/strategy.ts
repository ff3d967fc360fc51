/**
 * The life of API services.
 *
 * Source: kube-aggregator `pkg/registry/apiservice`, `pkg/apis/apiregistration/validation`, `pkg/printers`.
 */
import { at, child, type FieldError, invalid, notSupported, required } from '#machinery/field-error.ts';
import type { Column, KindContext, Strategy } from '#machinery/kind.ts';
import { validateDns1035Label, validateDns1123Subdomain, validatePathSegmentName, validatePortNumber } from '#machinery/names.ts';
import { formatTime } from '#machinery/time.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { invalidEach, present } from '../../rules.ts';
import { ALL_METADATA, statusSubresource } from '../../strategy.ts';
import type { APIService, APIServiceCondition, APIServiceSpec } from './schema.ts';

const MAX_GROUP_PRIORITY = 20_000;
const MAX_VERSION_PRIORITY = 1000;

/** The condition of groups that this API server serves itself. */
export function localAvailable(nowMs: number): APIServiceCondition {
  return {
    type: 'Available',
    status: 'True',
    lastTransitionTime: formatTime(nowMs),
    reason: 'Local',
    message: 'Local APIServices are always available',
  };
}

/** Rules of an API service's life. */
export const apiServiceStrategy: Strategy<APIService> = {
  prepareForCreate(draft, { nowMs }: KindContext) {
    draft.status = draft.spec?.service ? {} : { conditions: [localAvailable(nowMs)] };
  },
  prepareForUpdate(draft, stored) {
    draft.status = stored.status as typeof draft.status;
  },
  validateName: validatePathSegmentName,
  validate,
  validateUpdate: (service) => validate(service),
};

function validate({ metadata, spec }: APIService): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum: groupPriority, versionPriority } = spec;
  const name = `${version}.${group}`;
  const errors: FieldError[] = [];
  if (metadata.name !== name)
    errors.push(invalid('metadata.name', metadata.name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(name)}`));
  if (group) errors.push(...invalidEach('spec.group', group, validateDns1123Subdomain(group)));
  else if (version !== 'v1') errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
  errors.push(...invalidEach('spec.version', version, validateDns1035Label(version)));
  if (groupPriority <= 0 || groupPriority > MAX_GROUP_PRIORITY) {
    errors.push(invalid('spec.groupPriorityMinimum', groupPriority, `must be positive and less than ${MAX_GROUP_PRIORITY}`));
  }
  if (versionPriority <= 0 || versionPriority > MAX_VERSION_PRIORITY) {
    errors.push(invalid('spec.versionPriority', versionPriority, `must be positive and less than ${MAX_VERSION_PRIORITY}`));
  }
  return [...errors, ...backendFindings(spec)];
}

function backendFindings({ service, caBundle = '', insecureSkipTLSVerify: insecure = false }: APIServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const bytes = Buffer.byteLength(caBundle, 'base64');
  if (service) {
    errors.push(...present('spec.service.namespace', service.namespace), ...present('spec.service.name', service.name));
    const texts = validatePortNumber(service.port ?? 0);
    if (texts.length) errors.push(invalid('spec.service.port', service.port, `port is not valid: ${texts.join(', ')}`));
    if (insecure && bytes) errors.push(invalid('spec.insecureSkipTLSVerify', insecure, 'may not be true if caBundle is present'));
    return errors;
  }
  if (bytes) errors.push(invalid('spec.caBundle', `${bytes} bytes`, 'local APIServices may not have a caBundle'));
  if (insecure) errors.push(invalid('spec.insecureSkipTLSVerify', insecure, 'local APIServices may not have insecureSkipTLSVerify'));
  return errors;
}

const STATUSES: readonly string[] = ['True', 'False', 'Unknown'];

/** Takes the status. */
export const apiServiceStatus = statusSubresource<APIService>({
  keptMetadata: ALL_METADATA,
  validate: ({ status }) =>
    (status.conditions ?? []).flatMap((condition, index) =>
      STATUSES.includes(condition.status) ? [] : [notSupported(child(at('status.conditions', index), 'status'), condition.status, STATUSES)],
    ),
});

function availableText({ status }: APIService): string {
  const condition = status.conditions?.find(({ type }) => type === 'Available');
  if (!condition) return 'Unknown';
  return condition.status !== 'True' && condition.reason ? `${condition.status} (${condition.reason})` : condition.status;
}

/** What `kubectl get apiservices` shows. */
export const apiServiceColumns: readonly Column<APIService>[] = [
  nameColumn,
  {
    name: 'Service',
    type: 'string',
    description: 'The reference to the service that hosts this API endpoint.',
    cell: ({ spec: { service } }) => (service ? `${service.namespace ?? ''}/${service.name ?? ''}` : 'Local'),
  },
  { name: 'Available', type: 'string', description: 'Whether this service is available.', cell: availableText },
  ageColumn,
];
