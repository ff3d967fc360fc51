import { child, type FieldError } from '#machinery/field-error.ts';
import { defineKind } from '#machinery/kind.ts';
import { ageText } from '#machinery/time.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { dnsLabel, dnsSubdomain } from '../../rules.ts';
import { specStrategy, statusSubresource } from '../../strategy.ts';
import { taintFindings } from '../device-validation.ts';
import { type DeviceTaintRule, deviceTaintRule } from './schema.ts';

/** Source: kubernetes `pkg/apis/resource/validation` ValidateDeviceTaintRule. */
function validate({ spec }: DeviceTaintRule): FieldError[] {
  const { driver, pool, device } = spec.deviceSelector ?? {};
  const selector = child('spec', 'deviceSelector');
  return [
    ...(driver === undefined ? [] : dnsSubdomain(child(selector, 'driver'), driver)),
    ...(pool === undefined ? [] : pool.split('/').flatMap((part) => dnsSubdomain(child(selector, 'pool'), part))),
    ...(device === undefined ? [] : dnsLabel(child(selector, 'device'), device)),
    ...taintFindings(child('spec', 'taint'), spec.taint),
  ];
}

/** `devicetaintrules` of resource.k8s.io. */
export const deviceTaintRules = defineKind<DeviceTaintRule>({
  group: 'resource.k8s.io',
  version: 'v1beta2',
  kind: 'DeviceTaintRule',
  plural: 'devicetaintrules',
  namespaced: false,
  schema: deviceTaintRule,
  enabledByDefault: false,
  subresources: { status: statusSubresource<DeviceTaintRule>({ prepare: (draft, stored) => void (draft.spec = stored.spec) }) },
  strategy: { ...specStrategy<DeviceTaintRule>({}), validate, validateUpdate: validate },
  columns: [
    nameColumn,
    { name: 'Key', type: 'string', description: 'The key of the taint.', cell: ({ spec }) => spec.taint.key },
    { name: 'Value', type: 'string', description: 'The value of the taint.', cell: ({ spec }) => spec.taint.value ?? '' },
    { name: 'Effect', type: 'string', description: 'The effect of the taint.', cell: ({ spec }) => spec.taint.effect },
    { name: 'TimeAdded', type: 'string', description: 'When the taint was added.', cell: ({ spec }, nowMs) => ageText(spec.taint.timeAdded, nowMs) },
    ageColumn,
  ],
});
