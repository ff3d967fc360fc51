/**
 * The view of the cluster that names are made from, straight from the informers' caches.
 */
import type { InformerFactory } from '#client/informer.ts';
import { services } from '#kinds/core/service/kind.ts';
import { endpointSlices } from '#kinds/discovery/endpoint-slice/kind.ts';
import type { ClusterView } from './records.ts';

const BY_SERVICE = 'dns-service';
const BY_ADDRESS = 'dns-address';
const BY_IP = 'dns-ip';

/** Opens the view; it is complete when the informers have synced. */
export function clusterView(informers: InformerFactory): ClusterView {
  const serviceInformer = informers.of(services);
  const sliceInformer = informers.of(endpointSlices);
  serviceInformer.addIndex(BY_IP, ({ spec }) => (spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])).filter((ip) => ip !== 'None'));
  sliceInformer.addIndex(BY_SERVICE, ({ metadata }) => {
    const name = metadata.labels?.['kubernetes.io/service-name'];
    return name ? [`${metadata.namespace}/${name}`] : [];
  });
  sliceInformer.addIndex(BY_ADDRESS, (slice) => (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses));
  return {
    service: (namespace, name) => serviceInformer.lister.get(`${namespace}/${name}`),
    slices: (namespace, name) => sliceInformer.lister.byIndex(BY_SERVICE, `${namespace}/${name}`),
    hasServices: (namespace) => serviceInformer.lister.list(namespace).length > 0,
    servicesByIp: (address) => serviceInformer.lister.byIndex(BY_IP, address),
    slicesByAddress: (address) => sliceInformer.lister.byIndex(BY_ADDRESS, address),
  };
}
