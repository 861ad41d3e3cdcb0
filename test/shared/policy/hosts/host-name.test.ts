/**
 * canonicalHost: case, brackets, the root's dot, IDN.
 */

import t from 'tap'
import { canonicalHost } from '../../../../src/shared/policy/hosts/host-name.ts'

t.equal(canonicalHost('Example.COM'), 'example.com')
t.equal(canonicalHost('example.com.'), 'example.com')
t.equal(canonicalHost('example.com..'), 'example.com')
t.equal(canonicalHost('[2001:DB8::1]'), '2001:db8::1')
t.equal(canonicalHost('bücher.example'), 'xn--bcher-kva.example')
t.equal(canonicalHost('.'), '.')
t.equal(canonicalHost(''), '')
