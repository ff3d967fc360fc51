/**
 * Health check ports: an outside load balancer asks each node whether it has an endpoint of a service with `externalTrafficPolicy: Local`.
 *
 * Source: kube-proxy's service health server (path, status codes, body).
 */
import { createServer, type Server } from 'node:http';
import { errorFields, type Logger } from '#base/log.ts';
import type { Service } from '#kinds/core/service/schema.ts';

/** A port that answers for one service. */
export interface HealthCheck {
  readonly port: number;
  readonly namespace: string;
  readonly name: string;
  readonly localEndpoints: number;
}

/** The health check of a service, given how many of its endpoints are on this node; undefined when it has none. */
export function healthCheckOf(service: Service | undefined, localEndpoints: number): HealthCheck | undefined {
  if (!service || service.spec.type !== 'LoadBalancer' || service.spec.externalTrafficPolicy !== 'Local' || !service.spec.healthCheckNodePort)
    return undefined;
  return { port: service.spec.healthCheckNodePort, namespace: service.metadata.namespace ?? '', name: service.metadata.name ?? '', localEndpoints };
}

/** Servers by service key. */
export class HealthCheckServers implements AsyncDisposable {
  readonly #log: Logger;
  readonly #servers = new Map<string, { check: HealthCheck; readonly server: Server }>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Opens, changes or closes the port of a service. */
  set(key: string, check: HealthCheck | undefined): void {
    const present = this.#servers.get(key);
    if (present && check?.port === present.check.port) {
      present.check = check;
      return;
    }
    if (present) {
      this.#servers.delete(key);
      present.server.close();
      present.server.closeAllConnections();
    }
    if (check) this.#open(key, check);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = [...this.#servers.values()].map(({ server }) => new Promise((resolve) => server.close(resolve)));
    for (const { server } of this.#servers.values()) server.closeAllConnections();
    this.#servers.clear();
    await Promise.all(closed);
  }

  #open(key: string, check: HealthCheck): void {
    const server = createServer((request, response) => {
      request.resume();
      const now = this.#servers.get(key)?.check ?? check;
      const body = {
        service: { namespace: now.namespace, name: now.name },
        localEndpoints: now.localEndpoints,
        serviceProxyHealthy: true,
      };
      response.writeHead(now.localEndpoints > 0 ? 200 : 503, {
        'content-type': 'application/json',
        'x-content-type-options': 'nosniff',
        'x-load-balancing-endpoint-weight': String(now.localEndpoints),
      });
      response.end(JSON.stringify(body, undefined, '\t'));
    });
    server.on('error', (error) => this.#log.warn('health check port could not be opened', { service: key, port: check.port, ...errorFields(error) }));
    server.listen(check.port);
    this.#servers.set(key, { check, server });
  }
}
