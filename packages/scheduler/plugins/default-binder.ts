/**
 * DefaultBinder: writes the binding.
 */
import { pods } from '#kinds/core/pod/kind.ts';
import type { Plugin } from '../framework.ts';
import type { PluginHandle } from './registry.ts';

/** Binds through the API. */
export function defaultBinder({ client }: Pick<PluginHandle, 'client'>): Plugin {
  return {
    name: 'DefaultBinder',
    async bind({ pod: { metadata } }, node, _state, signal) {
      const binding = {
        kind: 'Binding',
        apiVersion: 'v1',
        metadata: { namespace: metadata.namespace, name: metadata.name, uid: metadata.uid },
        target: { kind: 'Node', name: node.name },
      };
      await client.of(pods).namespace(metadata.namespace!).sub('POST', metadata.name!, 'binding', binding, signal);
      return true;
    },
  };
}
