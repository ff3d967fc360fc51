/**
 * Questions to the authorizer: `authorizer.group('apps').resource('deployments').namespace('a').check('create').allowed()`.
 *
 * Who answers them is injected: an expression's environment has the types, its bindings have an `AuthorizerValue`.
 */
import { type Declaration, type Library, method } from '../functions.ts';
import { BOOL, type CelType, opaque, STRING } from '../types.ts';
import { CelOpaque } from '../values.ts';

/** What is asked. */
export interface AuthorizerQuestion {
  /** Of another user than the one whose request is decided. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  readonly verb: string;
}

/** What is answered. */
export interface AuthorizerAnswer {
  readonly allowed: boolean;
  readonly reason: string;
  /** The authorizer failed. */
  readonly error?: string;
}

/** Answers for the user of the request. */
export type AskAuthorizer = (question: AuthorizerQuestion) => AuthorizerAnswer;

type Draft = Omit<AuthorizerQuestion, 'verb'>;

const of = (name: string): CelType & { readonly kind: 'opaque' } => opaque(`kubernetes.authorization.${name}`) as CelType & { readonly kind: 'opaque' };

/** The type of the variable `authorizer`. */
export const AUTHORIZER = of('Authorizer');
/** The type of the variable `authorizer.requestResource`. */
export const RESOURCE_CHECK = of('ResourceCheck');
const PATH_CHECK = of('PathCheck');
const GROUP_CHECK = of('GroupCheck');
const DECISION = of('Decision');

/** An authorizer, or a question that is not complete yet. */
export class AuthorizerValue extends CelOpaque {
  readonly type: CelOpaque['type'];
  readonly ask: AskAuthorizer;
  readonly draft: Draft;

  constructor(type: CelOpaque['type'], ask: AskAuthorizer, draft: Draft = {}) {
    super();
    this.type = type;
    this.ask = ask;
    this.draft = draft;
  }

  equals(other: CelOpaque): boolean {
    return other === this;
  }
}

class Decision extends CelOpaque {
  readonly type = DECISION;
  readonly answer: AuthorizerAnswer;

  constructor(answer: AuthorizerAnswer) {
    super();
    this.answer = answer;
  }

  equals(other: CelOpaque): boolean {
    return other === this;
  }
}

/** A question costs so much because it can be a call to a webhook. Source: Kubernetes' cost estimator. */
const CHECK_COST = 350_000;

function narrow(name: string, [from, to]: readonly [CelOpaque['type'], CelOpaque['type']], part: (text: string) => Draft): Declaration {
  return method(name, [[from, STRING], to], ({ ask, draft }: AuthorizerValue, text: string) => new AuthorizerValue(to, ask, { ...draft, ...part(text) }));
}

const check = (from: CelType): Declaration => method('check', [[from, STRING], DECISION], ({ ask, draft }: AuthorizerValue, verb: string) => new Decision(ask({ ...draft, verb })), CHECK_COST);

/** The functions of the authorizer. */
export const authorizer: Library = [
  narrow('path', [AUTHORIZER, PATH_CHECK], (path) => ({ path })),
  narrow('group', [AUTHORIZER, GROUP_CHECK], (group) => ({ group })),
  method('serviceAccount', [[AUTHORIZER, STRING, STRING], AUTHORIZER], ({ ask, draft }: AuthorizerValue, namespace: string, name: string) =>
    new AuthorizerValue(AUTHORIZER, ask, { ...draft, serviceAccount: { namespace, name } }),
  ),
  narrow('resource', [GROUP_CHECK, RESOURCE_CHECK], (resource) => ({ resource })),
  narrow('subresource', [RESOURCE_CHECK, RESOURCE_CHECK], (subresource) => ({ subresource })),
  narrow('namespace', [RESOURCE_CHECK, RESOURCE_CHECK], (namespace) => ({ namespace })),
  narrow('name', [RESOURCE_CHECK, RESOURCE_CHECK], (name) => ({ name })),
  narrow('fieldSelector', [RESOURCE_CHECK, RESOURCE_CHECK], (fieldSelector) => ({ fieldSelector })),
  narrow('labelSelector', [RESOURCE_CHECK, RESOURCE_CHECK], (labelSelector) => ({ labelSelector })),
  check(PATH_CHECK),
  check(RESOURCE_CHECK),
  method('allowed', [[DECISION], BOOL], ({ answer }: Decision) => answer.allowed),
  method('reason', [[DECISION], STRING], ({ answer }: Decision) => answer.reason),
  method('errored', [[DECISION], BOOL], ({ answer }: Decision) => answer.error !== undefined),
  method('error', [[DECISION], STRING], ({ answer }: Decision) => answer.error ?? ''),
];
