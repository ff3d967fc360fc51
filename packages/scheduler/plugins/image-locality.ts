/**
 * ImageLocality: a node that already has the pod's images starts it sooner.
 *
 * Source: the documented scoring: sizes of present images, weighted by how widely each is spread, between 23 MB and 1000 MB per container.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import { MAX_NODE_SCORE, type Plugin } from '../framework.ts';

const MIN_BYTES = 23 * 1024 * 1024;
const MAX_CONTAINER_BYTES = 1000 * 1024 * 1024;

interface Images {
  readonly names: readonly string[];
  /** For each image, the share of nodes that have it. */
  readonly spread: readonly number[];
}

/** Names as nodes list them: a missing tag means `latest`. */
function normalized(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;
}

function imagesOf(pod: Pod): string[] {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  return containers.map((one) => normalized(one.image ?? ''));
}

/** Image locality. */
export function imageLocality(): Plugin<unknown, Images> {
  return {
    name: 'ImageLocality',
    preScore({ pod }, _nodes, { cache }) {
      const names = imagesOf(pod);
      const spread = names.map((name) => cache.images.share(name));
      // Images that no node has give no node points.
      return spread.some((share) => share > 0) ? { names, spread } : undefined;
    },
    score(_pod, node, { names, spread }) {
      let bytes = 0;
      for (let i = 0; i < names.length; i++) bytes += Math.floor((node.images.get(names[i]!) ?? 0) * spread[i]!);
      const most = MAX_CONTAINER_BYTES * names.length;
      const clamped = Math.min(Math.max(bytes, MIN_BYTES), most);
      return Math.floor((MAX_NODE_SCORE * (clamped - MIN_BYTES)) / (most - MIN_BYTES));
    },
  };
}
