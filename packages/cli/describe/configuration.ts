/**
 * What is configured rather than run: ConfigMaps, Secrets, ServiceAccounts, Namespaces, quotas, PriorityClasses.
 */
import { type AnyObject, listAt, textAt, valueAt } from '../objects.ts';
import { type Describer, describeHeader } from './context.ts';
import { type DescribeWriter, sorted } from './writer.ts';

type Texts = Readonly<Record<string, string>> | undefined;

const bytes = (encoded: string): string => `${Buffer.from(encoded, 'base64').length} bytes`;

/** A ConfigMap with its data. */
export const describeConfigMap: Describer = (writer, object) => {
  describeHeader(writer, object);
  for (const line of ['', 'Data', '====']) writer.line(line);
  for (const [key, value] of sorted(object['data'] as Texts)) for (const line of [`${key}:`, '----', ...value.split('\n'), '']) writer.line(line);
  for (const line of ['', 'BinaryData', '====']) writer.line(line);
  for (const [key, value] of sorted(object['binaryData'] as Texts)) writer.line(`${key}: ${bytes(value)}`);
  writer.line('');
};

/** A Secret: sizes, never values, except a token's. */
export const describeSecret: Describer = (writer, object) => {
  describeHeader(writer, object);
  writer.line('');
  writer.field('Type', textAt(object, 'type'));
  for (const line of ['', 'Data', '====']) writer.line(line);
  for (const [key, value] of sorted(object['data'] as Texts)) {
    const isToken = key === 'token' && textAt(object, 'type') === 'kubernetes.io/service-account-token';
    writer.field(key, isToken ? Buffer.from(value, 'base64').toString() : bytes(value));
  }
};

/** A ServiceAccount. */
export const describeServiceAccount: Describer = (writer, object) => {
  describeHeader(writer, object);
  const pullSecrets = listAt(object, 'imagePullSecrets').map((one) => textAt(one, 'name'));
  writer.field('Image pull secrets', pullSecrets.join('\n') || '<none>');
};

/** A PriorityClass. */
export const describePriorityClass: Describer = (writer, object) => {
  writer.field('Name', object.metadata.name);
  writer.field('Value', textAt(object, 'value') || '0');
  writer.field('GlobalDefault', String(object['globalDefault'] === true));
  writer.field('PreemptionPolicy', textAt(object, 'preemptionPolicy'));
  writer.field('Description', textAt(object, 'description'));
  writer.annotations('Annotations', object.metadata.annotations);
};

/** A Namespace with its quotas and limits. */
export const describeNamespace: Describer = async (writer, object, context) => {
  describeHeader(writer, object);
  writer.field('Status', textAt(object, 'status', 'phase'));
  const quotas = await context.list('resourcequotas', object.metadata.name);
  writer.line('');
  if (quotas.length === 0) writer.line('No resource quota.');
  else writer.section('Resource Quotas', () => quotas.forEach((quota) => quotaRows(writer, quota)));
  const ranges = await context.list('limitranges', object.metadata.name);
  writer.line('');
  if (ranges.length === 0) writer.line('No LimitRange resource.');
  else {
    writer.line('Resource Limits');
    writer.line(` ${LIMIT_HEADS.join('\t')}`);
    writer.line(` ${LIMIT_HEADS.map((head) => '-'.repeat(head.length)).join('\t')}`);
    for (const range of ranges) for (const row of limitRows(range)) writer.line(` ${row}`);
  }
};

function quotaRows(writer: DescribeWriter, quota: AnyObject): void {
  writer.field('Name', quota.metadata.name);
  writer.line('Resource\tUsed\tHard');
  writer.line('--------\t---\t---');
  for (const [name, hard] of sorted(valueAt(quota, 'status', 'hard') as Texts)) writer.line(`${name}\t${textAt(quota, 'status', 'used', name)}\t${hard}`);
}

/** A ResourceQuota with what is used. */
export const describeResourceQuota: Describer = (writer, quota) => {
  writer.field('Name', quota.metadata.name);
  writer.field('Namespace', quota.metadata.namespace);
  writer.line('Resource\tUsed\tHard');
  writer.line('--------\t----\t----');
  for (const [name, hard] of sorted(valueAt(quota, 'status', 'hard') as Texts)) writer.line(`${name}\t${textAt(quota, 'status', 'used', name)}\t${hard}`);
};

const LIMIT_HEADS = ['Type', 'Resource', 'Min', 'Max', 'Default Request', 'Default Limit', 'Max Limit/Request Ratio'] as const;
const LIMIT_FIELDS = ['min', 'max', 'defaultRequest', 'default', 'maxLimitRequestRatio'] as const;

/** A LimitRange. */
export const describeLimitRange: Describer = (writer, range) => {
  writer.field('Name', range.metadata.name);
  writer.field('Namespace', range.metadata.namespace);
  writer.line(LIMIT_HEADS.join('\t'));
  writer.line(LIMIT_HEADS.map((head) => '-'.repeat(head.length)).join('\t'));
  for (const row of limitRows(range)) writer.line(row);
};

function limitRows(range: AnyObject): string[] {
  return listAt(range, 'spec', 'limits').flatMap((limit) => {
    const names = new Set(LIMIT_FIELDS.flatMap((field) => Object.keys((limit[field] ?? {}) as object)));
    return [...names].toSorted().map((name) => [textAt(limit, 'type'), name, ...LIMIT_FIELDS.map((field) => textAt(limit, field, name) || '-')].join('\t'));
  });
}
