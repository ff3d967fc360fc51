/**
 * `AdmissionConfiguration`: what plugins are told, in the file itself or in files that it names.
 *
 * Source: apiserver.config.k8s.io/v1; apiserver `admission/config.go`.
 */
import { dirname, resolve } from 'node:path';
import { type ConfigurationType, parseConfigurationText, type ReadFile, readConfigurationText } from '../configuration.ts';
import { readEventRateLimits } from './event-rate-limit.ts';
import { readLimitedResources } from './limited-resources.ts';
import type { PluginConfiguration } from './plugins.ts';
import { readNodeSelectors } from './pod-node-selector.ts';
import { readPodSecurityConfiguration } from './pod-security/configuration.ts';
import { readTolerationConfiguration } from './pod-toleration-restriction.ts';
import { typeMeta } from '#machinery/meta.ts';
import { list, message, optional, rawExtension, required, string } from '#machinery/schema.ts';

const schema = message('apiserver.AdmissionConfiguration', {
  ...typeMeta,
  plugins: optional(
    0,
    list(
      message('apiserver.AdmissionPluginConfiguration', {
        name: required(0, string),
        path: optional(0, string),
        configuration: optional(0, rawExtension),
      }),
    ),
  ),
});

interface Sent {
  readonly plugins?: readonly { readonly name: string; readonly path?: string; readonly configuration?: unknown }[];
}

const TYPE: ConfigurationType = { group: 'apiserver.config.k8s.io', versions: ['v1', 'v1alpha1'], kind: 'AdmissionConfiguration', schema };

const READERS: Readonly<Record<string, (value: unknown, from: string) => PluginConfiguration>> = {
  PodSecurity: (value, from) => ({ podSecurity: readPodSecurityConfiguration(value, from) }),
  EventRateLimit: (value, from) => ({ eventLimits: readEventRateLimits(value, from) }),
  PodNodeSelector: (value, from) => ({ nodeSelectors: readNodeSelectors(value, from) }),
  ResourceQuota: (value, from) => ({ limitedResources: readLimitedResources(value, from) }),
  PodTolerationRestriction: (value, from) => ({ tolerations: readTolerationConfiguration(value, from) }),
};

/** Reads the file at `path` and those that it names; what is said to plugins that take nothing is ignored, as in the original. @throws ConfigurationError */
export function readAdmissionConfiguration(path: string, readFile: ReadFile): PluginConfiguration {
  const { plugins = [] } = readConfigurationText<Sent>(readFile(path), TYPE, path);
  let all: PluginConfiguration = {};
  for (const { name, path: other, configuration } of plugins) {
    const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (!read) continue;
    const from = other ? resolve(dirname(path), other) : path;
    const value = other ? parseConfigurationText(readFile(from), from) : configuration;
    if (value !== undefined && value !== null) all = { ...all, ...read(value, from) };
  }
  return all;
}
