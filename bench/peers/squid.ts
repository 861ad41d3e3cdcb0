/**
 * squid with ssl-bump: real interception in C++. Peeks at the ClientHello, then bumps; leaves from its certificate helper, cached.
 */

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { versionOf } from '../support/machine.ts'
import { freePort } from '../support/program.ts'
import type { Peer } from './peer.ts'
import { startProgram } from './program-peer.ts'

/** Where Debian and the others put squid's own helper. */
const CERTIFICATE_HELPER = versionOf('sh', ['-c', 'ls /usr/lib*/squid/security_file_certgen 2>/dev/null'])

/** squid refuses to work as root; this is the user that its Debian package makes. */
const USER = 'proxy'
const isRoot = process.getuid?.() === 0

export const squid: Peer = {
  name: 'squid (ssl-bump)',
  description: 'one worker, peek then bump, no cache, no access log, certificate helper with 16 MB of cached leaves',
  version: () => (CERTIFICATE_HELPER === undefined ? undefined : versionOf('squid', ['-v'])?.replace('Squid Cache: Version ', '')),
  start: async ({ pki, folder }) => {
    const port = await freePort()
    const pem = join(folder, 'ca-both.pem')
    writeFileSync(pem, readFileSync(pki.ca, 'utf8') + readFileSync(pki.caKey, 'utf8'), { mode: 0o600 })
    const store = join(folder, 'certificates')
    execFileSync(CERTIFICATE_HELPER ?? '', ['-c', '-s', store, '-M', '16MB'], { stdio: 'ignore' })
    mkdirSync(join(folder, 'core'), { recursive: true })
    const file = join(folder, 'squid.conf')
    const configuration = `
http_port 127.0.0.1:${port} ssl-bump tls-cert=${pem} generate-host-certificates=on dynamic_cert_mem_cache_size=16MB
sslcrtd_program ${CERTIFICATE_HELPER} -s ${store} -M 16MB
sslcrtd_children 5 startup=1 idle=1
acl step1 at_step SslBump1
ssl_bump peek step1
ssl_bump bump all
tls_outgoing_options cafile=${pki.ca} min-version=1.2
acl local dst 127.0.0.0/8 ::1
http_access allow all
cache deny all
memory_cache_mode disk
cache_mem 8 MB
access_log none
cache_log ${folder}/cache.log
cache_store_log none
pid_filename ${folder}/squid.pid
coredump_dir ${folder}/core
pinger_enable off
max_filedescriptors 16384
workers 1
netdb_filename none
icon_directory /usr/share/squid/icons
via off
forwarded_for transparent
client_idle_pconn_timeout 600 seconds
server_idle_pconn_timeout 600 seconds
shutdown_lifetime 0 seconds
${isRoot ? `cache_effective_user ${USER}` : ''}
`
    writeFileSync(file, configuration)
    if (isRoot) {
      chmodSync(pki.folder, 0o711)
      execFileSync('chown', ['-R', USER, folder])
    }
    return startProgram({ command: 'squid', args: ['-N', '-n', `soth${port}`, '-f', file], port }, pki.ca, false, configuration)
  },
}
