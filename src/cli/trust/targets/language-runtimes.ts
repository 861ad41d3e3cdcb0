/**
 * Trust targets: languages whose programs take roots from a variable, or from the system. Data.
 */

import { exportLine, type TrustTarget, unsetLine } from '../trust-target.ts'

export const LANGUAGE_RUNTIMES: readonly TrustTarget[] = [
  {
    id: 'node',
    title: 'Node.js',
    family: 'runtime',
    detect: (machine) => machine.find('node') !== undefined,
    words:
      'Has its own roots; `NODE_EXTRA_CA_CERTS` adds to them and is read once, at start. Node 22.15 and later also take the system’s store with `--use-system-ca`. Node 22.21, 24.5 and later use a proxy from the environment with `NODE_USE_ENV_PROXY=1`. An SDK that passes its own `ca` follows neither. A Node client that distrusts sends no alert.',
    install: (files) => [exportLine('NODE_EXTRA_CA_CERTS', files.ca)],
    uninstall: () => [unsetLine('NODE_EXTRA_CA_CERTS')],
  },
  {
    id: 'python',
    title: 'Python: ssl, requests, httpx, aiohttp',
    family: 'runtime',
    detect: (machine) => machine.find('python3') !== undefined || machine.find('python') !== undefined,
    words:
      '`ssl` follows `SSL_CERT_FILE`, and else the store that its OpenSSL was built with. requests carries certifi’s bundle and follows `REQUESTS_CA_BUNDLE`; httpx follows `SSL_CERT_FILE`. Both variables replace the roots, hence the bundle. Packages that call `certifi.where()` themselves follow none. Python 3.13 checks strictly (`VERIFY_X509_STRICT`); our certificates pass.',
    install: (files) => [exportLine('SSL_CERT_FILE', files.bundle), exportLine('REQUESTS_CA_BUNDLE', files.bundle)],
    uninstall: () => [unsetLine('SSL_CERT_FILE'), unsetLine('REQUESTS_CA_BUNDLE')],
  },
  {
    id: 'go',
    title: 'Go',
    family: 'runtime',
    detect: (machine) => machine.find('go') !== undefined,
    words:
      'Reads the system’s store; on Linux and the BSDs `SSL_CERT_FILE` replaces its file. On macOS and Windows only the system’s store counts. Programs never use a proxy for `localhost` that the environment names.',
    install: (files) => [exportLine('SSL_CERT_FILE', files.bundle)],
    uninstall: () => [unsetLine('SSL_CERT_FILE')],
  },
  {
    id: 'rust',
    title: 'Rust: cargo, reqwest, ureq',
    family: 'runtime',
    detect: (machine) => machine.find('cargo') !== undefined,
    words:
      'native-tls and rustls-native-certs read the system’s store and follow `SSL_CERT_FILE`; cargo has `CARGO_HTTP_CAINFO`. A program built with webpki-roots carries its roots in the binary: nothing outside it can add one, so its hosts belong into `ignore_hosts`.',
    install: (files) => [exportLine('SSL_CERT_FILE', files.bundle), exportLine('CARGO_HTTP_CAINFO', files.bundle)],
    uninstall: () => [unsetLine('SSL_CERT_FILE'), unsetLine('CARGO_HTTP_CAINFO')],
  },
  {
    id: 'ruby',
    title: 'Ruby',
    family: 'runtime',
    detect: (machine) => machine.find('ruby') !== undefined,
    words: 'Its OpenSSL follows `SSL_CERT_FILE`, which replaces the roots. Bundler has `BUNDLE_SSL_CA_CERT`.',
    install: (files) => [exportLine('SSL_CERT_FILE', files.bundle), exportLine('BUNDLE_SSL_CA_CERT', files.bundle)],
    uninstall: () => [unsetLine('SSL_CERT_FILE'), unsetLine('BUNDLE_SSL_CA_CERT')],
  },
  {
    id: 'deno',
    title: 'Deno',
    family: 'runtime',
    detect: (machine) => machine.find('deno') !== undefined,
    words: 'Carries Mozilla’s roots; `DENO_CERT` adds to them. `DENO_TLS_CA_STORE=system,mozilla` takes the system’s as well.',
    install: (files) => [exportLine('DENO_CERT', files.ca)],
    uninstall: () => [unsetLine('DENO_CERT')],
  },
]
