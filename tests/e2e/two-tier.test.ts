/**
 * Issue point 4: nginx in front of Flask, found by name, configured by a ConfigMap and a Secret as environment and as files.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { eventually, run } from './fixture/run.ts';
import { FLASK_IMAGE, NGINX_IMAGE } from './fixture/images.ts';

let cluster: TestCluster;

const MANIFEST = `
apiVersion: v1
kind: ConfigMap
metadata: { name: backend }
data:
  GREETING: hello
  app.py: |
    import os
    from flask import Flask
    app = Flask(__name__)
    @app.get("/")
    def index():
        message = open("/etc/settings/message").read().strip()
        secret = open("/etc/secrets/password").read().strip()
        return f"{os.environ['GREETING']} {os.environ['PASSWORD']} {secret} {message}\\n"
    app.run(host="0.0.0.0", port=5000)
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { message: first }
---
apiVersion: v1
kind: Secret
metadata: { name: backend }
stringData: { password: s3cret }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: frontend }
data:
  default.conf: |
    server {
      listen 80;
      location / { proxy_pass http://backend:5000; }
    }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: backend }
spec:
  replicas: 2
  selector: { matchLabels: { app: backend } }
  template:
    metadata: { labels: { app: backend } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: flask
          image: ${FLASK_IMAGE}
          command: [python3, /app/app.py]
          env:
            - name: GREETING
              valueFrom: { configMapKeyRef: { name: backend, key: GREETING } }
            - name: PASSWORD
              valueFrom: { secretKeyRef: { name: backend, key: password } }
          readinessProbe: { httpGet: { path: /, port: 5000 }, periodSeconds: 1 }
          volumeMounts:
            - { name: app, mountPath: /app }
            - { name: settings, mountPath: /etc/settings }
            - { name: secrets, mountPath: /etc/secrets, readOnly: true }
      volumes:
        - name: app
          configMap: { name: backend, items: [{ key: app.py, path: app.py }] }
        - name: settings
          configMap: { name: settings }
        - name: secrets
          secret: { secretName: backend, defaultMode: 256 }
---
apiVersion: v1
kind: Service
metadata: { name: backend }
spec: { selector: { app: backend }, ports: [{ port: 5000 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: frontend }
spec:
  selector: { matchLabels: { app: frontend } }
  template:
    metadata: { labels: { app: frontend } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: nginx
          image: ${NGINX_IMAGE}
          ports: [{ containerPort: 80 }]
          readinessProbe: { httpGet: { path: /, port: 80 }, periodSeconds: 1 }
          volumeMounts: [{ name: conf, mountPath: /etc/nginx/sites-enabled }]
      volumes: [{ name: conf, configMap: { name: frontend } }]
---
apiVersion: v1
kind: Service
metadata: { name: frontend }
spec: { type: NodePort, selector: { app: frontend }, ports: [{ port: 80 }] }
`;

before(async () => {
  cluster = await startTestCluster({ name: 'e2e-two-tier' });
  await cluster.load(NGINX_IMAGE, FLASK_IMAGE);
});
after(async () => cluster?.[Symbol.asyncDispose]());

test('the front end reaches the back end, and a changed ConfigMap reaches its files', async () => {
  await cluster.apply(MANIFEST);
  await cluster.kubectl(['rollout', 'status', 'deployment/backend', '--timeout=90s']);
  await cluster.kubectl(['rollout', 'status', 'deployment/frontend', '--timeout=90s']);
  const port = (await cluster.kubectl(['get', 'service', 'frontend', '-o', 'jsonpath={.spec.ports[0].nodePort}'])).stdout;
  const node = (await cluster.kubectl(['get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}'])).stdout;
  const fetchText = async (): Promise<string> => (await run('curl', ['-s', '--max-time', '5', `http://${node}:${port}/`])).stdout;
  assert.equal(await fetchText(), 'hello s3cret s3cret first\n');
  await cluster.kubectl(['patch', 'configmap', 'settings', '--type=merge', '-p', '{"data":{"message":"second"}}']);
  await eventually('both back ends read the new file', async () => {
    const texts = await Promise.all([fetchText(), fetchText(), fetchText(), fetchText()]);
    return texts.every((text) => text === 'hello s3cret s3cret second\n');
  }, 120_000);
});
