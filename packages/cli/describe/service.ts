/**
 * Services.
 */
import { asText, listAt, textAt, valueAt } from '../objects.ts';
import { type Describer, describeHeader } from './context.ts';

/** A Service with its endpoints. */
export const describeService: Describer = async (writer, service, context) => {
  describeHeader(writer, service);
  writer.map('Labels', service.metadata.labels);
  writer.map('Annotations', service.metadata.annotations, ': ');
  writer.map('Selector', valueAt(service, 'spec', 'selector') as Record<string, string> | undefined);
  writer.field('Type', textAt(service, 'spec', 'type'));
  writer.field('IP Family Policy', textAt(service, 'spec', 'ipFamilyPolicy'));
  writer.field('IP Families', listAt<string>(service, 'spec', 'ipFamilies').join(','));
  writer.field('IP', textAt(service, 'spec', 'clusterIP'));
  writer.field('IPs', listAt<string>(service, 'spec', 'clusterIPs').join(','));
  if (listAt(service, 'spec', 'externalIPs').length > 0) writer.field('External IPs', listAt<string>(service, 'spec', 'externalIPs').join(','));
  if (textAt(service, 'spec', 'externalName')) writer.field('External Name', textAt(service, 'spec', 'externalName'));
  const slices = await context.list('endpointslices', service.metadata.namespace, { selector: `kubernetes.io/service-name=${service.metadata.name}` });
  for (const port of listAt(service, 'spec', 'ports')) {
    const name = textAt(port, 'name');
    writer.field('Port', `${name || '<unset>'}  ${textAt(port, 'port')}/${textAt(port, 'protocol')}`);
    writer.field('TargetPort', `${textAt(port, 'targetPort')}/${textAt(port, 'protocol')}`);
    if (port['nodePort']) writer.field('NodePort', `${name || '<unset>'}  ${textAt(port, 'nodePort')}/${textAt(port, 'protocol')}`);
    const endpoints = slices.flatMap((slice) => {
      const number = listAt(slice, 'ports').find((one) => textAt(one, 'name') === name)?.['port'];
      const ready = listAt(slice, 'endpoints').filter((one) => valueAt(one, 'conditions', 'ready') !== false);
      return number === undefined ? [] : ready.flatMap((one) => listAt<string>(one, 'addresses').map((address) => `${address}:${asText(number)}`));
    });
    const shown = endpoints.toSorted().slice(0, 3).join(',');
    writer.field('Endpoints', endpoints.length > 3 ? `${shown} + ${endpoints.length - 3} more...` : shown);
  }
  writer.field('Session Affinity', textAt(service, 'spec', 'sessionAffinity'));
  if (textAt(service, 'spec', 'externalTrafficPolicy')) writer.field('External Traffic Policy', textAt(service, 'spec', 'externalTrafficPolicy'));
  if (textAt(service, 'spec', 'internalTrafficPolicy')) writer.field('Internal Traffic Policy', textAt(service, 'spec', 'internalTrafficPolicy'));
};
