/**
 * `kubectl create TYPE NAME` and `expose`: objects made from flags.
 */
import { StatusError } from '#machinery/status.ts';
import { configMap, disruptionBudget, namespace, priorityClass, quota, secret, serviceAccount, tokenRequest } from '../generate/configuration.ts';
import { type Generated, type GenerateFlags, usageError } from '../generate/flags.ts';
import { exposing, ingress, service } from '../generate/network.ts';
import { binding, role } from '../generate/rbac.ts';
import { cronJob, deployment, job, jobFromCronJob } from '../generate/workloads.ts';
import { CliError } from '../io.ts';
import type { AnyObject } from '../objects.ts';
import { parseOutput, renderObjects } from '../print/output.ts';
import { objectPath, objectText, type ResourceMap } from '../resources.ts';
import { fetchObjects, select, selectOne } from '../selection.ts';
import type { Session } from '../session.ts';
import { inNamespace, isDryClient, verbText, writeQuery } from './apply.ts';
import { durationSeconds } from './logs.ts';

/** Writes a generated object and reports it; `what` is its name in the message of a failure. */
export async function createObject(session: Session, map: ResourceMap, object: Generated, { flags, verb = 'created', what }: { readonly flags: GenerateFlags; readonly verb?: string; readonly what?: string }): Promise<AnyObject> {
  const made = object as unknown as AnyObject;
  const resource = map.ofKind(made.apiVersion, made.kind);
  const placed = inNamespace(session, resource, made);
  const format = await parseOutput(flags.output, { isWrite: true, ...(flags.template === undefined ? {} : { template: flags.template }) });
  const path = objectPath(resource, placed.metadata.namespace) + writeQuery(flags, 'kubectl-create');
  const result = isDryClient(flags) ? placed : await session.json<AnyObject>({ method: 'POST', path, body: placed }).catch((error: unknown) => {
    throw what !== undefined && error instanceof StatusError ? new CliError(`error: failed to create ${what}: ${error.message}`) : error;
  });
  if (format.type === 'table') session.io.stdout.write(`${objectText(resource, result.metadata.name)} ${verbText(verb, flags.dryRun)}\n`);
  else session.io.stdout.write(renderObjects(format, [result], { asList: false, typed: true, resourceOf: () => resource }));
  return result;
}

/** What a failure calls the type; others' failures are the server's own. */
const FAILURES: Readonly<Record<string, string>> = {
  configmap: 'configmap',
  cronjob: 'cronjob',
  deployment: 'deployment',
  ingress: 'ingress',
  job: 'job',
  poddisruptionbudget: 'poddisruptionbudget',
  priorityclass: 'priorityclass',
  quota: 'resourcequota',
  rolebinding: 'rolebinding',
  clusterrolebinding: 'clusterrolebinding',
  secret: 'secret',
  serviceaccount: 'serviceaccount',
};

const SHORT: Readonly<Record<string, string>> = { cj: 'cronjob', cm: 'configmap', deploy: 'deployment', ing: 'ingress', ns: 'namespace', pc: 'priorityclass', pdb: 'poddisruptionbudget', resourcequota: 'quota', sa: 'serviceaccount', svc: 'service' };
/** Types with a kind of theirs before the name. */
const WITH_KIND = new Set(['service', 'secret']);
/** Types that a command for the container may follow. */
const WITH_COMMAND = new Set(['deployment', 'job', 'cronjob']);
const SERVICES: Readonly<Record<string, string>> = { clusterip: 'ClusterIP', externalname: 'ExternalName', loadbalancer: 'LoadBalancer', nodeport: 'NodePort' };

/** `create TYPE [KIND] NAME`. @throws CliError */
export async function create(session: Session, map: ResourceMap, words: readonly string[], flags: GenerateFlags): Promise<void> {
  const type = SHORT[words[0]!] ?? words[0]!;
  const args = WITH_KIND.has(type) ? words.slice(2) : words.slice(1);
  const command = `create ${WITH_KIND.has(type) ? `${type} ${words[1] ?? ''}`.trim() : type}`;
  const make = GENERATORS[type];
  if (!make && type !== 'token') throw usageError('create', `Unexpected args: [${words.join(' ')}]`);
  const [name, ...rest] = args;
  if (!name || (rest.length > 0 && !WITH_COMMAND.has(type))) throw usageError(command, `exactly one NAME is required, got ${args.length}`);
  if (!make) {
    await createToken(session, map, name, flags);
    return;
  }
  const object = await make({ session, map, flags, name, rest, kind: words[1]! });
  const what = type === 'service' ? `${SERVICES[words[1]!]} service` : FAILURES[type];
  await createObject(session, map, object, { flags, ...(what ? { what } : {}) });
}

interface Request {
  readonly session: Session;
  readonly map: ResourceMap;
  readonly flags: GenerateFlags;
  readonly name: string;
  /** Words after the name: a command. */
  readonly rest: readonly string[];
  /** The word before the name, for types that have one. */
  readonly kind: string;
}

const GENERATORS: Readonly<Record<string, (request: Request) => Generated | Promise<Generated>>> = {
  clusterrole: ({ name, flags, map }) => role('ClusterRole', name, { flags, map }),
  clusterrolebinding: ({ name, flags }) => binding('ClusterRoleBinding', name, flags),
  configmap: ({ name, flags }) => configMap(name, flags),
  cronjob: ({ name, rest, flags }) => cronJob(name, rest, flags),
  deployment: ({ name, rest, flags }) => deployment(name, rest, flags),
  ingress: ({ name, flags }) => ingress(name, flags),
  job: async ({ session, map, name, rest, flags }) => {
    if (flags.from === undefined) return job(name, rest, flags);
    const source = await selectOne(session, map, [flags.from], 'cronjob');
    return jobFromCronJob(name, await session.json({ path: objectPath(source.resource, source.namespace, source.name) }));
  },
  namespace: ({ name }) => namespace(name),
  poddisruptionbudget: ({ name, flags }) => disruptionBudget(name, flags),
  priorityclass: ({ name, flags }) => priorityClass(name, flags),
  quota: ({ name, flags }) => quota(name, flags),
  role: ({ name, flags, map }) => role('Role', name, { flags, map }),
  rolebinding: ({ name, flags }) => binding('RoleBinding', name, flags),
  secret: ({ name, kind, flags }) => secret(kind, name, flags),
  service: ({ name, kind, flags }) => service(kind, name, flags),
  serviceaccount: ({ name }) => serviceAccount(name),
};

async function createToken(session: Session, map: ResourceMap, name: string, flags: GenerateFlags): Promise<void> {
  const path = objectPath(map.resolve('serviceaccounts'), session.namespace, name, 'token');
  const answer = await session.json<{ status: { token: string } }>({ method: 'POST', path, body: tokenRequest(flags.duration === undefined ? undefined : durationSeconds(flags.duration)) });
  session.io.stdout.write(`${answer.status.token}\n`);
}

/** `kubectl expose`: a Service for each object. */
export async function expose(session: Session, map: ResourceMap, args: readonly string[], flags: GenerateFlags): Promise<void> {
  const selections = await select(session, map, args, flags.filename ? { filename: flags.filename } : {});
  for (const { object } of await fetchObjects(session, selections, {})) await createObject(session, map, exposing(object, flags), { flags, verb: 'exposed' });
}
