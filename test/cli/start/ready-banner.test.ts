/**
 * The ready banner: the curl line for every kind of listener, quoted so that a shell takes it.
 */

import t from 'tap'
import { readyBanner } from '../../../src/cli/start/ready-banner.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'

const ca = { certPath: '/home/u/.soth-mitm/ca.pem', fingerprint: 'AA:BB' }
const banner = (listen: string[], more: { certPath?: string; admin?: string; options?: object } = {}) =>
  readyBanner({ listen, admin: more.admin, ca: { ...ca, certPath: more.certPath ?? ca.certPath } }, parseOptions(more.options ?? {}))

t.match(
  banner(['127.0.0.1:8080'], { admin: '127.0.0.1:9090' }),
  /curl -x http:\/\/127\.0\.0\.1:8080 --cacert \/home\/u\/\.soth-mitm\/ca\.pem https:\/\/example\.com\/\n/,
)
t.match(banner(['127.0.0.1:8080'], { admin: '127.0.0.1:9090' }), /metrics {2}http:\/\/127\.0\.0\.1:9090\/metrics/)
t.match(banner(['127.0.0.1:8080']), /metrics {2}off/)
t.match(banner(['0.0.0.0:81']), /-x http:\/\/127\.0\.0\.1:81 /)
t.match(banner(['[::]:81']), /-x http:\/\/127\.0\.0\.1:81 /)
t.match(banner(['[::1]:81']), /-x 'http:\/\/\[::1\]:81' /, 'zsh takes brackets for a pattern')
t.match(banner(['unix:/s', '127.0.0.1:82']), /-x http:\/\/127\.0\.0\.1:82 /)
t.notMatch(banner(['unix:/s']), /curl/)
t.match(banner(['127.0.0.1:8080'], { certPath: "/it's here/ca.pem" }), /--cacert '\/it'\\''s here\/ca\.pem' /)
const secret = banner(['127.0.0.1:8080'], { options: { proxy_auth: { users: [{ name: 'u', password: 'hunter2' }] } } })
t.match(secret, / -U u /)
t.notMatch(secret, /hunter2/)
