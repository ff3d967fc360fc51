/** The kinds of `resource.k8s.io/v1beta1`, stored as `v1`. */
import { groupVersionText, type Kind, type KubeObject } from '#machinery/kind.ts';
import type { Draft, Message } from '#machinery/schema.ts';
import { otherVersion } from '../../other-version.ts';
import { deviceClasses } from '../device-class/kind.ts';
import { resourceClaimTemplates } from '../resource-claim-template/kind.ts';
import type { ResourceClaimTemplate as StoredTemplate } from '../resource-claim-template/schema.ts';
import { resourceClaims } from '../resource-claim/kind.ts';
import type { ResourceClaim as StoredClaim } from '../resource-claim/schema.ts';
import { resourceSlices } from '../resource-slice/kind.ts';
import type { ResourceSlice as StoredSlice } from '../resource-slice/schema.ts';
import { deviceFromStored, deviceToStored, requestFromStored, requestToStored } from './conversion.ts';
import { type ResourceClaim, resourceClaim, type ResourceClaimTemplate, resourceClaimTemplate, type ResourceSlice, resourceSlice } from './schema.ts';

const VERSION = 'v1beta1';

/** How objects of one kind are written in the two versions, API versions apart. */
interface Forms<T extends KubeObject, S extends KubeObject> {
  readonly schema: Message;
  toStored(object: T): Omit<S, 'apiVersion'>;
  fromStored(object: S): Omit<T, 'apiVersion'>;
}

function betaKind<T extends KubeObject, S extends KubeObject>(kind: Kind<S>, { schema, toStored, fromStored }: Forms<T, S>): Kind<T> {
  const { group, version } = kind;
  const stored = { apiVersion: groupVersionText(kind) };
  const beta = { apiVersion: groupVersionText({ group, version: VERSION }) };
  const up = (object: T): KubeObject => ({ ...toStored(object), ...stored }) as unknown as KubeObject;
  const down = (object: KubeObject): T => ({ ...fromStored(object as S), ...beta }) as unknown as T;
  return {
    ...(kind as unknown as Kind<T>),
    version: VERSION,
    schema,
    enabledByDefault: false,
    stored: { group, version, toStored: up, fromStored: down },
    // What is filled in is the same in both versions.
    defaults(draft, context) {
      const other = up(draft as unknown as T) as unknown as Draft<S>;
      kind.defaults?.(other, context);
      Object.assign(draft, down(other as unknown as KubeObject));
    },
  };
}

type Claim = ResourceClaim['spec'];
type StoredClaimSpec = StoredClaim['spec'];
const claimToStored = (spec: Claim): StoredClaimSpec => ({ ...spec, devices: { ...spec?.devices, requests: (spec?.devices?.requests ?? []).map(requestToStored) } });
const claimFromStored = (spec: StoredClaimSpec): Claim => ({ ...spec, devices: { ...spec?.devices, requests: (spec?.devices?.requests ?? []).map(requestFromStored) } });

/** All of them. */
export const resourceV1beta1Kinds: readonly Kind[] = [
  otherVersion(deviceClasses, VERSION),
  betaKind<ResourceClaim, StoredClaim>(resourceClaims, {
    schema: resourceClaim,
    toStored: (object) => ({ ...object, spec: claimToStored(object.spec) }),
    fromStored: (object) => ({ ...object, spec: claimFromStored(object.spec) }),
  }),
  betaKind<ResourceClaimTemplate, StoredTemplate>(resourceClaimTemplates, {
    schema: resourceClaimTemplate,
    toStored: (object) => ({ ...object, spec: { ...object.spec, spec: claimToStored(object.spec?.spec) } }),
    fromStored: (object) => ({ ...object, spec: { ...object.spec, spec: claimFromStored(object.spec?.spec) } }),
  }),
  betaKind<ResourceSlice, StoredSlice>(resourceSlices, {
    schema: resourceSlice,
    toStored: (object) => ({ ...object, spec: { ...object.spec, ...(object.spec?.devices ? { devices: object.spec.devices.map(deviceToStored) } : {}) } as StoredSlice['spec'] }),
    fromStored: (object) => ({ ...object, spec: { ...object.spec, ...(object.spec?.devices ? { devices: object.spec.devices.map(deviceFromStored) } : {}) } as ResourceSlice['spec'] }),
  }),
];
