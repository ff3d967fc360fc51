/**
 * Accounts may say that their pods use only the secrets that they list.
 *
 * Source: kubernetes `plugin/pkg/admission/serviceaccount`, annotation `kubernetes.io/enforce-mountable-secrets`.
 */
import type { AdmissionRequest } from './admission.ts';
import { refusal } from './refusal.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import type { PodSpec } from '#kinds/core/pod/schema.ts';
import type { ServiceAccount } from '#kinds/core/service-account/schema.ts';
import type { Draft } from '#machinery/schema.ts';

const ANNOTATION = 'kubernetes.io/enforce-mountable-secrets';

type Env = Draft<Pick<Container, 'name' | 'env' | 'envFrom'>>;

/** @throws StatusError Forbidden for secrets that an account which limits them does not list */
export function checkMountableSecrets(request: AdmissionRequest, spec: Draft<PodSpec>, account: ServiceAccount): void {
  if (account.metadata.annotations?.[ANNOTATION] !== 'true') return;
  const listed = new Set((account.secrets ?? []).map(({ name }) => name));
  const refuse = (what: string, secret: string): void => {
    if (!listed.has(secret))
      throw refusal(
        request,
        `${what}=${JSON.stringify(secret)} is not allowed because service account ${account.metadata.name} does not reference that secret`,
      );
  };
  for (const { secret, projected } of spec.volumes ?? []) {
    if (secret) refuse('volume with secret.secretName', secret.secretName ?? '');
    for (const source of projected?.sources ?? []) if (source.secret) refuse('volume with secret.secretName', source.secret.name ?? '');
  }
  const lists: readonly (readonly [string, readonly Env[] | undefined])[] = [
    ['init container', spec.initContainers],
    ['container', spec.containers],
    ['ephemeral container', spec.ephemeralContainers as readonly Env[] | undefined],
  ];
  for (const [role, containers] of lists) {
    for (const { name, env, envFrom } of containers ?? []) {
      for (const one of env ?? [])
        if (one.valueFrom?.secretKeyRef)
          refuse(`${role} ${name} with envVar ${one.name} referencing secret.secretName`, one.valueFrom.secretKeyRef.name ?? '');
      for (const one of envFrom ?? [])
        if (one.secretRef) refuse(`${role} ${name} with envFrom referencing secret.secretName`, one.secretRef.name ?? '');
    }
  }
  const pulls = new Set((account.imagePullSecrets ?? []).map(({ name }) => name));
  for (const [index, { name = '' }] of (spec.imagePullSecrets ?? []).entries()) {
    if (!pulls.has(name))
      throw refusal(
        request,
        `imagePullSecrets[${index}].name=${JSON.stringify(name)} is not allowed because service account ${account.metadata.name} does not reference that imagePullSecret`,
      );
  }
}
