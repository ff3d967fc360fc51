import type { ObjectKey } from './informer.ts';

/** The key of an object: `namespace/name`, or `name` when it has no namespace. */
export function objectKey(object: { readonly metadata: { readonly namespace?: string; readonly name?: string } }): ObjectKey {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : (name ?? '');
}

/** The namespace (or `''`) and name in a key. */
export function splitKey(key: ObjectKey): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
