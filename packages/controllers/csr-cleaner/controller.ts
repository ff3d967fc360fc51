/**
 * Deletes certificate requests that are settled, forgotten or outlived.
 *
 *     issued, denied, failed, approved: 1 h later      nobody decided: 24 h later      certificate expired: then
 *
 * Source: the documented lifetimes of certificate requests; kube-controller-manager `pkg/controller/certificates/cleaner`.
 */
import { X509Certificate } from 'node:crypto';
import type { ControllerEntry } from '#controller/manager.ts';
import { watchSelf } from '#controller/watches.ts';
import { certificateSigningRequests } from '#kinds/certificates/certificate-signing-request/kind.ts';
import type { CertificateSigningRequest } from '#kinds/certificates/certificate-signing-request/schema.ts';
import { isReason } from '#machinery/status.ts';
import { timeToMs } from '#machinery/time.ts';

const SETTLED_MS = 3_600_000;
const PENDING_MS = 24 * 3_600_000;

/** When the request is to go, in milliseconds since the epoch; `undefined` when it says no times at all. */
export function removalMs({ metadata, status }: CertificateSigningRequest): number | undefined {
  const { conditions = [], certificate } = status;
  const times: number[] = [];
  for (const { type, status: is, lastUpdateTime } of conditions) {
    const settled = is === 'True' && (type === 'Approved' || type === 'Denied' || type === 'Failed');
    if (settled && lastUpdateTime) times.push(timeToMs(lastUpdateTime) + SETTLED_MS);
  }
  if (conditions.length === 0 && metadata.creationTimestamp) times.push(timeToMs(metadata.creationTimestamp) + PENDING_MS);
  const expiry = certificate ? certificateEndMs(certificate) : undefined;
  if (expiry !== undefined) times.push(expiry);
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** The end of a base64 PEM certificate; `undefined` when it cannot be read: then the other times hold. */
function certificateEndMs(certificate: string): number | undefined {
  try {
    return new X509Certificate(Buffer.from(certificate, 'base64')).validToDate.getTime();
  } catch {
    return undefined;
  }
}

/** `certificatesigningrequest-cleaner-controller`. */
export const csrCleanerController: ControllerEntry = {
  name: 'certificatesigningrequest-cleaner-controller',
  make({ informers }) {
    const informer = informers.of(certificateSigningRequests);
    return {
      name: 'csrcleaner',
      watches: [watchSelf(informer)],
      async reconcile(key, { client, clock, signal }) {
        const csr = informer.lister.get(key);
        const dueMs = csr && removalMs(csr);
        if (!csr || dueMs === undefined || csr.metadata.deletionTimestamp) return undefined;
        if (dueMs > clock.now()) return { afterMs: dueMs - clock.now() };
        const { uid } = csr.metadata;
        try {
          await client.of(certificateSigningRequests).delete(key, uid ? { preconditions: { uid } } : {}, signal);
        } catch (error) {
          if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error;
        }
        return undefined;
      },
    };
  },
};
