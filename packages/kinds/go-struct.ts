/**
 * How messages show a struct: as Go prints the original's internal type, members under their Go names, absent ones as zero values.
 *
 * Source: apimachinery `field.Error`, which prints structs as JSON; internal types have no JSON names.
 */
import type { AnySchema, Field, Message } from '#machinery/schema.ts';

/** Names that do not merely begin with a capital letter. */
const GO_NAMES: Readonly<Record<string, string>> = {
  apiGroup: 'APIGroup',
  apiVersion: 'APIVersion',
  awsElasticBlockStore: 'AWSElasticBlockStore',
  cephfs: 'CephFS',
  csi: 'CSI',
  dnsConfig: 'DNSConfig',
  dnsPolicy: 'DNSPolicy',
  fc: 'FC',
  fsGroup: 'FSGroup',
  gcePersistentDisk: 'GCEPersistentDisk',
  grpc: 'GRPC',
  httpGet: 'HTTPGet',
  ip: 'IP',
  iscsi: 'ISCSI',
  nfs: 'NFS',
  os: 'OS',
  rbd: 'RBD',
  seLinuxOptions: 'SELinuxOptions',
  storageos: 'StorageOS',
  tcpSocket: 'TCPSocket',
  tty: 'TTY',
  uid: 'UID',
};

const ZERO: Readonly<Record<string, unknown>> = { string: '', bool: false, int32: 0, int64: 0, double: 0, quantity: '0', intOrString: 0 };

/** The Go name of a member. */
export function goName(name: string): string {
  return GO_NAMES[name] ?? name.slice(0, 1).toUpperCase() + name.slice(1);
}

/** `value` of type `schema` as messages show it. */
export function goStruct(schema: Message, value: unknown): unknown {
  const members = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(schema.fields).map(([name, field]) => [goName(name), shown(field, members[name])]));
}

/** A list of structs as messages show it. */
export function goStructs(schema: Message, values: readonly unknown[]): unknown[] {
  return values.map((value) => goStruct(schema, value));
}

function shown({ schema, presence }: Field, value: unknown): unknown {
  if (value !== undefined && value !== null) return nested(schema, value);
  if (presence === 'pointer') return null;
  return schema.type === 'scalar' ? (ZERO[schema.name] ?? null) : null;
}

function nested(schema: AnySchema, value: unknown): unknown {
  if (schema.type === 'message') return goStruct(schema, value);
  if (schema.type === 'list' && schema.item.type === 'message') return goStructs(schema.item, value as readonly unknown[]);
  return value;
}
