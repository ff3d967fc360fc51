/**
 * ConfigMaps, Secrets and Namespaces.
 */
import { listAt, textAt, valueAt } from '../objects.ts';
import { type Describer, describeHeader } from './context.ts';

/** A ConfigMap with its data. */
export const describeConfigMap: Describer = (writer, object) => {
  describeHeader(writer, object);
  writer.map('Labels', object.metadata.labels);
  writer.map('Annotations', object.metadata.annotations, ': ');
  writer.line('');
  writer.line('Data');
  writer.line('====');
  for (const [key, value] of Object.entries((object['data'] ?? {}) as Record<string, string>)) {
    writer.line(`${key}:`);
    writer.line('----');
    for (const line of value.split('\n')) writer.line(line);
    writer.line('');
  }
  writer.line('');
  writer.line('BinaryData');
  writer.line('====');
  for (const [key, value] of Object.entries((object['binaryData'] ?? {}) as Record<string, string>)) writer.line(`${key}: ${Buffer.from(value, 'base64').length} bytes`);
  writer.line('');
};

/** A Secret: sizes, never values. */
export const describeSecret: Describer = (writer, object) => {
  describeHeader(writer, object);
  writer.map('Labels', object.metadata.labels);
  writer.map('Annotations', object.metadata.annotations, ': ');
  writer.line('');
  writer.field('Type', textAt(object, 'type'));
  writer.line('');
  writer.line('Data');
  writer.line('====');
  for (const [key, value] of Object.entries((object['data'] ?? {}) as Record<string, string>)) writer.field(key, `${Buffer.from(value, 'base64').length} bytes`);
};

/** A Namespace with its quotas' absence. */
export const describeNamespace: Describer = async (writer, object, context) => {
  describeHeader(writer, object);
  writer.map('Labels', object.metadata.labels);
  writer.map('Annotations', object.metadata.annotations, ': ');
  writer.field('Status', textAt(object, 'status', 'phase'));
  writer.line('');
  const quotas = await context.list('resourcequotas', object.metadata.name);
  if (quotas.length === 0) writer.line('No resource quota.');
  for (const quota of quotas) {
    writer.section('Resource Quotas', () => {
      writer.field('Name', quota.metadata.name);
      const hard = (valueAt(quota, 'status', 'hard') ?? {}) as Record<string, string>;
      writer.table([['Resource', 'Used', 'Hard'], ...Object.keys(hard).map((key) => [key, textAt(quota, 'status', 'used', key), hard[key]!])]);
    });
  }
  writer.line('');
  const ranges = await context.list('limitranges', object.metadata.name);
  if (ranges.length === 0) writer.line('No LimitRange resource.');
  for (const range of ranges) {
    writer.section('Resource Limits', () => {
      for (const limit of listAt(range, 'spec', 'limits')) writer.line(`${textAt(limit, 'type')}: ${JSON.stringify(limit)}`);
    });
  }
};
