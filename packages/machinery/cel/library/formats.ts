/** Named formats, which say what is wrong with a text. */
import { validateDns1035Label, validateDns1123Label, validateDns1123Subdomain, validateLabelValue, validateQualifiedName } from '../../names.ts';
import { parseTime } from '../../time.ts';
import { sizeOf } from '../compare.ts';
import { type Declaration, fn, type Library, method } from '../functions.ts';
import { TRAVERSAL } from '../standard/operators.ts';
import { listOf, opaque, optionalOf, STRING } from '../types.ts';
import { CelOpaque, CelOptional, NONE, type Value, ValueList } from '../values.ts';

const FORMAT = opaque('kubernetes.NamedFormat');

type Validate = (text: string) => readonly string[];

class CelFormat extends CelOpaque {
  readonly type = FORMAT as CelOpaque['type'];
  readonly name: string;
  readonly validate: Validate;

  constructor(name: string, validate: Validate) {
    super();
    this.name = name;
    this.validate = validate;
  }

  equals(other: CelOpaque): boolean {
    return other instanceof CelFormat && other.name === this.name;
  }
}

/** Names with a dash at their end stand for what a generated suffix follows. */
const prefix = (validate: Validate): Validate => (text) => validate(text.endsWith('-') ? `${text.slice(0, -1)}a` : text);
const matching = (regex: RegExp, words: string): Validate => (text) => (regex.test(text) ? [] : [words]);

function isUri(text: string): boolean {
  return text.startsWith('/') || URL.canParse(text);
}

function isDateTime(text: string): boolean {
  try {
    parseTime(text);
    return true;
  } catch {
    return false;
  }
}

const FORMATS: readonly (readonly [string, Validate])[] = [
  ['dns1123Label', validateDns1123Label],
  ['dns1123Subdomain', validateDns1123Subdomain],
  ['dns1035Label', validateDns1035Label],
  ['qualifiedName', validateQualifiedName],
  ['dns1123LabelPrefix', prefix(validateDns1123Label)],
  ['dns1123SubdomainPrefix', prefix(validateDns1123Subdomain)],
  ['dns1035LabelPrefix', prefix(validateDns1035Label)],
  ['labelValue', validateLabelValue],
  ['uri', (text) => (isUri(text) ? [] : [`parse ${JSON.stringify(text)}: invalid URI for request`])],
  ['uuid', matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i, 'does not match the UUID format')],
  ['byte', matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'invalid base64')],
  ['date', (text) => (/^\d{4}-\d\d-\d\d$/.test(text) && isDateTime(`${text}T00:00:00Z`) ? [] : ['invalid date'])],
  ['datetime', (text) => (isDateTime(text) ? [] : ['invalid datetime'])],
];

function validated({ validate }: CelFormat, text: string): CelOptional {
  const problems = validate(text);
  return problems.length > 0 ? new CelOptional(new ValueList([...problems])) : NONE;
}

const bySize = ([, text]: readonly Value[]): number => Math.ceil(sizeOf(text!) * TRAVERSAL) * 10;
const known = FORMATS.map(([name, validate]) => new CelFormat(name, validate));

/** `format.named(name)`, `format.dns1123Label()`, …, `validate(text)`. */
export const formats: Library = [
  fn('format.named', [[STRING], optionalOf(FORMAT)], (name: string) => {
    const found = known.find((one) => one.name === name);
    return found ? new CelOptional(found) : NONE;
  }),
  ...known.map((one): Declaration => fn(`format.${one.name}`, [[], FORMAT], () => one)),
  method('validate', [[FORMAT, STRING], optionalOf(listOf(STRING))], validated, bySize),
];
