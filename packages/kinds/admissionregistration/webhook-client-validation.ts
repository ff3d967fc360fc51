/**
 * Rules about how the API server reaches a webhook: admission webhooks and conversion webhooks share them.
 *
 * Source: apiserver `pkg/util/webhook/validation.go`.
 */
import { child, type FieldError, invalid, required } from '#machinery/field-error.ts';
import { validateDns1123Subdomain, validatePortNumber } from '#machinery/names.ts';
import type { ServiceReference, WebhookClientConfig } from './rules.ts';

const URL_FORM = '; desired format: https://host[/path]';

/** Rules of a webhook's address: a URL or a service. */
export function webhookClientFindings(field: string, config: WebhookClientConfig | undefined): FieldError[] {
  const { url, service } = config ?? {};
  if ((url === undefined) === (service === undefined)) return [required(field, 'exactly one of url or service is required')];
  return service ? serviceFindings(child(field, 'service'), service) : urlFindings(child(field, 'url'), url!);
}

function urlFindings(field: string, text: string): FieldError[] {
  const url = URL.parse(text);
  if (!url) {
    if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return [required(field, `url must be a valid URL: parse ${JSON.stringify(text)}: invalid URL${URL_FORM}`)];
    return [invalid(field, '', `'https' is the only allowed URL scheme${URL_FORM}`), invalid(field, '', `host must be specified${URL_FORM}`)];
  }
  const errors: FieldError[] = [];
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'https') errors.push(invalid(field, scheme, `'https' is the only allowed URL scheme${URL_FORM}`));
  if (!url.host) errors.push(invalid(field, url.host, `host must be specified${URL_FORM}`));
  if (url.username)
    errors.push(invalid(field, url.password ? `${url.username}:${url.password}` : url.username, 'user information is not permitted in the URL'));
  if (url.hash) errors.push(invalid(field, url.hash.slice(1), 'fragments are not permitted in the URL'));
  if (url.search) errors.push(invalid(field, url.search.slice(1), 'query parameters are not permitted in the URL'));
  return errors;
}

function serviceFindings(field: string, { name, namespace, path, port }: ServiceReference): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(required(child(field, 'name'), 'service name is required'));
  if (!namespace) errors.push(required(child(field, 'namespace'), 'service namespace is required'));
  const texts = validatePortNumber(port ?? 0);
  if (texts.length) errors.push(invalid(child(field, 'port'), port, `port is not valid: ${texts.join(',')}`));
  return [...errors, ...pathFindings(child(field, 'path'), path ?? '')];
}

function pathFindings(field: string, path: string): FieldError[] {
  if (path === '' || path === '/') return [];
  if (path === '//') return [invalid(field, path, 'segment[0] may not be empty')];
  const errors = path.startsWith('/') ? [] : [invalid(field, path, "must start with a '/'")];
  const tail = path.slice(1);
  const segments = (tail.endsWith('/') ? tail.slice(0, -1) : tail).split('/');
  for (const [index, segment] of segments.entries()) {
    if (segment) for (const text of validateDns1123Subdomain(segment)) errors.push(invalid(field, path, `segment[${index}]: ${text}`));
    else errors.push(invalid(field, path, `segment[${index}] may not be empty`));
  }
  return errors;
}
