/**
 * From nothing to a cluster and to an application: `navarch up` with packages present, and a Deployment that answers through its Service and by name.
 * Needs root, containerd and kubectl.
 */
import { eventually } from '#tests/e2e/fixture/run.ts';
import { startTestCluster } from '#tests/e2e/fixture/cluster.ts';
import { WEB_IMAGE_V1 } from '#tests/e2e/fixture/images.ts';

const ROUNDS = 3;

interface Round {
  readonly upMs: number;
  readonly answeringMs: number;
  readonly serverMb: number;
  readonly agentMb: number;
}

interface Status {
  readonly server: { readonly rssBytes: number };
  readonly nodes: readonly { readonly agent: { readonly rssBytes: number } }[];
}

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: web, image: ${WEB_IMAGE_V1} }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
`;

async function round(index: number): Promise<Round> {
  const startMs = performance.now();
  await using cluster = await startTestCluster({ name: `bench-up-${index}` });
  const upMs = performance.now() - startMs;
  // Idle: what the processes hold once start-up garbage is gone.
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const status = JSON.parse((await cluster.navarch(['status', '--name', cluster.name, '-o', 'json'])).stdout) as Status;
  await cluster.load(WEB_IMAGE_V1);
  const appliedMs = performance.now();
  await cluster.apply(DEPLOYMENT);
  await eventually('the service answers by name', async () => {
    const { code } = await cluster.kubectl(['exec', 'deployment/web', '--', 'wget', '-qO-', 'http://web'], { mayFail: true });
    return code === 0;
  });
  return {
    upMs,
    answeringMs: upMs + performance.now() - appliedMs,
    serverMb: status.server.rssBytes / 1e6,
    agentMb: status.nodes[0]!.agent.rssBytes / 1e6,
  };
}

const rounds: Round[] = [];
for (let index = 0; index < ROUNDS; index++) rounds.push(await round(index));
const median = (pick: (one: Round) => number): number => rounds.map(pick).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
const print = (what: string, value: number, unit: string, goal: number): void => console.log(`${what.padEnd(52)}${value.toFixed(unit === 's' ? 2 : 0).padStart(8)} ${unit}   goal ${goal} ${unit}`);
print('up to Ready node and answering DNS', median((one) => one.upMs) / 1000, 's', 3);
print('up to a Deployment answering through Service and DNS', median((one) => one.answeringMs) / 1000, 's', 5);
print('idle memory, server process', median((one) => one.serverMb), 'MB', 130);
print('idle memory, node agent process', median((one) => one.agentMb), 'MB', 80);
