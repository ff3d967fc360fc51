/**
 * Findings that an update need not mend: rules that came, or became stricter, when there were pods already that broke them.
 *
 * Source: kubernetes `pkg/api/pod/util.go` GetValidationOptionsFromPodSpecAndMeta.
 */
import type { FieldError } from '#machinery/field-error.ts';

/** What the findings of such rules say, or where they stand. */
const FORGIVEN: readonly ((error: FieldError) => boolean)[] = [
  ({ field }) => field.includes('pod-deletion-cost'),
  ({ field }) => /[aA]ffinity\b.*\.(labelSelector|namespaceSelector|values)\b/.test(field),
  ({ field }) => /topologySpreadConstraints\[\d+\](\.labelSelector|\.matchLabelKeys|\[)/.test(field),
  ({ message }) => message.endsWith('exists in both matchLabelKeys and labelSelector'),
  ({ message }) => message.includes('is not positive integer multiple of hugepages-'),
  ({ field }) => field.endsWith('.projected.path'),
  ({ field, message }) => field.includes('.sysctls[') && message.includes("may not be specified when 'host"),
  ({ field, message }) => field.endsWith('.volumeDevices') && message.endsWith('when `hostUsers` is false'),
  ({ field, message }) => field.endsWith('.hostNetwork') && message.endsWith('when `hostUsers` is false'),
  ({ message }) => message.endsWith("must not be set to 'RestartContainer' for non-sidecar initContainers"),
  ({ field }) => field.includes('.dnsConfig.searches['),
  ({ field }) => /\.tolerations\[\d+\]\.operator$/.test(field),
];

/** The findings about an update without those that are forgiven because what is `stored` breaks the same rule. */
export function ratcheted(errors: FieldError[], stored: () => readonly FieldError[]): FieldError[] {
  const forgivable = (error: FieldError): boolean => FORGIVEN.some((rule) => rule(error));
  if (!errors.some(forgivable)) return errors;
  const before = new Set(stored().map(({ field, message }) => `${field}: ${message}`));
  return errors.filter((error) => !forgivable(error) || !before.has(`${error.field}: ${error.message}`));
}
