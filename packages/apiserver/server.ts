/**
 * The API server: the stages in order, the resources behind them, and the port in front.
 */
import type { Clock } from '#base/clock.ts';
import { type Logger, errorFields } from '#base/log.ts';
import { type MetricRegistry, createMetrics } from '#base/metrics.ts';
import type { Random } from '#base/random.ts';
import { openTaskGroup } from '#base/task-group.ts';
import { createClient } from '#client/api.ts';
import type { Transport } from '#client/transport.ts';
import type { Secret } from '#kinds/core/secret/schema.ts';
import { defaultFeatureGates } from '#kinds/feature-gates.ts';
import { builtinKinds } from '#kinds/registry.ts';
import { gateReader } from '#machinery/feature-gates.ts';
import { cidrStart, formatIp, parseCidr } from '#machinery/ip.ts';
import type { Kind } from '#machinery/kind.ts';
import type { Describe } from '#machinery/openapi/source.ts';
import { serviceUnavailable } from '#machinery/status.ts';
import type { Store } from '#store/store.ts';
import { type AdmissionConfig, admissionPlugins } from './admission/plugins.ts';
import { AuditMetrics, type Losses } from './audit/audit-metrics.ts';
import type { AuditPolicy } from './audit/policy.ts';
import { Auditor, type AuditSink } from './audit/stage.ts';
import { impersonationStage } from './authentication/impersonation.ts';
import { JWKS_PATH, keySetDocument, providerDocument } from './authentication/issuer-documents.ts';
import { noteLegacyUse } from './authentication/legacy-token-use.ts';
import { authenticationStage } from './authentication/stage.ts';
import type { TokenSigner } from './authentication/token-signer.ts';
import { grantAdmission } from './authorization/grant-admission.ts';
import { authorizationStage } from './authorization/stage.ts';
import { Announcement } from './bootstrap/announcement.ts';
import { createEnsurer } from './bootstrap/ensure.ts';
import { keepIdentity } from './bootstrap/identity-lease.ts';
import { ensurePolicy } from './bootstrap/rbac.ts';
import { type ClusterFacts, ensureNamespaces, ensureSystemObjects } from './bootstrap/system-objects.ts';
import type { ApiCall, ApiReply, Caches, Handler, User } from './call.ts';
import { BACKUP_PATH, backupReply } from './endpoints/backup.ts';
import { createEndpoints } from './endpoints/endpoints.ts';
import { flagsPage, statusPage } from './endpoints/debug-pages.ts';
import { Health, type HealthCheck } from './endpoints/health.ts';
import { IdentityMetrics } from './endpoints/identity-metrics.ts';
import { addObjectMetrics } from './endpoints/object-metrics.ts';
import { addBuildMetrics, addProcessMetrics } from './endpoints/process-metrics.ts';
import { RequestMetrics } from './endpoints/request-metrics.ts';
import { versionDocument } from './endpoints/version.ts';
import { WatchMetrics } from './endpoints/watch-metrics.ts';
import { fairnessDumps } from './fairness/dumps.ts';
import { Fairness, fairnessStage } from './fairness/fairness.ts';
import { keepFlowSchemaStatus, writeFlowSchemaStatus } from './fairness/flow-schema-status.ts';
import { listSeats } from './fairness/list-seats.ts';
import { addFairnessMetrics } from './fairness/metrics.ts';
import { SchemaHistograms } from './fairness/schema-series.ts';
import { bodyStage } from './http/body-stage.ts';
import { FrontDoor } from './http/front-door.ts';
import { type ListenAddress, type Listener, openListener, type TlsMaterial } from './http/listener.ts';
import { checkServing, type ServingCertificates } from './http/serving-certificates.ts';
import { inProcessTransport } from './in-process.ts';
import type { Pki } from './pki/pki.ts';
import { Pipeline, type Stage } from './pipeline.ts';
import { type Registry, type RegistryOptions, openRegistry } from './registry/registry.ts';
import { accessReviewHandlers } from './reviews/access-reviews.ts';
import { identityReviewHandlers } from './reviews/identity-reviews.ts';
import { FRONT_PROXY_NAMES, type Security, type SecurityConfig, createSecurity } from './security.ts';
import { withSecondLook } from './second-look.ts';
import { type Dial, directDial } from './streaming/dial.ts';
import { streamingHandlers } from './streaming/streaming.ts';

/** What a server is made of. */
export interface ApiServerOptions {
  readonly store: Store;
  /** Other servers write to the store too. */
  readonly storeIsShared?: boolean;
  /** Default: every built-in kind. */
  readonly kinds?: readonly Kind[];
  /** Answers virtual kinds among them that are not built in: `GROUP/PLURAL` to handler. */
  readonly handlers?: (caches: Caches) => ReadonlyMap<string, Handler>;
  readonly pki: Pki;
  /** Empty: reached in process only. */
  readonly listen: readonly ListenAddress[];
  /** Requests that are answered at once, divided over the priority levels; default 600. */
  readonly totalSeats?: number;
  /** `goawayChance`: how likely a request makes its HTTP/2 client connect anew; default 0. `maxStreams`: requests of one such connection at once; default 100. */
  readonly http2?: { readonly maxStreams?: number; readonly goawayChance?: number };
  /** Where nodes and pods reach this server; default: the first address it listens on. */
  readonly advertise?: { readonly host: string; readonly port?: number };
  /** The name of the machine, under which the server shows itself to others by a Lease; absent: it does not. */
  readonly hostname?: string;
  /** Serving certificates in place of its own. */
  readonly serving?: ServingCertificates;
  /** Names and addresses beyond the usual that the serving certificate is for. */
  readonly servingNames?: readonly string[];
  /** Blocks of service addresses; default `10.96.0.0/16`. */
  readonly serviceCidrs?: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** How nodes and pods are reached; default: directly. */
  readonly dial?: Dial;
  /** Which feature gates are on. */
  readonly gate?: (name: string) => boolean;
  readonly security?: SecurityConfig;
  readonly admission?: AdmissionConfig;
  /** The documentation of types and fields for OpenAPI; loaded when first needed. */
  readonly describe?: () => Describe | Promise<Describe>;
  /** `losses`: events that the sink has lost so far. */
  readonly audit?: { readonly policy: AuditPolicy; readonly sink: AuditSink; readonly losses?: Losses };
  /** How the program was started, for `/flagz`. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly build?: { readonly commit: string; readonly date: string; readonly runtime: string; readonly platform: string };
  /** Shared with other components of the process, whose metrics are then served too. */
  readonly metrics?: MetricRegistry;
  /** Puts something around what answers allowed calls: for tests that want answers to fail, or to be late. */
  readonly around?: (handler: Handler) => Handler;
}

/** A running server. Disposing it lets requests that run finish, ends watches and closes the port. */
export interface ApiServer extends AsyncDisposable {
  readonly addresses: readonly ListenAddress[];
  readonly caches: Caches;
  readonly signer: TokenSigner;
  readonly metrics: MetricRegistry;
  /** A transport inside this process as `user`; `userAgent` names the component. */
  transport(user: User, userAgent?: string): Transport;
  /** Knows users and decides on them as `config` says from now on; issuer, keys and audiences stay. @throws Error, changing nothing, for what cannot be used */
  reloadSecurity(config: SecurityConfig): void;
  /** Shows other certificates to those who connect from now on. @throws Error, changing nothing, for what cannot be used */
  reloadServing(serving: ServingCertificates): void;
  /** Adds to what `/healthz`, `/livez` and `/readyz` look at. */
  addHealthCheck(check: HealthCheck): void;
}

/** The server itself as a user. */
const LOOPBACK_USER: User = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };
const DEFAULT_SERVICE_CIDR = '10.96.0.0/16';
const ALWAYS_NAMES = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost', '127.0.0.1', '::1'];
const UNKNOWN_BUILD = { commit: '', date: '1970-01-01T00:00:00Z', runtime: '', platform: 'linux/amd64' };
/** What upstream starts after it listens, each a check of its own; monitors ask them by name. All are done when the bootstrap is. */
const START_HOOKS: readonly string[] = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'storage-object-count-tracker-hook',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'aggregator-reload-proxy-client-cert',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
  'apiservice-openapi-controller',
  'apiservice-openapiv3-controller',
];
const ROTATION_CHECK_MS = 3_600_000;
/** How long running requests get to finish when the server stops. */
const DRAIN_MS = 5_000;
/** How long clients get to read the end of their watches. */
const FAREWELL_MS = 250;
const DRAIN_POLL_MS = 10;

/** Opens a server that answers `/readyz` with ok. @throws Error when an address is taken. */
export async function openApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const server = new OpenApiServer(options);
  try {
    await server.open();
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}

class OpenApiServer implements ApiServer {
  readonly metrics: MetricRegistry;
  readonly #options: ApiServerOptions;
  readonly #checks: HealthCheck[] = [];
  readonly #resources = new AsyncDisposableStack();
  readonly #requestMetrics: RequestMetrics;
  readonly #tasks;
  readonly #stopped = new AbortController();
  #caches: Caches | undefined;
  #security: Security | undefined;
  #pipeline: Pipeline | undefined;
  #door: FrontDoor | undefined;
  #listener: Listener | undefined;
  #announcement: Announcement | undefined;
  #bootstrapped = false;
  #reloaded: SecurityConfig | undefined;
  #serving: ServingCertificates;
  #stopping = false;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#serving = options.serving ?? {};
    this.metrics = options.metrics ?? createMetrics();
    this.#requestMetrics = new RequestMetrics(this.metrics, options.clock);
    this.#tasks = openTaskGroup((name, error) => options.log.error(`${name} failed`, errorFields(error)), this.#stopped.signal);
    this.#addOwnChecks();
  }

  get addresses(): readonly ListenAddress[] {
    return this.#listener?.addresses ?? [];
  }

  get caches(): Caches {
    return this.#caches!;
  }

  get signer(): TokenSigner {
    return this.#security!.signer;
  }

  transport(user: User, userAgent?: string): Transport {
    return inProcessTransport({ pipeline: this.#pipeline!, clock: this.#options.clock, random: this.#options.random }, user, userAgent);
  }

  reloadSecurity(config: SecurityConfig): void {
    this.#security!.reload(config);
    this.#reloaded = config;
    this.#listener?.setTls(this.#material());
  }

  reloadServing(serving: ServingCertificates): void {
    checkServing(serving);
    this.#serving = serving;
    this.#listener?.setTls(this.#material());
  }

  addHealthCheck(check: HealthCheck): void {
    this.#checks.push(check);
  }

  async open(): Promise<void> {
    const { store, clock, random, log, listen, totalSeats } = this.#options;
    const registry = this.#resources.use(await openRegistry(this.#registryOptions()));
    this.#caches = registry.caches;
    const security = this.#secure(registry.caches);
    this.#resources.use(security);
    const fairness = this.#resources.use(new Fairness(registry.caches, clock, { seatsOf: listSeats((info) => registry.countOf(info)), histograms: new SchemaHistograms(this.metrics), ...(totalSeats ? { totalSeats } : {}) }));
    addProcessMetrics(this.metrics);
    addBuildMetrics(this.metrics, versionDocument(this.#options.build ?? UNKNOWN_BUILD));
    addFairnessMetrics(this.metrics, fairness);
    await addObjectMetrics(this.metrics, registry, store);
    const endpoints = this.#endpoints(registry, security, fairness);
    this.#pipeline = new Pipeline(this.#stages(registry, security, fairness), this.#options.around?.(endpoints) ?? endpoints, (error, call) => log.error('a request failed', { path: call.info.path, verb: call.info.verb, ...errorFields(error) }));
    this.#door = this.#resources.use(new FrontDoor({ pipeline: this.#pipeline, clock, random, log, watchMetrics: new WatchMetrics(this.metrics), onGivenUp: (call, { code }) => this.#requestMetrics.terminated(call, code) }));
    if (listen.length > 0) await this.#listen(this.#door);
    await this.#bootstrap();
    this.#bootstrapped = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    await this.#announcement?.withdraw();
    this.#listener?.drain();
    await this.#until(() => (this.#door?.inFlight ?? 0) === 0, DRAIN_MS);
    this.#stopped.abort(serviceUnavailable('the server is shutting down'));
    await this.#tasks[Symbol.asyncDispose]();
    // The registry ends its watches, whose connections then close by themselves; what is left is cut.
    await this.#resources.disposeAsync();
    await this.#until(() => (this.#listener?.connections ?? 0) === 0, FAREWELL_MS);
    await this.#listener?.[Symbol.asyncDispose]();
  }

  async #until(condition: () => boolean, limitMs: number): Promise<void> {
    const { clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + limitMs;
    while (!condition() && clock.monotonicMs() < deadlineMs) await clock.sleep(DRAIN_POLL_MS);
  }

  /** What every call goes through, in this order. */
  #stages(registry: Registry, security: Security, fairness: Fairness) {
    const { clock, audit } = this.#options;
    const identities = new IdentityMetrics(this.metrics);
    const auditor = audit && new Auditor({ ...audit, clock, metrics: new AuditMetrics(this.metrics, audit.losses) });
    const secondLook = (stage: Stage): Stage => (this.#options.storeIsShared ? withSecondLook(stage, () => registry.fresh()) : stage);
    return [
      this.#requestMetrics.stage,
      ...(auditor ? [auditor.refusals] : []),
      secondLook(authenticationStage(security.authenticator, identities, clock)),
      ...(auditor ? [auditor.stage] : []),
      impersonationStage(security.authorizer),
      fairnessStage(fairness),
      secondLook(authorizationStage(security.authorizer, identities, clock)),
      bodyStage,
    ];
  }

  #registryOptions(): RegistryOptions {
    const { store, storeIsShared, kinds, clock, random, log, gate, describe } = this.#options;
    return {
      store,
      kinds: kinds ?? builtinKinds,
      clock,
      random,
      log,
      ...(storeIsShared === undefined ? {} : { storeIsShared }),
      ...(gate ? { gate } : {}),
      admission: (plugins) => {
        const { authorizer, grants } = this.#secure(plugins.caches);
        return [...admissionPlugins({ ...plugins, authorizer }, this.#options.admission), grantAdmission(grants)];
      },
      serviceNetwork: { cidrs: this.#serviceCidrs() },
      signer: (caches) => this.#secure(caches).signer,
      serverAddress: () => this.#address(),
      ...(describe ? { describe } : {}),
      metrics: this.metrics,
      handlers: ({ caches }) => new Map([...this.#handlers(caches), ...(this.#options.handlers?.(caches) ?? [])]),
    };
  }

  /** Security is wanted by several callbacks; the first makes it. */
  #secure(caches: Caches): Security {
    const { pki, security, clock, random, log } = this.#options;
    const onLegacyUse = (secret: Secret, day: string): Promise<void> =>
      this.#pipeline ? noteLegacyUse(createClient(this.transport(LOOPBACK_USER, 'kube-apiserver')), log, secret, day, this.#stopped.signal) : Promise.resolve();
    return (this.#security ??= createSecurity(caches, pki, security ?? {}, { clock, random, log, onLegacyUse }));
  }

  #handlers(caches: Caches): ReadonlyMap<string, Handler> {
    const { pki, dial, random } = this.#options;
    const { authenticator, authorizer, rules, signer } = this.#secure(caches);
    return new Map([
      ...accessReviewHandlers(authorizer),
      ...identityReviewHandlers({ authenticator, rules, audiences: signer.audiences }),
      ...streamingHandlers({ caches, authorizer, dial: dial ?? directDial, random, kubeletCertificate: () => pki.client('apiserver-kubelet-client'), kubeletCa: pki.caCert }),
    ]);
  }

  #endpoints(next: Registry, { keys, signer }: Security, fairness: Fairness): Handler {
    const documents = new Map([
      [JWKS_PATH, { type: 'application/jwk-set+json', body: () => keySetDocument(keys) }],
      ['/.well-known/openid-configuration', { type: 'application/json', body: () => providerDocument(signer.issuer, this.#options.security?.jwksUri ?? `https://${this.#address()}${JWKS_PATH}`, keys) }],
    ]);
    const { store, clock, log, build = UNKNOWN_BUILD, gate = gateReader(defaultFeatureGates), flags = {} } = this.#options;
    const replies = new Map<string, (call: ApiCall, all: () => readonly string[]) => ApiReply>([[BACKUP_PATH, () => backupReply(store, clock, log)], ...fairnessDumps(fairness)]);
    const startedMs = clock.now();
    if (gate('ComponentStatusz')) replies.set('/statusz', (call, all) => statusPage(call, { startedMs, nowMs: clock.now(), runtime: build.runtime, paths: all() }));
    if (gate('ComponentFlagz')) replies.set('/flagz', (call) => flagsPage(call, flags));
    const slis = createMetrics();
    const health = new Health(this.#checks, slis);
    return createEndpoints({ replies, checks: this.#checks, health, metrics: this.metrics, slis, version: versionDocument(build), documents, paths: next.paths(), next });
  }

  /** `host:port` as others reach this server. */
  #address(): string {
    const { host, port } = this.#facts().advertise;
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  }

  async #listen(door: FrontDoor): Promise<void> {
    const { listen, clock, log, random, http2: { maxStreams, goawayChance = 0 } = {} } = this.#options;
    let current = this.#material();
    const handshakeErrors = this.metrics.counter({ name: 'apiserver_tls_handshake_errors_total', help: "Number of requests dropped with 'TLS handshake error from' error", stability: 'ALPHA' }).series([]);
    const listener = await openListener({ onHandshakeError: () => handshakeErrors.increment(), listen, tls: current, serve: door.serve, clock, log, http2: { ...(maxStreams ? { maxStreams } : {}), ...(goawayChance > 0 ? { sendsAway: () => random.next() < goawayChance } : {}) } });
    this.#listener = listener;
    this.#tasks.run('certificate rotation', async (signal) => {
      for (;;) {
        await clock.sleep(ROTATION_CHECK_MS, signal);
        const renewed = this.#material();
        if (renewed.cert === current.cert) continue;
        current = renewed;
        listener.setTls(renewed);
        log.info('the serving certificate was renewed');
      }
    });
  }

  #material(): TlsMaterial {
    const { pki } = this.#options;
    const security = this.#reloaded ?? this.#options.security;
    // Clients send only certificates of authorities that the server names.
    const foreign = [...(security?.clientAuthorities ?? []), ...(security?.frontProxy?.authorities ?? [])];
    const { given, named = [] } = this.#serving;
    return { ...(given ?? pki.serving(this.#servingNames())), named, clientCa: [pki.caCert, pki.frontProxyCaCert, ...foreign] };
  }

  #servingNames(): string[] {
    const { listen, advertise, servingNames = [] } = this.#options;
    const unspecified = new Set(['0.0.0.0', '::']);
    const hosts = listen.map(({ host }) => host).filter((host) => !unspecified.has(host));
    return [...ALWAYS_NAMES, this.#serviceIp(), ...hosts, ...(advertise ? [advertise.host] : []), ...servingNames];
  }

  #serviceCidrs(): readonly string[] {
    return this.#options.serviceCidrs ?? [DEFAULT_SERVICE_CIDR];
  }

  /** The address after the block's own: the `kubernetes` service has it. */
  #serviceIp(): string {
    const [text = DEFAULT_SERVICE_CIDR] = this.#serviceCidrs();
    const cidr = parseCidr(text);
    if (!cidr) throw new Error(`invalid service CIDR ${JSON.stringify(text)}`);
    const start = cidrStart(cidr);
    return formatIp({ family: start.family, value: start.value + 1n });
  }

  async #bootstrap(): Promise<void> {
    const { store, storeIsShared = false, hostname, clock, random, log } = this.#options;
    const transport = this.transport(LOOPBACK_USER, 'kube-apiserver');
    const ensurer = createEnsurer(transport, this.caches, this.#stopped.signal);
    const facts = this.#facts();
    await ensureNamespaces(ensurer);
    await Promise.all([ensurePolicy(ensurer), ensureSystemObjects(ensurer, facts)]);
    const flows = { caches: this.caches, client: createClient(transport), clock, log };
    await writeFlowSchemaStatus(flows, this.#stopped.signal);
    this.#tasks.run('flow schemas', (signal) => keepFlowSchemaStatus(flows, signal));
    const announcement = new Announcement({ store, storeIsShared, own: facts.advertise, ensurer, clock, log });
    await announcement.announce();
    this.#announcement = announcement;
    this.#tasks.run('announcement', (signal) => announcement.keep(signal));
    if (hostname === undefined) return;
    const identity = { hostname, address: `${facts.advertise.host}:${facts.advertise.port}`, uuid: random.uuid() };
    this.#tasks.run('identity', (signal) => keepIdentity({ client: createClient(transport), identity, clock, log }, signal));
  }

  #facts(): ClusterFacts {
    const { pki, advertise, listen } = this.#options;
    const own = this.addresses[0] ?? listen[0];
    return {
      serviceCidrs: this.#serviceCidrs(),
      serviceIp: this.#serviceIp(),
      advertise: { host: advertise?.host ?? own?.host ?? '127.0.0.1', port: advertise?.port ?? own?.port ?? 6443 },
      clientCa: [pki.caCert, ...(this.#options.security?.clientAuthorities ?? [])].join(''),
      frontProxyCa: (this.#options.security?.frontProxy?.authorities ?? [pki.frontProxyCaCert]).join('\n'),
      frontProxyNames: this.#options.security?.frontProxy?.allowedNames ?? FRONT_PROXY_NAMES,
    };
  }

  #addOwnChecks(): void {
    const all: HealthCheck['of'] = ['healthz', 'livez', 'readyz'];
    const { store } = this.#options;
    const started = (): void => {
      if (!this.#bootstrapped) throw new Error('not finished');
    };
    const ready: HealthCheck['of'] = ['readyz'];
    const etcd = async (): Promise<void> => void (await store.currentRevision());
    this.#checks.push({ name: 'ping', of: all, check: () => {} }, { name: 'log', of: all, check: () => {} }, { name: 'etcd', of: all, check: etcd }, { name: 'etcd-readiness', of: ready, check: etcd });
    this.#checks.push({ name: 'informer-sync', of: ready, check: started });
    for (const name of START_HOOKS) this.#checks.push({ name: `poststarthook/${name}`, of: all, check: started });
    this.#checks.push({ name: 'autoregister-completion', of: all, check: started });
    this.#checks.push({
      name: 'shutdown',
      of: ['readyz'],
      check: () => {
        if (this.#stopping) throw new Error('shutting down');
      },
    });
  }
}
