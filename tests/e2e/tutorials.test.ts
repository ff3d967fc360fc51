/**
 * Issue point 1: upstream's "Hello Minikube" without its addons, and the six modules of "Kubernetes Basics", command by command.
 *
 * The images stand under upstream's names: some are loaded from tar files, some come from a registry on this machine, over plain http and as a mirror.
 * Source: kubernetes.io, docs/tutorials/hello-minikube and docs/tutorials/kubernetes-basics.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { AGNHOST_IMAGE, BOOTCAMP_IMAGE_V1, BOOTCAMP_IMAGE_V2 } from './fixture/images.ts';
import { startRegistry, type TestRegistry } from './fixture/registry.ts';
import { openTerminal, type Terminal } from './fixture/terminal.ts';

let registry: TestRegistry;
let cluster: TestCluster;
let shell: Terminal;

before(async () => {
  registry = await startRegistry();
  await registry.push(AGNHOST_IMAGE, 'e2e-test-images/agnhost:2.53');
  await registry.push(BOOTCAMP_IMAGE_V2, 'jocatalin/kubernetes-bootcamp:v2');
  const mirror = `http://${registry.host}`;
  cluster = await startTestCluster({ name: 'e2e-tutorials', extra: ['--registry', registry.host, '--registry', `registry.k8s.io=${mirror}`] });
  await cluster.load(BOOTCAMP_IMAGE_V1);
  shell = await openTerminal(cluster);
  // What `minikube ip` answers.
  shell.export('NODE_IP', await shell.type(`kubectl get nodes -o jsonpath='{.items[0].status.addresses[?(@.type=="InternalIP")].address}'`));
});
after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
});

const NAMES_OF_PODS = `kubectl get pods -o go-template --template '{{range .items}}{{.metadata.name}}{{"\\n"}}{{end}}'`;
const NODE_PORT_OF_BOOTCAMP = `kubectl get services/kubernetes-bootcamp -o go-template='{{(index .spec.ports 0).nodePort}}'`;

describe('Hello Minikube', () => {
  test('create a Deployment', async () => {
    assert.equal(
      await shell.type(
        'kubectl create deployment hello-node --image=registry.k8s.io/e2e-test-images/agnhost:2.53 -- /agnhost netexec --http-port=8080',
      ),
      'deployment.apps/hello-node created\n',
    );
    await shell.until('kubectl get deployments', /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nhello-node +1\/1 +1 +1 +\d+s\n$/);
    assert.match(await shell.type('kubectl get pods'), /^NAME +READY +STATUS +RESTARTS +AGE\nhello-node-\w+-\w+ +1\/1 +Running +0 +\d+s\n$/);
    const events = await shell.type('kubectl get events');
    for (const reason of ['Scheduled', 'Pulling', 'Pulled', 'Created', 'Started', 'SuccessfulCreate', 'ScalingReplicaSet'])
      assert.match(events, new RegExp(`Normal +${reason} `));
    assert.match(events, /Successfully pulled image "registry\.k8s\.io\/e2e-test-images\/agnhost:2\.53"/);
    assert.match(await shell.type('kubectl config view'), /current-context: navarch-e2e-tutorials/);
    shell.export('POD_NAME', (await shell.type(NAMES_OF_PODS)).trim());
    assert.match(await shell.type('kubectl logs "$POD_NAME"'), /listening on 8080/);
  });

  test('create a Service', async () => {
    assert.equal(await shell.type('kubectl expose deployment hello-node --type=LoadBalancer --port=8080'), 'service/hello-node exposed\n');
    const services = await shell.type('kubectl get services');
    assert.match(services, /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\n/);
    assert.match(services, /^hello-node +LoadBalancer +10\.96\.\S+ +<pending> +8080:\d+\/TCP +\d+s$/m);
    assert.match(services, /^kubernetes +ClusterIP +10\.96\.0\.1 +<none> +443\/TCP +\d+s$/m);
    shell.export('NODE_PORT', await shell.type(`kubectl get service hello-node -o jsonpath='{.spec.ports[0].nodePort}'`));
    await shell.until('curl -s --max-time 5 "http://$NODE_IP:$NODE_PORT"', /^hello-node-\S+ v1\n$/);
  });

  test('clean up', async () => {
    assert.match(await shell.type('kubectl delete service hello-node'), /^service "hello-node" deleted/);
    assert.match(await shell.type('kubectl delete deployment hello-node'), /^deployment\.apps "hello-node" deleted/);
    await shell.until('kubectl get pods 2>&1', /^No resources found in default namespace\.\n$/);
  });
});

describe('Kubernetes Basics', () => {
  test('module 1: a cluster', async () => {
    assert.match(await shell.type('kubectl version'), /Client Version: .*\n(Kustomize Version: .*\n)?Server Version: v1\.36\./);
    assert.match(await shell.type('kubectl cluster-info'), /Kubernetes control plane.* is running at .*https:\/\/127\.0\.0\.1:\d+/);
    assert.match(await shell.type('kubectl get nodes'), /^NAME +STATUS +ROLES +AGE +VERSION\nnode-1 +Ready +\S+ +\d+s +v1\.36\.\S+\n$/);
  });

  test('module 2: deploy an app', async () => {
    assert.equal(
      await shell.type('kubectl create deployment kubernetes-bootcamp --image=gcr.io/google-samples/kubernetes-bootcamp:v1'),
      'deployment.apps/kubernetes-bootcamp created\n',
    );
    await shell.until('kubectl get deployments', /^kubernetes-bootcamp +1\/1 +1 +1 +\d+s$/m);
    await withProxy(async () => {
      assert.match(await shell.type('curl -s "http://localhost:$PROXY_PORT/version"'), /"gitVersion": "v1\.36\./);
      shell.export('POD_NAME', (await shell.type(NAMES_OF_PODS)).trim());
      assert.match(await shell.type('echo Name of the Pod: $POD_NAME'), /^Name of the Pod: kubernetes-bootcamp-\w+-\w+\n$/);
      assert.match(await shell.type('curl -s "http://localhost:$PROXY_PORT/api/v1/namespaces/default/pods/$POD_NAME/"'), /"kind": "Pod"/);
    });
  });

  test('module 3: explore the app', async () => {
    assert.match(await shell.type('kubectl get pods'), /^kubernetes-bootcamp-\S+ +1\/1 +Running +0 /m);
    const described = await shell.type('kubectl describe pods');
    assert.match(described, /^Name: +kubernetes-bootcamp-/);
    assert.match(described, /Image: +gcr\.io\/google-samples\/kubernetes-bootcamp:v1\n/);
    assert.match(described, /IP: +10\.244\.\d+\.\d+\n/);
    await withProxy(async () => {
      assert.match(
        await shell.type('curl -s "http://localhost:$PROXY_PORT/api/v1/namespaces/default/pods/$POD_NAME:8080/proxy/"'),
        /^kubernetes-bootcamp-\S+ v1\n$/,
      );
    });
    assert.match(await shell.type('kubectl logs "$POD_NAME"'), /listening on 8080, version v1\n\/ 200\n/);
    const environment = await shell.type('kubectl exec "$POD_NAME" -- env');
    assert.match(environment, /^HOSTNAME=kubernetes-bootcamp-/m);
    assert.match(environment, /^KUBERNETES_SERVICE_HOST=10\.96\.0\.1$/m);
    const session = await shell.onTty('kubectl exec -ti $POD_NAME -- sh', 'cat /app/web-server.pl\nwget -qO- http://localhost:8080\nexit\n');
    assert.match(session, /A small HTTP server for tests/);
    assert.match(session, /kubernetes-bootcamp-\S+ v1\r?\n/);
  });

  test('module 4: expose the app', async () => {
    assert.match(await shell.type('kubectl get pods'), /^kubernetes-bootcamp-/m);
    assert.match(await shell.type('kubectl get services'), /^NAME .*\nkubernetes +ClusterIP .*\n$/);
    assert.equal(
      await shell.type('kubectl expose deployment/kubernetes-bootcamp --type="NodePort" --port 8080'),
      'service/kubernetes-bootcamp exposed\n',
    );
    assert.match(await shell.type('kubectl get services'), /^kubernetes-bootcamp +NodePort +10\.96\.\S+ +<none> +8080:\d+\/TCP /m);
    assert.match(
      await shell.type('kubectl describe services/kubernetes-bootcamp'),
      /NodePort: +<unset> +\d+\/TCP\nEndpoints: +10\.244\.\d+\.\d+:8080\n/,
    );
    shell.export('NODE_PORT', await shell.type(NODE_PORT_OF_BOOTCAMP));
    await shell.until('curl -s --max-time 5 "http://$NODE_IP:$NODE_PORT"', /^kubernetes-bootcamp-\S+ v1\n$/);
  });

  test('module 4: use labels, delete the service', async () => {
    assert.match(await shell.type('kubectl describe deployment'), /Labels: +app=kubernetes-bootcamp\n/);
    assert.match(await shell.type('kubectl get pods -l app=kubernetes-bootcamp'), /^kubernetes-bootcamp-/m);
    assert.match(await shell.type('kubectl get services -l app=kubernetes-bootcamp'), /^kubernetes-bootcamp +NodePort/m);
    shell.export('POD_NAME', (await shell.type(NAMES_OF_PODS)).trim());
    assert.match(await shell.type('kubectl label pods "$POD_NAME" version=v1'), /^pod\/kubernetes-bootcamp-\S+ labeled\n$/);
    assert.match(await shell.type('kubectl describe pods "$POD_NAME"'), /Labels: +app=kubernetes-bootcamp\n +pod-template-hash=\w+\n +version=v1\n/);
    assert.match(await shell.type('kubectl get pods -l version=v1'), /^kubernetes-bootcamp-/m);
    assert.match(await shell.type('kubectl delete service -l app=kubernetes-bootcamp'), /^service "kubernetes-bootcamp" deleted/);
    assert.match(await shell.type('kubectl get services'), /^NAME .*\nkubernetes .*\n$/);
    // The node port closes as soon as the proxy has seen the deletion: 7 is curl's code for a refused connection.
    await shell.until('curl -s --max-time 5 "http://$NODE_IP:$NODE_PORT"; echo "code $?"', /^code 7\n$/);
    assert.match(await shell.onTty('kubectl exec -ti $POD_NAME -- wget -qO- http://localhost:8080'), /kubernetes-bootcamp-\S+ v1\r?\n/);
  });

  test('module 5: scale the app', async () => {
    await shell.type('kubectl expose deployment/kubernetes-bootcamp --type="LoadBalancer" --port 8080');
    assert.match(await shell.type('kubectl get deployments'), /^kubernetes-bootcamp +1\/1 +1 +1 /m);
    assert.match(await shell.type('kubectl get rs'), /^NAME +DESIRED +CURRENT +READY +AGE\nkubernetes-bootcamp-\w+ +1 +1 +1 /);
    assert.equal(await shell.type('kubectl scale deployments/kubernetes-bootcamp --replicas=4'), 'deployment.apps/kubernetes-bootcamp scaled\n');
    await shell.until('kubectl get deployments', /^kubernetes-bootcamp +4\/4 +4 +4 /m);
    assert.equal(
      (await shell.type('kubectl get pods -o wide')).match(/^kubernetes-bootcamp-\S+ +1\/1 +Running .* 10\.244\.\S+ +node-1 /gm)?.length,
      4,
    );
    assert.match(await shell.type('kubectl describe deployments/kubernetes-bootcamp'), /Scaled up replica set kubernetes-bootcamp-\w+ from 1 to 4/);
    await shell.until(
      'kubectl describe services/kubernetes-bootcamp',
      /Endpoints: +(10\.244\.\d+\.\d+:8080,){2,3}(10\.244\.\d+\.\d+:8080| \+ 1 more\.\.\.)/,
    );
    shell.export('NODE_PORT', await shell.type(NODE_PORT_OF_BOOTCAMP));
    const answered = new Set<string>();
    while (answered.size < 4) answered.add(await shell.type('curl -s --max-time 5 "http://$NODE_IP:$NODE_PORT"'));
    await shell.type('kubectl scale deployments/kubernetes-bootcamp --replicas=2');
    await shell.until('kubectl get deployments', /^kubernetes-bootcamp +2\/2 +2 +2 /m);
    await shell.until('kubectl get pods -o wide', /^NAME .*\n(kubernetes-bootcamp-\S+ +1\/1 +Running .*\n){2}$/);
  });

  test('module 6: update the app', async () => {
    assert.match(await shell.type('kubectl get deployments'), /^kubernetes-bootcamp +2\/2 /m);
    assert.match(await shell.type('kubectl describe pods'), /Image: +gcr\.io\/google-samples\/kubernetes-bootcamp:v1\n/);
    const image = `${registry.host}/jocatalin/kubernetes-bootcamp:v2`;
    assert.equal(
      await shell.type(`kubectl set image deployments/kubernetes-bootcamp kubernetes-bootcamp=${image}`),
      'deployment.apps/kubernetes-bootcamp image updated\n',
    );
    assert.match(
      await shell.type('kubectl rollout status deployments/kubernetes-bootcamp --timeout=60s'),
      /deployment "kubernetes-bootcamp" successfully rolled out\n$/,
    );
    assert.match(await shell.type('kubectl describe services/kubernetes-bootcamp'), /Endpoints: +10\.244\./);
    await shell.until('curl -s --max-time 5 "http://$NODE_IP:$NODE_PORT"', /^kubernetes-bootcamp-\S+ v2\n$/);
    await shell.until('kubectl get pods', /^NAME .*\n(kubernetes-bootcamp-\S+ +1\/1 +Running .*\n){2}$/);
    const described = await shell.type('kubectl describe pods --show-events');
    assert.match(described, new RegExp(`Image: +${image.replaceAll('.', '\\.')}\n`));
    assert.match(described, /Successfully pulled image/);
  });

  test('module 6: roll an update back', async () => {
    await shell.type(`kubectl set image deployments/kubernetes-bootcamp kubernetes-bootcamp=${registry.host}/jocatalin/kubernetes-bootcamp:v10`);
    await shell.until('kubectl get pods', /^kubernetes-bootcamp-\S+ +0\/1 +(ErrImagePull|ImagePullBackOff) +0 /m);
    assert.match(await shell.type('kubectl get deployments'), /^kubernetes-bootcamp +2\/2 +1 +2 /m);
    await shell.until('kubectl describe pods --show-events', /Failed to pull image "\S+\/kubernetes-bootcamp:v10": .*not found/);
    assert.equal(await shell.type('kubectl rollout undo deployments/kubernetes-bootcamp'), 'deployment.apps/kubernetes-bootcamp rolled back\n');
    await shell.until('kubectl get pods', /^NAME .*\n(kubernetes-bootcamp-\S+ +1\/1 +Running .*\n){2}$/);
    assert.doesNotMatch(await shell.type('kubectl describe pods'), /Image: .*:v10/);
    assert.match(
      await shell.type('kubectl rollout history deployments/kubernetes-bootcamp'),
      /^deployment\.apps\/kubernetes-bootcamp \nREVISION +CHANGE-CAUSE\n1 +<none>\n3 +<none>\n4 +<none>\n/,
    );
    assert.match(
      await shell.type('kubectl delete deployments/kubernetes-bootcamp services/kubernetes-bootcamp'),
      /deployment\.apps "kubernetes-bootcamp" deleted.*\nservice "kubernetes-bootcamp" deleted/,
    );
    await shell.until('kubectl get all', /^NAME .*\nservice\/kubernetes .*\n$/);
  });
});

/** Runs `kubectl proxy` in a second terminal; the lines find it at `$PROXY_PORT`. */
async function withProxy(lines: () => Promise<void>): Promise<void> {
  await using proxy = shell.start('kubectl proxy --port=0');
  const [, port] = await proxy.printed(/Starting to serve on 127\.0\.0\.1:(\d+)/);
  shell.export('PROXY_PORT', port!);
  await lines();
}
