/**
 * The life of an ingress class.
 *
 * Source: kubernetes `pkg/registry/networking/ingressclass`, `pkg/apis/networking/validation`.
 */
import { child, type FieldError, forbiddenField, notSupported, required, tooLong } from '#machinery/field-error.ts';
import type { Column, Strategy } from '#machinery/kind.ts';
import { nameIsDnsLabel, validateDomainPrefixedPath, validatePathSegmentName } from '#machinery/names.ts';
import { ageColumn, nameColumn, NONE } from '../../cells.ts';
import { dnsSubdomain, immutable, invalidEach } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { nextGeneration, startGeneration } from '../../strategy.ts';
import type { IngressClass, IngressClassParametersReference } from './schema.ts';

const MAX_CONTROLLER = 250;

/** Rules of an ingress class's life. */
export const ingressClassStrategy: Strategy<IngressClass> = {
  unconditionalUpdate: true,
  prepareForCreate: startGeneration,
  prepareForUpdate: (draft, stored) => nextGeneration(draft, stored, !sameValue(draft.spec, stored.spec)),
  validate,
  validateUpdate: (ingressClass, stored) => [
    ...immutable('spec.controller', ingressClass.spec.controller, stored.spec.controller),
    ...validate(ingressClass),
  ],
};

function validate({ spec }: IngressClass): FieldError[] {
  const { controller, parameters } = spec;
  const errors: FieldError[] = [];
  if (!controller) errors.push(required('spec.controller'));
  else {
    if (Buffer.byteLength(controller) > MAX_CONTROLLER) errors.push(tooLong('spec.controller', MAX_CONTROLLER));
    errors.push(...invalidEach('spec.controller', controller, validateDomainPrefixedPath(controller)));
  }
  return parameters ? [...errors, ...parameterRules('spec.parameters', parameters)] : errors;
}

function parameterRules(field: string, { apiGroup, kind, name, scope, namespace }: IngressClassParametersReference): FieldError[] {
  const errors = apiGroup === undefined ? [] : dnsSubdomain(child(field, 'apiGroup'), apiGroup);
  for (const [member, value] of Object.entries({ kind, name })) {
    errors.push(...(value ? invalidEach(child(field, member), value, validatePathSegmentName(value)) : [required(child(field, member))]));
  }
  const inNamespace = child(field, 'namespace');
  if (scope === undefined) errors.push(required(child(field, 'scope')));
  else if (scope === 'Namespace')
    errors.push(
      ...(namespace === undefined
        ? [required(inNamespace, "`parameters.scope` is set to 'Namespace'")]
        : invalidEach(inNamespace, namespace, nameIsDnsLabel(namespace, false))),
    );
  else if (scope !== 'Cluster') errors.push(notSupported(child(field, 'scope'), scope, ['Cluster', 'Namespace']));
  else if (namespace !== undefined) errors.push(forbiddenField(inNamespace, "`parameters.scope` is set to 'Cluster'"));
  return errors;
}

function parametersText({ spec: { parameters } }: IngressClass): string {
  if (!parameters) return NONE;
  const kind = parameters.apiGroup === undefined ? parameters.kind : `${parameters.kind}.${parameters.apiGroup}`;
  return `${kind}/${parameters.name}`;
}

const DEFAULT_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class';

/** What `kubectl get ingressclasses` shows. */
export const ingressClassColumns: readonly Column<IngressClass>[] = [
  { ...nameColumn, cell: ({ metadata }) => `${metadata.name ?? ''}${metadata.annotations?.[DEFAULT_ANNOTATION] === 'true' ? ' (default)' : ''}` },
  {
    name: 'Controller',
    type: 'string',
    description: 'Controller that is responsible for handling this class',
    cell: ({ spec }) => spec.controller ?? '',
  },
  { name: 'Parameters', type: 'string', description: 'A reference to a resource with additional parameters', cell: parametersText },
  ageColumn,
];
