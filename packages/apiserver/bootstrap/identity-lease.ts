/**
 * A Lease per API server, by which others know which servers there are; those of servers that are gone are collected.
 *
 * Source: KEP-1965; kubernetes `pkg/controlplane` (apiserver identity) and its lease garbage collector.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { Client } from '#client/client.ts';
import { leases } from '#kinds/coordination/lease/kind.ts';
import type { Lease } from '#kinds/coordination/lease/schema.ts';
import { isReason, StatusError } from '#machinery/status.ts';
import { formatMicroTime, timeToMs } from '#machinery/time.ts';

const NAMESPACE = 'kube-system';
const IDENTITY_LABEL = 'apiserver.kubernetes.io/identity';
const IDENTITY = 'kube-apiserver';

/** Source: `IdentityLeaseDurationSeconds`, `IdentityLeaseRenewIntervalPeriod`, `IdentityLeaseGCPeriod`. */
const DURATION_SECONDS = 3_600;
const RENEW_MS = 10_000;
const COLLECT_MS = 3_600_000;

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const NAME_BYTES = 16;

/** Who a server is. */
export interface ServerIdentity {
  readonly hostname: string;
  /** Tells servers of one machine apart. */
  readonly address: string;
  /** Tells a server from the one that ran there before. */
  readonly uuid: string;
}

/** What keeping a lease needs. */
export interface IdentityOptions {
  readonly client: Client;
  readonly identity: ServerIdentity;
  readonly clock: Clock;
  readonly log: Logger;
}

function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += BASE32[(value >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + BASE32[(value << (5 - bits)) & 31] : text;
}

/** The name of a server's lease: `apiserver-` and a digest. */
export function identityName({ hostname, address }: ServerIdentity): string {
  return `apiserver-${base32(createHash('sha256').update(`${hostname} ${address}`).digest().subarray(0, NAME_BYTES))}`;
}

/** Creates or renews the server's lease. @throws StatusError */
export async function renewIdentity({ client, identity, clock }: IdentityOptions, signal: AbortSignal): Promise<void> {
  const api = client.of(leases).namespace(NAMESPACE);
  const name = identityName(identity);
  const spec = { holderIdentity: `${name}_${identity.uuid}`, leaseDurationSeconds: DURATION_SECONDS, renewTime: formatMicroTime(clock.now()) };
  const labels = { [IDENTITY_LABEL]: IDENTITY, 'kubernetes.io/hostname': identity.hostname };
  try {
    const stored = await api.get(name, signal);
    await api.update({ ...stored, metadata: { ...stored.metadata, labels: { ...stored.metadata.labels, ...labels } }, spec: { ...stored.spec, ...spec } }, {}, signal);
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    await api.create({ metadata: { name, namespace: NAMESPACE, labels }, spec }, {}, signal);
  }
}

/** Whether a lease has run out. */
function isExpired({ spec }: Lease, nowMs: number): boolean {
  if (!spec.renewTime || !spec.leaseDurationSeconds) return true;
  return timeToMs(spec.renewTime) + spec.leaseDurationSeconds * 1_000 < nowMs;
}

/** Deletes the leases of servers that are gone. @throws StatusError */
export async function collectIdentities({ client, clock }: IdentityOptions, signal: AbortSignal): Promise<void> {
  const api = client.of(leases).namespace(NAMESPACE);
  const { items } = await api.list({ labelSelector: `${IDENTITY_LABEL}=${IDENTITY}` }, signal);
  for (const lease of items) {
    if (!isExpired(lease, clock.now())) continue;
    try {
      await api.delete(lease.metadata.name ?? '', { preconditions: { uid: lease.metadata.uid!, resourceVersion: lease.metadata.resourceVersion! } }, signal);
    } catch (error) {
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error;
    }
  }
}

/** Renews and collects until `signal` aborts. */
export async function keepIdentity(options: IdentityOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  let collectedMs = -Infinity;
  for (;;) {
    try {
      await renewIdentity(options, signal);
      if (clock.monotonicMs() - collectedMs >= COLLECT_MS) {
        await collectIdentities(options, signal);
        collectedMs = clock.monotonicMs();
      }
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      log.warn('the lease of this server could not be renewed', errorFields(error));
    }
    await clock.sleep(RENEW_MS, signal);
  }
}
