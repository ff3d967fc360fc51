import { QUALIFIED_TEXT, specCases, SUBDOMAIN_TEXT, volumeCases } from '../../../testing/pods.ts';

const projected = (...sources: object[]): object => ({ projected: { sources } });
const bundle = (members: object): object => projected({ clusterTrustBundle: { path: 'ca.pem', ...members } });
const certificate = (members: object): object =>
  projected({ podCertificate: { signerName: 'example.com/s', keyType: 'ED25519', credentialBundlePath: 'c.pem', ...members } });
const files = (...items: object[]): object => ({ downwardAPI: { items } });

volumeCases({
  'all that can be projected': [
    projected(
      { secret: { name: 's', items: [{ key: 'a', path: 'a' }] } },
      { configMap: { name: 'c', items: [{ key: 'b', path: 'b' }] } },
      { downwardAPI: { items: [{ path: 'c', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      { serviceAccountToken: { path: 'token', expirationSeconds: 600 } },
    ),
    [],
  ],
  'nothing to project': [
    projected({ secret: {} }, { configMap: {} }),
    ['projected.sources[0].secret.name: Required value', 'projected.sources[1].configMap.name: Required value'],
  ],
  'a bad mode of what is projected': [
    { projected: { defaultMode: 512, sources: [] } },
    ['projected.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive'],
  ],
  'two kinds in one source': [
    projected({ secret: { name: 's' }, configMap: { name: 'c' } }),
    ['projected.sources[0]: Forbidden: may not specify more than 1 volume type per source'],
  ],
  'the same path twice': [
    projected(
      { secret: { name: 's', items: [{ key: 'a', path: 'a' }] } },
      { configMap: { name: 'c', items: [{ key: 'b', path: 'a' }] } },
      { downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.name' } }] } },
    ),
    ['projected: Invalid value: "c": conflicting duplicate paths', 'projected: Invalid value: "a": conflicting duplicate paths'],
  ],
  'bad keys of what is projected': [
    projected({ secret: { name: 's', items: [{ key: '', path: '..', mode: 512 }] } }),
    [
      'projected.sources[0].secret.items[0].key: Required value',
      'projected.sources[0].secret.items[0].path: Invalid value: "..": must not contain \'..\'',
      'projected.sources[0].secret.items[0].mode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
    ],
  ],
  'a token without path': [projected({ serviceAccountToken: { path: '' } }), ['projected.path: Required value']],
  'a token of five minutes': [
    projected({ serviceAccountToken: { path: 't', expirationSeconds: 300 } }),
    ['projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 300: may not specify a duration less than 10 minutes'],
  ],
  'a token of centuries': [
    projected({ serviceAccountToken: { path: '/t', expirationSeconds: 2 ** 32 + 1 } }),
    [
      'projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
      'projected.path: Invalid value: "/t": must be a relative path',
    ],
  ],
  'trust in a bundle': [bundle({ name: 'example.com:s:b' }), []],
  'trust in a signer': [bundle({ signerName: 'example.com/s', labelSelector: { matchLabels: { a: 'b' } } }), []],
  'trust in nothing': [bundle({}), ['projected.sources[0].clusterTrustBundle: Required value: either name or signerName must be specified']],
  'trust in both': [
    bundle({ name: 'b', signerName: 'example.com/s' }),
    [
      'projected.sources[0].clusterTrustBundle: Invalid value: {"name":"b","signerName":"example.com/s","path":"ca.pem"}: only one of name and signerName may be used',
    ],
  ],
  'trust in a bundle by label': [
    bundle({ name: '', labelSelector: {} }),
    [
      'projected.sources[0].clusterTrustBundle.name: Required value: must be a valid object name',
      `projected.sources[0].clusterTrustBundle.name: Invalid value: "": not a valid clustertrustbundlename: ${SUBDOMAIN_TEXT}`,
      'projected.sources[0].clusterTrustBundle.labelSelector: Invalid value: {}: labelSelector must be unset if name is specified',
    ],
  ],
  'trust in a bundle that is none': [
    bundle({ name: 'A b' }),
    [`projected.sources[0].clusterTrustBundle.name: Invalid value: "A b": not a valid clustertrustbundlename: ${SUBDOMAIN_TEXT}`],
  ],
  'trust in a signer that is none': [
    bundle({ signerName: 'example', labelSelector: { matchLabels: { 'a b': 'c' } } }),
    [
      'projected.sources[0].clusterTrustBundle.signerName: Invalid value: "example": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
      `projected.sources[0].clusterTrustBundle.labelSelector.matchLabels: Invalid value: "a b": ${QUALIFIED_TEXT}`,
    ],
  ],
  'trust in no signer': [
    bundle({ signerName: '' }),
    [
      'projected.sources[0].clusterTrustBundle.signerName: Required value: must be a valid signer name',
      'projected.sources[0].clusterTrustBundle.signerName: Required value',
    ],
  ],
  'trust outside the volume': [
    bundle({ name: 'b', path: '../b' }),
    ['projected.sources[0].clusterTrustBundle.path: Invalid value: "../b": must not contain \'..\''],
  ],
  'a certificate': [certificate({ maxExpirationSeconds: 3600 }), []],
  'a certificate of nothing': [
    certificate({ signerName: '', keyType: '', credentialBundlePath: '' }),
    [
      'projected.sources[0].podCertificate.signerName: Required value',
      'projected.sources[0].podCertificate.keyType: Unsupported value: "": supported values: "RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"',
      'projected.sources[0].podCertificate: Required value: specify at least one of credentialBundlePath, keyPath, and certificateChainPath',
    ],
  ],
  'a certificate of an hour less': [
    certificate({ maxExpirationSeconds: 3599 }),
    ['projected.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 3599: if provided, maxExpirationSeconds must be >= 3600'],
  ],
  'a certificate of a year': [
    certificate({ maxExpirationSeconds: 31536000 }),
    ['projected.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 31536000: if provided, maxExpirationSeconds must be <= 7862400'],
  ],
  'a certificate of two days by Kubernetes': [
    certificate({ signerName: 'kubernetes.io/s', maxExpirationSeconds: 172800 }),
    ['projected.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 172800: if provided, maxExpirationSeconds must be <= 86400'],
  ],
  'certificates outside the volume': [
    certificate({ credentialBundlePath: '/a', keyPath: '../b', certificateChainPath: '..c' }),
    [
      'projected.sources[0].podCertificate.credentialBundlePath: Invalid value: "/a": must be a relative path',
      'projected.sources[0].podCertificate.keyPath: Invalid value: "../b": must not contain \'..\'',
      'projected.sources[0].podCertificate.certificateChainPath: Invalid value: "..c": must not start with \'..\'',
    ],
  ],
  'a key where the certificate is': [certificate({ keyPath: 'c.pem' }), ['projected: Invalid value: "c.pem": conflicting duplicate paths']],
  'annotations of a certificate': [
    certificate({ userAnnotations: { 'example.com/a': 'b', plain: 'c' } }),
    ['projected.sources[0].podCertificate.userAnnotations[plain]: Invalid value: "plain": must be a domain-prefixed key (such as "acme.io/foo")'],
  ],
  'fields as files': [
    files(
      { path: 'a', fieldRef: { fieldPath: "metadata.annotations['Example.com/Key']" }, mode: 0o400 },
      { path: 'b', resourceFieldRef: { containerName: 'c', resource: 'limits.cpu', divisor: '1m' } },
    ),
    [],
  ],
  'a file of nothing': [
    files({ path: '' }),
    ['downwardAPI.path: Required value', 'downwardAPI: Required value: one of fieldRef and resourceFieldRef is required'],
  ],
  'a file of two': [
    files({ path: 'a', fieldRef: { fieldPath: 'metadata.name' }, resourceFieldRef: { containerName: 'c', resource: 'limits.cpu' } }),
    ['downwardAPI: Invalid value: "resource": fieldRef and resourceFieldRef can not be specified simultaneously'],
  ],
  'a file of a field that only variables have': [
    files({ path: 'a', fieldRef: { fieldPath: 'status.podIP' } }),
    [
      'downwardAPI.fieldRef.fieldPath: Unsupported value: "status.podIP": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"',
    ],
  ],
  'a file of a field that is none': [
    files({ path: 'a', fieldRef: { fieldPath: 'spec.nothing' } }),
    ['downwardAPI.fieldRef.fieldPath: Invalid value: "spec.nothing": error converting fieldPath: field label not supported: spec.nothing'],
  ],
  'a file of no field': [files({ path: 'a', fieldRef: { fieldPath: '' } }), ['downwardAPI.fieldRef.fieldPath: Required value']],
  'a file of a label that is none': [
    files({ path: 'a', fieldRef: { fieldPath: "metadata.labels['a b']" } }),
    [`downwardAPI.fieldRef: Invalid value: "a b": ${QUALIFIED_TEXT}`],
  ],
  'a file of a name by key': [
    files({ path: 'a', fieldRef: { fieldPath: "metadata.name['a']" } }),
    [
      "downwardAPI.fieldRef.fieldPath: Invalid value: \"metadata.name['a']\": error converting fieldPath: field label does not support subscript: metadata.name['a']",
    ],
  ],
  "a file of nobody's resource": [
    files({ path: 'a', resourceFieldRef: { resource: 'limits.cpu' } }),
    ['downwardAPI.resourceFieldRef.containerName: Required value'],
  ],
  'a file of no resource': [
    files({ path: 'a', resourceFieldRef: { containerName: 'c', resource: '' } }),
    ['downwardAPI.resourceFieldRef.resource: Required value'],
  ],
  'a file of a resource that is none': [
    files({ path: 'a', resourceFieldRef: { containerName: 'c', resource: 'limits.bananas' } }),
    [
      'downwardAPI.resourceFieldRef.resource: Unsupported value: "limits.bananas": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"',
    ],
  ],
  'a file of a resource divided oddly': [
    files({ path: 'a', resourceFieldRef: { containerName: 'c', resource: 'limits.memory', divisor: '3' } }),
    [
      'downwardAPI.resourceFieldRef.divisor: Invalid value: "limits.memory": only divisor\'s values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the memory resource',
    ],
  ],
  'files with modes and paths that are none': [
    files({ path: '/a', mode: 512, fieldRef: { fieldPath: 'metadata.uid' } }),
    [
      'downwardAPI.path: Invalid value: "/a": must be a relative path',
      'downwardAPI.mode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
    ],
  ],
});

specCases({
  'a token for nobody': [
    { volumes: [{ name: 'v', ...projected({ serviceAccountToken: { path: 't' } }) }] },
    ['volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set'],
  ],
});
