/**
 * "Connecting Applications with Services": discovery by environment and DNS, TLS from a secret, node ports, a load balancer that waits.
 *
 * Source: kubernetes.io, docs/tutorials/services/connect-applications-service.
 */
import assert from 'node:assert/strict';
import type { Terminal } from '../fixture/terminal.ts';
import type { Task } from './task.ts';

const RUN_MY_NGINX = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: my-nginx
spec:
  selector:
    matchLabels:
      run: my-nginx
  replicas: 2
  template:
    metadata:
      labels:
        run: my-nginx
    spec:
      containers:
      - name: my-nginx
        image: nginx
        ports:
        - containerPort: 80
`;

const DEFAULT_CONF = `server {
        listen 80 default_server;
        listen [::]:80 default_server ipv6only=on;

        listen 443 ssl;

        root /usr/share/nginx/html;
        index index.html;

        server_name localhost;
        ssl_certificate /etc/nginx/ssl/tls.crt;
        ssl_certificate_key /etc/nginx/ssl/tls.key;

        location / {
                try_files $uri $uri/ =404;
        }
}
`;

const NGINX_SECURE_APP = `apiVersion: v1
kind: Service
metadata:
  name: my-nginx
  labels:
    run: my-nginx
spec:
  type: NodePort
  ports:
  - port: 8080
    targetPort: 80
    protocol: TCP
    name: http
  - port: 443
    protocol: TCP
    name: https
  selector:
    run: my-nginx
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: my-nginx
spec:
  selector:
    matchLabels:
      run: my-nginx
  replicas: 1
  template:
    metadata:
      labels:
        run: my-nginx
    spec:
      volumes:
      - name: secret-volume
        secret:
          secretName: nginxsecret
      - name: configmap-volume
        configMap:
          name: nginxconfigmap
      containers:
      - name: nginxhttps
        image: ymqytw/nginxhttps:1.5
        command: ["/home/auto-reload-nginx.sh"]
        ports:
        - containerPort: 443
        - containerPort: 80
        livenessProbe:
          httpGet:
            path: /index.html
            port: 80
          initialDelaySeconds: 30
          timeoutSeconds: 1
        volumeMounts:
        - mountPath: /etc/nginx/ssl
          name: secret-volume
        - mountPath: /etc/nginx/conf.d
          name: configmap-volume
`;

const CURL_POD = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: curl-deployment
spec:
  selector:
    matchLabels:
      app: curlpod
  replicas: 1
  template:
    metadata:
      labels:
        app: curlpod
    spec:
      volumes:
      - name: secret-volume
        secret:
          secretName: nginxsecret
      containers:
      - name: curlpod
        command:
        - sh
        - -c
        - while true; do sleep 1; done
        image: docker.io/curlimages/curl:8.18.0
        volumeMounts:
        - mountPath: /etc/nginx/ssl
          name: secret-volume
`;

const TWO_RUNNING = /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE .*\n(my-nginx-\w+-\w{5} +1\/1 +Running +0 +\d+s +10\.244\.\d+\.\d+ +node-\d .*\n){2}$/;

async function expose(shell: Terminal): Promise<void> {
  await shell.type('kubectl apply -f ./run-my-nginx.yaml');
  await shell.until('kubectl get pods -l run=my-nginx -o wide', TWO_RUNNING);
  assert.match(await shell.type('kubectl get pods -l run=my-nginx -o custom-columns=POD_IP:.status.podIPs'), /^POD_IP\n(\[map\[ip:10\.244\.\d+\.\d+\]\]\n){2}$/);
  assert.equal(await shell.type('kubectl expose deployment/my-nginx'), 'service/my-nginx exposed\n');
  assert.match(await shell.type('kubectl get svc my-nginx'), /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nmy-nginx +ClusterIP +10\.96\.\d+\.\d+ +<none> +80\/TCP +\d+s\n$/);
  const described = await shell.until('kubectl describe svc my-nginx', /Endpoints: +10\.244\.\d+\.\d+:80,10\.244\.\d+\.\d+:80\n/);
  assert.match(
    described,
    /^Name: +my-nginx\nNamespace: +connecting\nLabels: +<none>\nAnnotations: +<none>\nSelector: +run=my-nginx\nType: +ClusterIP\nIP Family Policy: +SingleStack\nIP Families: +IPv4\nIP: +(10\.96\.\S+)\nIPs: +\1\nPort: +<unset> +80\/TCP\nTargetPort: +80\/TCP\nEndpoints: .*\nSession Affinity: +None\nInternal Traffic Policy: +Cluster\nEvents: +<none>\n$/,
  );
  assert.match(await shell.type('kubectl get endpointslices -l kubernetes.io/service-name=my-nginx'), /^NAME +ADDRESSTYPE +PORTS +ENDPOINTS +AGE\nmy-nginx-\w{5} +IPv4 +80 +10\.244\.\d+\.\d+,10\.244\.\d+\.\d+ +\d+s\n$/);
}

async function discover(shell: Terminal): Promise<void> {
  const serviceVariables = async (): Promise<string[]> => {
    const pod = (await shell.type('kubectl get pods -l run=my-nginx -o name')).split('\n')[0];
    return (await shell.type(`kubectl exec ${pod} -- printenv | grep SERVICE`)).trim().split('\n').toSorted();
  };
  const ofKubernetes = ['KUBERNETES_SERVICE_HOST=10.96.0.1', 'KUBERNETES_SERVICE_PORT=443', 'KUBERNETES_SERVICE_PORT_HTTPS=443'];
  assert.deepEqual(await serviceVariables(), ofKubernetes, 'the pods are older than the service');
  assert.equal(await shell.type('kubectl scale deployment my-nginx --replicas=0; kubectl scale deployment my-nginx --replicas=2;'), 'deployment.apps/my-nginx scaled\ndeployment.apps/my-nginx scaled\n');
  await shell.until('kubectl get pods -l run=my-nginx -o wide', TWO_RUNNING);
  const ip = await shell.type('kubectl get svc my-nginx -o jsonpath={.spec.clusterIP}');
  assert.deepEqual(await serviceVariables(), [...ofKubernetes, `MY_NGINX_SERVICE_HOST=${ip}`, 'MY_NGINX_SERVICE_PORT=80']);
  assert.match(await shell.type('kubectl get services kube-dns --namespace=kube-system'), /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nkube-dns +ClusterIP +10\.96\.0\.10 +<none> +53\/UDP,53\/TCP(,9153\/TCP)? +\S+\n$/);
  const session = await shell.onTty('kubectl run -i --tty --image busybox:1.37 dns-test --restart=Never --rm', '\nnslookup my-nginx.connecting.svc.cluster.local\ncurl -s http://my-nginx | grep title\nexit\n');
  assert.match(session, new RegExp(`Server:\\s+10\\.96\\.0\\.10\\s[^]*Name:\\s+my-nginx\\.connecting\\.svc\\.cluster\\.local\\s+Address[^:]*: ${ip}\\s`));
  assert.match(session, /<title>Welcome to nginx!<\/title>/);
  assert.match(session, /pod "dns-test" deleted/);
}

async function secure(shell: Terminal): Promise<void> {
  await shell.type('openssl req -x509 -nodes -days 365 -newkey rsa:2048 -keyout nginx.key -out nginx.crt -subj "/CN=my-nginx/O=my-nginx" -addext "subjectAltName=DNS:my-nginx" 2>&1');
  assert.equal(await shell.type('kubectl create secret tls nginxsecret --key nginx.key --cert nginx.crt'), 'secret/nginxsecret created\n');
  assert.match(await shell.type('kubectl get secrets'), /^NAME +TYPE +DATA +AGE\nnginxsecret +kubernetes\.io\/tls +2 +\d+s\n$/);
  assert.equal(await shell.type('kubectl create configmap nginxconfigmap --from-file=default.conf'), 'configmap/nginxconfigmap created\n');
  assert.match(await shell.type('kubectl get configmaps'), /^nginxconfigmap +1 +\d+s$/m);
  const described = await shell.type('kubectl describe configmap nginxconfigmap');
  assert.match(described, /^Name: +nginxconfigmap\nNamespace: +connecting\nLabels: +<none>\nAnnotations: +<none>\n\nData\n====\ndefault\.conf:\n----\nserver \{\n/);
  assert.match(described, /\n\nBinaryData\n====\n\nEvents: +<none>\n$/);
  await shell.type('kubectl delete deployments,svc my-nginx; kubectl create -f ./nginx-secure-app.yaml');
  await shell.until('kubectl get pods -l run=my-nginx', /^NAME.*\nmy-nginx-\w+-\w{5} +1\/1 +Running +0 +\d+s\n$/);
  shell.export('POD_IP', await shell.type(`kubectl get pods -l run=my-nginx -o jsonpath='{.items[0].status.podIP}'`));
  await shell.type('kubectl apply -f ./curlpod.yaml');
  await shell.until('kubectl get pods -l app=curlpod', /^NAME +READY +STATUS +RESTARTS +AGE\ncurl-deployment-\w+-\w{5} +1\/1 +Running +0 +\d+s\n$/);
  assert.match(await shell.type('kubectl exec deployment/curl-deployment -- curl -sk "https://$POD_IP"'), /<h1>Welcome to nginx!<\/h1>/);
  await shell.until('kubectl exec deployment/curl-deployment -- curl -s https://my-nginx --cacert /etc/nginx/ssl/tls.crt', /<title>Welcome to nginx!<\/title>/);
}

async function publish(shell: Terminal): Promise<void> {
  const ports = await shell.type('kubectl get svc my-nginx -o yaml | grep nodePort -C 5');
  assert.match(ports, /- name: http\n +nodePort: 3\d{4}\n +port: 8080\n +protocol: TCP\n +targetPort: 80\n +- name: https\n +nodePort: 3\d{4}\n +port: 443\n +protocol: TCP\n +targetPort: 443\n/);
  shell.export('NODE_IP', await shell.type(`kubectl get nodes -o jsonpath='{.items[0].status.addresses[?(@.type=="InternalIP")].address}'`));
  shell.export('NODE_PORT', await shell.type(`kubectl get svc my-nginx -o jsonpath='{.spec.ports[1].nodePort}'`));
  assert.match(await shell.type('curl -s --max-time 10 https://$NODE_IP:$NODE_PORT -k'), /<h1>Welcome to nginx!<\/h1>/);
  assert.equal(await shell.type(`KUBE_EDITOR='sed -i s/NodePort/LoadBalancer/' kubectl edit svc my-nginx`), 'service/my-nginx edited\n');
  assert.match(await shell.type('kubectl get svc my-nginx'), /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nmy-nginx +LoadBalancer +10\.96\.\d+\.\d+ +<pending> +8080:\d+\/TCP,443:\d+\/TCP +\d+s\n$/);
}

/** The tutorial, section by section. */
export const connectingApplications: Task = {
  title: 'Connecting Applications with Services',
  namespace: 'connecting',
  async run(shell) {
    await shell.save('run-my-nginx.yaml', RUN_MY_NGINX);
    await shell.save('default.conf', DEFAULT_CONF);
    await shell.save('nginx-secure-app.yaml', NGINX_SECURE_APP);
    await shell.save('curlpod.yaml', CURL_POD);
    for (const section of [expose, discover, secure, publish]) await section(shell);
  },
};
