/** Further versions of a kind whose fields are the same in all of them. */
import { groupVersionText, type Kind, type KubeObject } from '#machinery/kind.ts';

/** `kind` as `version`, off by default, stored as `kind` is. */
export function otherVersion<T extends KubeObject>(kind: Kind<T>, version: string): Kind<T> {
  const { group, schema } = kind;
  const dot = schema.name.lastIndexOf('.');
  const slash = schema.name.lastIndexOf('/', dot);
  const as = (apiVersion: string) => (object: KubeObject): KubeObject => ({ ...object, apiVersion });
  return {
    ...kind,
    version,
    schema: { ...schema, name: `${schema.name.slice(0, slash + 1)}${version}${schema.name.slice(dot)}` },
    enabledByDefault: false,
    stored: { group, version: kind.version, toStored: as(groupVersionText(kind)), fromStored: as(groupVersionText({ group, version })) as (object: KubeObject) => T },
  };
}
