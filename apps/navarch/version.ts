/**
 * The release of Kubernetes that this build speaks.
 */

/** As nodes and `/version` report it. */
export const KUBERNETES_VERSION = 'v1.36.0';
