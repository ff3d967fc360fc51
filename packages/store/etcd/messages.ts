/**
 * The part of etcd's v3 protocol that a store needs: message fields with their numbers, and codecs made from them.
 *
 * Source: etcd api/etcdserverpb/rpc.proto and api/mvccpb/kv.proto
 */
import { Root, type INamespace, type Type } from 'protobufjs';

/** A field: its type, its number, and whether it repeats. */
type Field = readonly [type: string, number: number, repeated?: 'repeated'];

const FIELDS: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  ResponseHeader: { revision: ['int64', 3] },
  KeyValue: { key: ['bytes', 1], createRevision: ['int64', 2], modRevision: ['int64', 3], value: ['bytes', 5] },
  Event: { type: ['int32', 1], kv: ['KeyValue', 2], prevKv: ['KeyValue', 3] },
  RangeRequest: {
    key: ['bytes', 1],
    rangeEnd: ['bytes', 2],
    limit: ['int64', 3],
    revision: ['int64', 4],
    countOnly: ['bool', 9],
  },
  RangeResponse: { header: ['ResponseHeader', 1], kvs: ['KeyValue', 2, 'repeated'], more: ['bool', 3], count: ['int64', 4] },
  PutRequest: { key: ['bytes', 1], value: ['bytes', 2], lease: ['int64', 3] },
  DeleteRangeRequest: { key: ['bytes', 1], rangeEnd: ['bytes', 2] },
  RequestOp: { requestRange: ['RangeRequest', 1], requestPut: ['PutRequest', 2], requestDeleteRange: ['DeleteRangeRequest', 3] },
  ResponseOp: { responseRange: ['RangeResponse', 1] },
  Compare: { result: ['int32', 1], target: ['int32', 2], key: ['bytes', 3], modRevision: ['int64', 6] },
  TxnRequest: { compare: ['Compare', 1, 'repeated'], success: ['RequestOp', 2, 'repeated'], failure: ['RequestOp', 3, 'repeated'] },
  TxnResponse: { header: ['ResponseHeader', 1], succeeded: ['bool', 2], responses: ['ResponseOp', 3, 'repeated'] },
  CompactionRequest: { revision: ['int64', 1] },
  CompactionResponse: { header: ['ResponseHeader', 1] },
  WatchCreateRequest: { key: ['bytes', 1], rangeEnd: ['bytes', 2], startRevision: ['int64', 3], prevKv: ['bool', 6] },
  WatchRequest: { createRequest: ['WatchCreateRequest', 1] },
  WatchResponse: {
    header: ['ResponseHeader', 1],
    created: ['bool', 3],
    canceled: ['bool', 4],
    compactRevision: ['int64', 5],
    cancelReason: ['string', 6],
    events: ['Event', 11, 'repeated'],
  },
  LeaseGrantRequest: { TTL: ['int64', 1] },
  LeaseGrantResponse: { header: ['ResponseHeader', 1], ID: ['int64', 2], TTL: ['int64', 3] },
  StatusRequest: {},
  StatusResponse: { header: ['ResponseHeader', 1], dbSize: ['int64', 3] },
};

/** `Compare.result` EQUAL. */
export const COMPARE_EQUAL = 0;
/** `Compare.target` MOD. */
export const COMPARE_MOD_REVISION = 2;
/** `Event.type` DELETE; PUT is 0. */
export const EVENT_DELETE = 1;

/** 64-bit numbers arrive as objects; revisions are safe integers. */
export type Int64 = number | { toNumber(): number };

/** Every answer says how far the store is. */
export interface ResponseHeader {
  readonly revision: Int64;
}

/** A pair as etcd sends it. */
export interface WireKeyValue {
  readonly key: Uint8Array;
  readonly createRevision: Int64;
  readonly modRevision: Int64;
  readonly value: Uint8Array;
}

/** A change as etcd sends it; a deletion's `kv` has a key and a `modRevision` only. */
export interface WireEvent {
  readonly type: number;
  readonly kv: WireKeyValue;
  readonly prevKv: WireKeyValue | null;
}

/** Asks for one key, or for those before `rangeEnd`. */
export interface RangeRequest {
  readonly key: Uint8Array;
  readonly rangeEnd?: Uint8Array;
  readonly limit?: number;
  readonly revision?: number;
  readonly countOnly?: boolean;
}

/** Part of a transaction: one of the three. */
export interface RequestOp {
  readonly requestRange?: RangeRequest;
  readonly requestPut?: { readonly key: Uint8Array; readonly value: Uint8Array; readonly lease?: Int64 };
  readonly requestDeleteRange?: { readonly key: Uint8Array; readonly rangeEnd?: Uint8Array };
}

/** One condition of a transaction. */
export interface Compare {
  readonly result: number;
  readonly target: number;
  readonly key: Uint8Array;
  readonly modRevision: number;
}

/** Messages that the service's methods take and give, by method. */
export interface Methods {
  readonly Range: [
    RangeRequest,
    { readonly header: ResponseHeader; readonly kvs: readonly WireKeyValue[]; readonly more: boolean; readonly count: Int64 },
  ];
  readonly Txn: [
    { readonly compare: readonly Compare[]; readonly success: readonly RequestOp[]; readonly failure: readonly RequestOp[] },
    { readonly header: ResponseHeader; readonly succeeded: boolean; readonly responses: readonly { readonly responseRange: Methods['Range'][1] }[] },
  ];
  readonly Compact: [{ readonly revision: number }, { readonly header: ResponseHeader }];
  readonly Watch: [
    { readonly createRequest: { readonly key: Uint8Array; readonly rangeEnd?: Uint8Array; readonly startRevision: number; readonly prevKv: boolean } },
    {
      readonly header: ResponseHeader;
      readonly created: boolean;
      readonly canceled: boolean;
      readonly compactRevision: Int64;
      readonly cancelReason: string;
      readonly events: readonly WireEvent[];
    },
  ];
  /** `TTL` in seconds; identities need all 64 bits and are handed on as they came. */
  readonly LeaseGrant: [{ readonly TTL: number }, { readonly ID: Int64 }];
  readonly Status: [Record<string, never>, { readonly dbSize: Int64 }];
}

/** How a method is called. */
export interface Method<Request, Response> {
  readonly path: string;
  readonly encode: (request: Request) => Buffer;
  readonly decode: (bytes: Buffer) => Response;
}

/** Makes the codecs. */
export function etcdMethods(): { readonly [M in keyof Methods]: Method<Methods[M][0], Methods[M][1]> } {
  const root = Root.fromJSON({
    nested: Object.fromEntries(Object.entries(FIELDS).map(([name, fields]) => [name, { fields: describe(fields) }])),
  } as INamespace);
  const method = <Request extends object, Response>(path: string, request: string, response: string): Method<Request, Response> => {
    const [requestType, responseType]: [Type, Type] = [root.lookupType(request), root.lookupType(response)];
    return {
      path,
      encode: (message) => requestType.encode(message as Record<string, unknown>).finish() as Buffer,
      decode: (bytes) => responseType.decode(bytes) as unknown as Response,
    };
  };
  return {
    Range: method('/etcdserverpb.KV/Range', 'RangeRequest', 'RangeResponse'),
    Txn: method('/etcdserverpb.KV/Txn', 'TxnRequest', 'TxnResponse'),
    Compact: method('/etcdserverpb.KV/Compact', 'CompactionRequest', 'CompactionResponse'),
    Watch: method('/etcdserverpb.Watch/Watch', 'WatchRequest', 'WatchResponse'),
    LeaseGrant: method('/etcdserverpb.Lease/LeaseGrant', 'LeaseGrantRequest', 'LeaseGrantResponse'),
    Status: method('/etcdserverpb.Maintenance/Status', 'StatusRequest', 'StatusResponse'),
  };
}

function describe(fields: Readonly<Record<string, Field>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, [type, id, rule]]) => [name, rule ? { type, id, rule } : { type, id }]));
}

/** A 64-bit number as a plain one. */
export function toNumber(value: Int64): number {
  return typeof value === 'number' ? value : value.toNumber();
}
