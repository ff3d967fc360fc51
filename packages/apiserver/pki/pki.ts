/**
 * The cluster's own certificate authorities and what they issue. Everything is made on first use, kept, and renewed before it expires.
 *
 *     ca ──┬─ apiserver                  serving certificate
 *          ├─ apiserver-kubelet-client   the API server towards kubelets
 *          ├─ admin, controller-manager, scheduler, proxy …
 *          └─ node certificates          system:node:NAME, and kubelet serving certificates
 *     front-proxy-ca ── front-proxy-client
 *     sa                                 the key that signs service account tokens
 */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';
import { type CertificateSpec, type Issuer, type KeyPair, generateKey, issueFor, issuePair, issuerOf } from './certificate.ts';
import { readCertificateRequest } from '#base/certificate-request.ts';
import type { PkiFiles } from './pki-files.ts';

/** Names of client certificates of the cluster's own components. */
export type ComponentName = 'admin' | 'controller-manager' | 'scheduler' | 'proxy' | 'dns' | 'apiserver-kubelet-client';

/** A node's certificates. */
export interface NodeCertificates {
  /** Towards the API server. */
  readonly client: KeyPair;
  /** For the kubelet's own port. */
  readonly serving: KeyPair;
}

/** The cluster's certificates. */
export interface Pki {
  /** PEM of the cluster authority. */
  readonly caCert: string;
  readonly frontProxyCaCert: string;
  /** PEM of the private key that signs service account tokens. */
  readonly serviceAccountKey: string;
  /** The API server's serving certificate for these DNS names and addresses; issued again when names are missing or it is old. */
  serving(names: readonly string[]): KeyPair;
  /** A component's client certificate. */
  client(name: ComponentName): KeyPair;
  /** The client certificate with which this server proxies to extension servers. */
  frontProxyClient(): KeyPair;
  /** A node's certificates, never stored: the caller hands them to the node. */
  issueNode(nodeName: string, addresses: readonly string[]): NodeCertificates;
  /** A client certificate for any user, never stored. */
  issueClient(user: { readonly name: string; readonly groups: readonly string[] }, validMs?: number): KeyPair;
  /** Signs a PEM certificate request as it asks; the caller has decided that it may be. @throws Error when it is malformed. */
  signRequest(request: string, use: 'server' | 'client' | 'server and client', validMs: number): string;
}

const DAY_MS = 24 * 3600 * 1000;
const AUTHORITY_MS = 3650 * DAY_MS;
const LEAF_MS = 365 * DAY_MS;
/** Certificates are renewed when this part of their life is left. */
const RENEW_AT_REMAINING = 0.2;
/** Tolerates clocks that differ a little. */
const BACKDATE_MS = 5 * 60 * 1000;

const COMPONENTS: Readonly<Record<ComponentName, { readonly name: string; readonly groups: readonly string[] }>> = {
  admin: { name: 'kubernetes-admin', groups: ['system:masters'] },
  'controller-manager': { name: 'system:kube-controller-manager', groups: [] },
  scheduler: { name: 'system:kube-scheduler', groups: [] },
  proxy: { name: 'system:kube-proxy', groups: ['system:node-proxier'] },
  dns: { name: 'system:kube-dns', groups: [] },
  'apiserver-kubelet-client': { name: 'kube-apiserver-kubelet-client', groups: ['system:masters'] },
};

/** How long certificates are valid. */
export interface PkiOptions {
  /** Valid this long before and after they are made, instead of from now on: for clusters whose own time is not the world's. */
  readonly validAroundMs?: number;
}

/** Opens the PKI in `files`, making what is missing. */
export function openPki(files: PkiFiles, clock: Clock, random: Random, options: PkiOptions = {}): Pki {
  return new OpenPki(files, clock, random, options);
}

class OpenPki implements Pki {
  readonly caCert: string;
  readonly frontProxyCaCert: string;
  readonly serviceAccountKey: string;
  readonly #files: PkiFiles;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #validAroundMs: number | undefined;
  readonly #ca: Issuer;
  readonly #frontProxyCa: Issuer;

  constructor(files: PkiFiles, clock: Clock, random: Random, { validAroundMs }: PkiOptions) {
    this.#files = files;
    this.#validAroundMs = validAroundMs;
    this.#clock = clock;
    this.#random = random;
    const ca = this.#authority('ca', 'kubernetes');
    const frontProxyCa = this.#authority('front-proxy-ca', 'front-proxy-ca');
    this.caCert = ca.cert;
    this.frontProxyCaCert = frontProxyCa.cert;
    this.#ca = issuerOf(ca);
    this.#frontProxyCa = issuerOf(frontProxyCa);
    this.serviceAccountKey = files.readText('sa.key') ?? this.#makeServiceAccountKey();
  }

  serving(names: readonly string[]): KeyPair {
    const sorted = [...new Set(names)].sort();
    return this.#kept('apiserver', this.#ca, this.#leaf({ commonName: 'kube-apiserver', alternativeNames: sorted, use: 'server' }));
  }

  client(name: ComponentName): KeyPair {
    const { name: commonName, groups } = COMPONENTS[name];
    return this.#kept(name, this.#ca, this.#leaf({ commonName, organizations: groups, use: 'client' }));
  }

  frontProxyClient(): KeyPair {
    return this.#kept('front-proxy-client', this.#frontProxyCa, this.#leaf({ commonName: 'front-proxy-client', use: 'client' }));
  }

  issueNode(nodeName: string, addresses: readonly string[]): NodeCertificates {
    const commonName = `system:node:${nodeName}`;
    const organizations = ['system:nodes'];
    return {
      client: issuePair(this.#leaf({ commonName, organizations, use: 'client' }), this.#ca, this.#random),
      serving: issuePair(this.#leaf({ commonName, organizations, alternativeNames: [nodeName, ...addresses], use: 'server' }), this.#ca, this.#random),
    };
  }

  issueClient(user: { readonly name: string; readonly groups: readonly string[] }, validMs = LEAF_MS): KeyPair {
    const spec = this.#leaf({ commonName: user.name, organizations: user.groups, use: 'client' }, validMs);
    return issuePair(spec, this.#ca, this.#random);
  }

  signRequest(request: string, use: 'server' | 'client' | 'server and client', validMs: number): string {
    const { publicKey, ...subject } = readCertificateRequest(request);
    return issueFor(publicKey, this.#leaf({ ...subject, use }, validMs), this.#ca, this.#random);
  }

  #leaf(spec: Omit<CertificateSpec, 'notBeforeMs' | 'notAfterMs'>, validMs = LEAF_MS): CertificateSpec {
    return { ...spec, ...this.#validity(validMs) };
  }

  #validity(validMs: number): Pick<CertificateSpec, 'notBeforeMs' | 'notAfterMs'> {
    const nowMs = this.#clock.now();
    return { notBeforeMs: nowMs - (this.#validAroundMs ?? BACKDATE_MS), notAfterMs: nowMs + (this.#validAroundMs ?? validMs) };
  }

  #authority(name: string, commonName: string): KeyPair {
    const known = this.#files.readPair(name);
    if (known) return known;
    const spec: CertificateSpec = { commonName, use: 'authority', ...this.#validity(AUTHORITY_MS) };
    // Whichever server's key is kept, every server's certificate of that key will do: they differ in nothing that is checked.
    const key = this.#files.readText(`${name}.key`) ?? this.#files.keepText(`${name}.key`, generateKey());
    return { key, cert: this.#files.keepText(`${name}.crt`, issueFor(createPublicKey(key), spec, createPrivateKey(key), this.#random)) };
  }

  #kept(name: string, issuer: Issuer, spec: CertificateSpec): KeyPair {
    const known = this.#files.readPair(name);
    if (known && this.#isGood(known, issuer, spec)) return known;
    const pair = issuePair(spec, issuer, this.#random);
    this.#files.writePair(name, pair);
    return pair;
  }

  #isGood(pair: KeyPair, issuer: Issuer, spec: CertificateSpec): boolean {
    const certificate = new X509Certificate(pair.cert);
    const startMs = certificate.validFromDate.getTime();
    const endMs = certificate.validToDate.getTime();
    const remaining = (endMs - this.#clock.now()) / (endMs - startMs);
    if (remaining < RENEW_AT_REMAINING || !certificate.verify(issuer.certificate.publicKey)) return false;
    return (spec.alternativeNames ?? []).every((name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined);
  }

  #makeServiceAccountKey(): string {
    return this.#files.keepText('sa.key', generateKey());
  }
}
