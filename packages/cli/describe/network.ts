/**
 * Services and their endpoints.
 */
import { type AnyObject, asText, listAt, textAt, valueAt } from '../objects.ts';
import { type Describer, describeHeader } from './context.ts';
import { type DescribeWriter, sorted } from './writer.ts';

const SHOWN_ENDPOINTS = 3;

/** A Service with its endpoints. */
export const describeService: Describer = async (writer, service, context) => {
  describeHeader(writer, service);
  const spec = (field: string): string => textAt(service, 'spec', field);
  const selector = sorted(valueAt(service, 'spec', 'selector') as Record<string, string> | undefined);
  writer.field('Selector', selector.map(([key, value]) => `${key}=${value}`).join(',') || '<none>');
  writer.field('Type', spec('type'));
  if (spec('ipFamilyPolicy')) writer.field('IP Family Policy', spec('ipFamilyPolicy'));
  const joined = (field: string): string => listAt<string>(service, 'spec', field).join(',');
  if (joined('ipFamilies')) writer.field('IP Families', joined('ipFamilies'));
  else writer.field('IP Families', '<none>');
  writer.field('IP', spec('clusterIP'));
  writer.field('IPs', joined('clusterIPs') || '<none>');
  if (joined('externalIPs')) writer.field('External IPs', joined('externalIPs'));
  if (spec('loadBalancerIP')) writer.field('Desired LoadBalancer IP', spec('loadBalancerIP'));
  if (spec('externalName')) writer.field('External Name', spec('externalName'));
  const ingress = listAt(service, 'status', 'loadBalancer', 'ingress').map((one) => textAt(one, 'ip') || textAt(one, 'hostname'));
  if (ingress.length > 0) writer.field('LoadBalancer Ingress', ingress.join(', '));
  const slices = await context.list('endpointslices', service.metadata.namespace, { selector: `kubernetes.io/service-name=${service.metadata.name}` });
  for (const port of listAt(service, 'spec', 'ports')) servicePort(writer, port, slices);
  writer.field('Session Affinity', spec('sessionAffinity'));
  if (spec('externalTrafficPolicy')) writer.field('External Traffic Policy', spec('externalTrafficPolicy'));
  if (Number(spec('healthCheckNodePort')) > 0) writer.field('HealthCheck NodePort', spec('healthCheckNodePort'));
  if (spec('internalTrafficPolicy')) writer.field('Internal Traffic Policy', spec('internalTrafficPolicy'));
  if (spec('trafficDistribution')) writer.field('Traffic Distribution', spec('trafficDistribution'));
};

function servicePort(writer: DescribeWriter, port: Record<string, unknown>, slices: readonly AnyObject[]): void {
  const name = textAt(port, 'name') || '<unset>';
  const protocol = textAt(port, 'protocol');
  writer.line(`Port:\t${name}\t${textAt(port, 'port')}/${protocol}`);
  writer.field('TargetPort', `${textAt(port, 'targetPort')}/${protocol}`);
  if (port['nodePort']) writer.line(`NodePort:\t${name}\t${textAt(port, 'nodePort')}/${protocol}`);
  const endpoints = slices.flatMap((slice) => {
    const number = listAt(slice, 'ports').find((one) => textAt(one, 'name') === textAt(port, 'name'))?.['port'];
    const ready = listAt(slice, 'endpoints').filter((one) => valueAt(one, 'conditions', 'ready') !== false);
    return number === undefined ? [] : ready.flatMap((one) => listAt<string>(one, 'addresses').map((address) => `${address}:${asText(number)}`));
  });
  const shown = endpoints.slice(0, SHOWN_ENDPOINTS).join(',');
  writer.field('Endpoints', endpoints.length > SHOWN_ENDPOINTS ? `${shown} + ${endpoints.length - SHOWN_ENDPOINTS} more...` : shown);
}

/** Endpoints of the old kind. */
export const describeEndpoints: Describer = (writer, object) => {
  describeHeader(writer, object);
  const subsets = listAt(object, 'subsets');
  if (subsets.length === 0) {
    writer.field('Subsets', '');
    return;
  }
  writer.section('Subsets', () => {
    for (const subset of subsets) {
      const addresses = (field: string): string => listAt(subset, field).map((one) => textAt(one, 'ip')).join(',') || '<none>';
      writer.field('Addresses', addresses('addresses'));
      writer.field('NotReadyAddresses', addresses('notReadyAddresses'));
      const ports = listAt(subset, 'ports');
      if (ports.length > 0) writer.section('Ports', () => portRows(writer, ports));
      writer.raw('');
    }
  });
};

function portRows(writer: DescribeWriter, ports: readonly Record<string, unknown>[]): void {
  writer.line('Name\tPort\tProtocol');
  writer.line('----\t----\t--------');
  for (const port of ports) writer.line(`${textAt(port, 'name') || '<unset>'}\t${textAt(port, 'port')}\t${textAt(port, 'protocol')}`);
}

/** An EndpointSlice. */
export const describeEndpointSlice: Describer = (writer, slice) => {
  describeHeader(writer, slice);
  writer.field('AddressType', textAt(slice, 'addressType'));
  const ports = listAt(slice, 'ports');
  if (ports.length === 0) writer.field('Ports', '<unset>');
  else writer.section('Ports', () => portRows(writer, ports));
  const endpoints = listAt(slice, 'endpoints');
  if (endpoints.length === 0) {
    writer.field('Endpoints', '<none>');
    return;
  }
  writer.section('Endpoints', () => {
    for (const one of endpoints) {
      writer.line(`- Addresses:\t${listAt<string>(one, 'addresses').join(', ')}`);
      writer.indented(() => {
        writer.section('Conditions', () => writer.field('Ready', textAt(one, 'conditions', 'ready') || '<unset>'));
        writer.field('Hostname', textAt(one, 'hostname') || '<unset>');
        if (one['targetRef']) writer.field('TargetRef', `${textAt(one, 'targetRef', 'kind')}/${textAt(one, 'targetRef', 'name')}`);
        writer.field('NodeName', textAt(one, 'nodeName') || '<unset>');
        writer.field('Zone', textAt(one, 'zone') || '<unset>');
      });
    }
  });
};
