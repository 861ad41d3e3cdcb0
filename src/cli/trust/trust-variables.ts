/**
 * The variables by which programs are told of certificates. Data.
 */

interface TrustVariable {
  readonly name: string
  readonly effect: 'adds' | 'replaces'
  readonly readers: string
}

export const TRUST_VARIABLES: readonly TrustVariable[] = [
  { name: 'NODE_EXTRA_CA_CERTS', effect: 'adds', readers: 'Node.js, npm, Electron, Bun' },
  { name: 'SSL_CERT_FILE', effect: 'replaces', readers: 'OpenSSL, Python ssl and httpx, Ruby, uv; Go and rustls-native-certs on Unix' },
  { name: 'REQUESTS_CA_BUNDLE', effect: 'replaces', readers: 'Python requests' },
  { name: 'PIP_CERT', effect: 'replaces', readers: 'pip' },
  { name: 'HTTPLIB2_CA_CERTS', effect: 'replaces', readers: 'Python httplib2' },
  { name: 'CURL_CA_BUNDLE', effect: 'replaces', readers: 'curl; Python requests after its own' },
  { name: 'GIT_SSL_CAINFO', effect: 'replaces', readers: 'git' },
  { name: 'npm_config_cafile', effect: 'replaces', readers: 'npm, pnpm' },
  { name: 'AWS_CA_BUNDLE', effect: 'replaces', readers: 'AWS CLI, boto3' },
  { name: 'CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE', effect: 'replaces', readers: 'gcloud' },
  { name: 'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH', effect: 'replaces', readers: 'gRPC: C++, Python, Ruby, PHP' },
  { name: 'CARGO_HTTP_CAINFO', effect: 'replaces', readers: 'cargo' },
  { name: 'DENO_CERT', effect: 'adds', readers: 'Deno' },
  { name: 'BUNDLE_SSL_CA_CERT', effect: 'replaces', readers: 'Bundler' },
  { name: 'NIX_SSL_CERT_FILE', effect: 'replaces', readers: 'Nix and what it builds' },
]
