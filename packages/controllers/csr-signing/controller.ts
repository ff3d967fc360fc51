/**
 * Signs approved certificate requests for the signers that belong to Kubernetes itself.
 *
 * Source: kube-controller-manager `pkg/controller/certificates/signer`.
 */
import type { ReconcileContext } from '#controller/controller.ts';
import type { ControllerEntry } from '#controller/manager.ts';
import { watchSelf } from '#controller/watches.ts';
import { certificateSigningRequests } from '#kinds/certificates/certificate-signing-request/kind.ts';
import type { CertificateSigningRequest } from '#kinds/certificates/certificate-signing-request/schema.ts';
import { formatTime } from '#machinery/time.ts';
import { hasCondition, judgeRequest, requestPem } from './request.ts';
import type { ReadRequest } from './request.ts';

/** What a certificate is for. */
export type RequestUse = 'server' | 'client' | 'server and client';

/** What the controller needs. */
export interface CsrSigningOptions {
  readonly read: ReadRequest;
  /** Signs a PEM request as it asks; answers the PEM certificate. */
  readonly sign: (pem: string, use: RequestUse, validMs: number) => string | Promise<string>;
  /** How long certificates live that do not ask for less. */
  readonly validMs?: number;
}

/** As upstream: `--cluster-signing-duration`. */
const VALID_MS = 365 * 24 * 3_600_000;
/** No certificate lives shorter. */
const MIN_VALID_MS = 600_000;

/** The life of the certificate: what is asked, between ten minutes and the longest. */
export function lifeMs(expirationSeconds: number | undefined, longestMs: number): number {
  return expirationSeconds === undefined ? longestMs : Math.min(Math.max(expirationSeconds * 1000, MIN_VALID_MS), longestMs);
}

function useOf(usages: readonly string[]): RequestUse {
  if (!usages.includes('server auth')) return 'client';
  return usages.includes('client auth') ? 'server and client' : 'server';
}

/** `certificatesigningrequest-signing-controller`. */
export function csrSigningController(options: CsrSigningOptions): ControllerEntry {
  return {
    name: 'certificatesigningrequest-signing-controller',
    make({ informers }) {
      const informer = informers.of(certificateSigningRequests);
      return {
        name: 'certificate',
        watches: [watchSelf(informer)],
        async reconcile(key, context) {
          const csr = informer.lister.get(key);
          if (!csr || csr.metadata.deletionTimestamp || csr.status.certificate || !hasCondition(csr, 'Approved') || hasCondition(csr, 'Failed'))
            return;
          await settle(csr, options, context);
        },
      };
    },
  };
}

async function settle(csr: CertificateSigningRequest, options: CsrSigningOptions, { client, clock, signal }: ReconcileContext): Promise<void> {
  const { signerName, usages = [], expirationSeconds } = csr.spec;
  const api = client.of(certificateSigningRequests);
  const pem = requestPem(csr);
  const verdict = judgeRequest(signerName, options.read(pem), usages);
  switch (verdict.type) {
    case 'foreign':
      return;
    case 'refuse': {
      const now = formatTime(clock.now());
      const failed = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: verdict.why, lastUpdateTime: now };
      await api.updateStatus({ ...csr, status: { ...csr.status, conditions: [...(csr.status.conditions ?? []), failed] } }, {}, signal);
      return;
    }
    case 'sign': {
      const certificate = await options.sign(pem, useOf(usages), lifeMs(expirationSeconds, options.validMs ?? VALID_MS));
      await api.updateStatus({ ...csr, status: { ...csr.status, certificate: Buffer.from(certificate).toString('base64') } }, {}, signal);
    }
  }
}
