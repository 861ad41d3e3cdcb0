/**
 * UserError: one line; system errors in the operator's words, bugs left as they are.
 */

import t from 'tap'
import { asUserError, isSystemError, messageOf, stackOf, systemReason, UserError } from '../../src/shared/errors.ts'

t.equal(new UserError('is taken', '127.0.0.1:8080', 'choose another port').message, '127.0.0.1:8080: is taken; choose another port')
t.equal(new UserError('is taken', '', 'choose another').message, 'is taken; choose another')

const system = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' })
const worded = asUserError(system, '127.0.0.1:8080')
t.ok(worded instanceof UserError)
t.match(worded, { message: /^127\.0\.0\.1:8080: the address is already in use \(EADDRINUSE\); stop/, cause: system })

const bug = new TypeError('x is not a function')
t.equal(asUserError(bug, 'here'), bug)
t.equal(asUserError(worded, 'there'), worded, 'worded once')
const unknown = Object.assign(new Error('odd'), { code: 'EODD' })
t.equal(asUserError(unknown, 'here'), unknown)

const listening = Object.assign(new Error('listen'), { code: 'EADDRINUSE', address: '::1', port: 80 })
t.match(asUserError(listening), { where: '::1:80' })
const opening = Object.assign(new Error('open'), { code: 'EACCES', path: '/root/x' })
t.match(asUserError(opening), { where: '/root/x', what: /permission denied/ })

const denied = Object.assign(new Error("EACCES: permission denied, open '/root/x'"), { code: 'EACCES' })
t.equal(systemReason(denied), 'permission denied (EACCES)')
t.equal(systemReason(system), 'listen EADDRINUSE')
t.equal(systemReason(bug), 'x is not a function')
t.same([denied, bug, 'EACCES'].map(isSystemError), [true, false, false])

const thrown = new TypeError('no')
t.same([messageOf(thrown), messageOf('text'), messageOf(undefined)], ['no', 'text', 'undefined'])
t.match(stackOf(thrown), /^TypeError: no\n\s+at /)
t.equal(stackOf(Object.assign(new Error('bare'), { stack: undefined })), 'bare')
t.equal(stackOf(7), '7')
