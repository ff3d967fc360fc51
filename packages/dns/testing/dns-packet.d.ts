/**
 * The part of `dns-packet` that tests use as a second opinion on the wire format.
 */
declare module 'dns-packet' {
  interface Question {
    readonly name: string;
    readonly type: string;
  }
  interface Record extends Question {
    readonly ttl?: number;
    readonly data?: unknown;
    readonly udpPayloadSize?: number;
    readonly flags?: number;
    readonly options?: readonly unknown[];
  }
  interface Packet {
    readonly id?: number;
    readonly type?: 'query' | 'response';
    readonly flags?: number;
    readonly rcode?: string;
    readonly flag_tc?: boolean;
    readonly flag_aa?: boolean;
    readonly questions?: readonly Question[];
    readonly answers?: readonly Record[];
    readonly authorities?: readonly Record[];
    readonly additionals?: readonly Record[];
  }
  const packet: {
    encode(packet: Packet): Buffer;
    decode(buffer: Buffer): Required<Packet>;
    readonly RECURSION_DESIRED: number;
  };
  export default packet;
}
