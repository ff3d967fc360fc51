import type { Infer } from '#machinery/schema.ts';
import { embedded, message, optional, required, string } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const clusterTrustBundleSpec = message('certificates/v1beta1.ClusterTrustBundleSpec', {
  signerName: optional(1, string),
  trustBundle: required(2, string),
});
export interface ClusterTrustBundleSpec extends Infer<typeof clusterTrustBundleSpec> {}

export const clusterTrustBundle = message('certificates/v1beta1.ClusterTrustBundle', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, clusterTrustBundleSpec),
});
export interface ClusterTrustBundle extends Infer<typeof clusterTrustBundle> {}
