/**
 * Trust targets: containers. An image has its own system store, and a runtime its own registries' roots. Data; shown, never run.
 */

import type { TrustTarget } from '../trust-target.ts'

export const CONTAINERS: readonly TrustTarget[] = [
  {
    id: 'docker',
    title: 'Docker, Podman',
    family: 'container',
    detect: (machine) => machine.find('docker') !== undefined || machine.find('podman') !== undefined,
    words:
      'Three stores: the image’s while it is built and run (lines of a Dockerfile, or a mount and variables for one container), and the daemon’s own for pulls from a registry (`/etc/docker/certs.d/HOST/ca.crt`, or the host’s system store and a restart of the daemon). `localhost` in a container is the container: the proxy must listen on an address that it reaches, such as `host.docker.internal`.',
    install: ({ ca, bundle }) => [
      { kind: 'show', text: 'COPY ca.pem /usr/local/share/ca-certificates/soth-mitm.crt' },
      { kind: 'show', text: 'RUN update-ca-certificates' },
      {
        kind: 'show',
        text: `docker run -v ${ca}:/soth/ca.pem:ro -v ${bundle}:/soth/ca-bundle.pem:ro -e NODE_EXTRA_CA_CERTS=/soth/ca.pem -e SSL_CERT_FILE=/soth/ca-bundle.pem -e REQUESTS_CA_BUNDLE=/soth/ca-bundle.pem IMAGE`,
      },
      { kind: 'show', text: `sudo install -D -m 644 ${ca} /etc/docker/certs.d/REGISTRY/ca.crt` },
    ],
    uninstall: () => [
      { kind: 'show', text: 'build the image without the lines' },
      { kind: 'show', text: 'sudo rm /etc/docker/certs.d/REGISTRY/ca.crt' },
    ],
  },
]
