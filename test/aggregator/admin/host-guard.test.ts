/** HostGuard: the DNS rebinding table. */

import t from 'tap'
import { HostGuard, type HostVerdict } from '../../../src/aggregator/admin/host-guard.ts'

const guard = new HostGuard(['Admin.Corp.example', 'metrics.internal:9090', 'rooted.example.'])

const TABLE: readonly (readonly [hosts: readonly string[], version: string, verdict: HostVerdict, why: string])[] = [
  [['localhost'], '1.1', 'allowed', 'this machine'],
  [['localhost:9090'], '1.1', 'allowed', 'with the port'],
  [['LOCALHOST:1'], '1.1', 'allowed', 'names have no case; the port is of no account'],
  [['app.localhost'], '1.1', 'allowed', 'RFC 6761 §6.3: never resolved elsewhere'],
  [['localhost.'], '1.1', 'allowed', 'fully qualified'],
  [['127.0.0.1:9090'], '1.1', 'allowed', 'an address cannot be rebound'],
  [['10.1.2.3'], '1.1', 'allowed', 'nor can that of a container or a NAT'],
  [['[::1]:9090'], '1.1', 'allowed', 'IPv6 literal'],
  [['[2001:db8::7]'], '1.1', 'allowed', 'IPv6 literal without port'],
  [['[::ffff:127.0.0.1]:80'], '1.1', 'allowed', 'mapped IPv4'],
  [['admin.corp.example'], '1.1', 'allowed', 'configured, other case'],
  [['metrics.internal'], '1.1', 'allowed', 'configured with a port'],
  [['rooted.example'], '1.1', 'allowed', 'configured with the root’s dot'],
  [[], '1.0', 'allowed', 'health checks of HTTP/1.0; no browser sends it'],
  [['attacker.example'], '1.1', 'unknown', 'the attack'],
  [['attacker.example:9090'], '1.1', 'unknown', 'the attack with our port'],
  [['attacker.example'], '1.0', 'unknown', 'whatever the version'],
  [['localhost.attacker.example'], '1.1', 'unknown', 'begins with a name of ours'],
  [['xlocalhost'], '1.1', 'unknown', 'ends with a name of ours'],
  [['127.0.0.1.attacker.example'], '1.1', 'unknown', 'begins with an address'],
  [['127.0.0.1.nip.io'], '1.1', 'unknown', 'a public name of our address'],
  [['sub.admin.corp.example'], '1.1', 'unknown', 'configured names are exact'],
  [['0x7f000001'], '1.1', 'unknown', 'no address in a form that URLs are normalised to'],
  [['127.1'], '1.1', 'unknown', 'nor this one'],
  [['256.1.1.1'], '1.1', 'unknown', 'no address'],
  [[], '1.1', 'malformed', 'RFC 9112 §3.2: 400 without Host'],
  [[''], '1.1', 'malformed', 'empty'],
  [['localhost', 'attacker.example'], '1.1', 'malformed', 'RFC 9112 §3.2: 400 with two'],
  [['localhost', 'localhost'], '1.1', 'malformed', 'even if they agree'],
  [['localhost,attacker.example'], '1.1', 'malformed', 'a list'],
  [['user@localhost'], '1.1', 'malformed', 'user information is no part of Host'],
  [['localhost:'], '1.1', 'malformed', 'empty port'],
  [['localhost:99999999'], '1.1', 'malformed', 'no port'],
  [['::1'], '1.1', 'malformed', 'IPv6 without brackets'],
  [['[::1'], '1.1', 'malformed', 'bracket not closed'],
  [['[:::1]'], '1.1', 'malformed', 'no IPv6 address'],
  [['[fe80::1%25eth0]'], '1.1', 'malformed', 'a zone is no part of a URL’s host that browsers send'],
  [['local host'], '1.1', 'malformed', 'space'],
  [['x'.repeat(300)], '1.1', 'malformed', 'longer than a name can be'],
]

/** Host, and the target: RFC 9112 §3.2.2. */
const ABSOLUTE: readonly (readonly [host: string, target: string, verdict: HostVerdict, why: string])[] = [
  ['localhost', 'http://127.0.0.1:9090/metrics', 'allowed', 'both may be'],
  ['attacker.example', 'http://localhost/flows', 'allowed', 'Host must be ignored'],
  ['localhost', 'http://attacker.example/flows', 'unknown', 'the authority counts'],
  ['localhost', 'HTTP://[::1]/', 'allowed', 'a scheme has no case'],
  ['a b', 'http://localhost/', 'malformed', 'a Host that is none excuses nothing'],
  ['localhost', 'http://user@localhost/', 'malformed', 'user information'],
  ['localhost', 'http:///flows', 'malformed', 'no authority'],
  ['localhost', 'https://localhost/flows', 'malformed', 'no https is spoken here'],
]

for (const [host, target, verdict, why] of ABSOLUTE) t.equal(guard.check([host], '1.1', target), verdict, `${target}: ${why}`)

for (const [hosts, version, verdict, why] of TABLE) {
  t.equal(guard.check(hosts, version), verdict, `${JSON.stringify(hosts).slice(0, 60)} HTTP/${version}: ${why}`)
}
