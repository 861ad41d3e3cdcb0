/** Mirror test of `src/shared/targets/absolute-form.ts`. */

import t from 'tap'
import { isAbsoluteForm, parseAbsoluteForm } from '../../../src/shared/targets/absolute-form.ts'

t.test('taken apart', async (t) => {
  const rows: [string, string, string, string, number, string][] = [
    ['GET', 'http://A.example', 'A.example', 'a.example', 80, '/'],
    ['GET', 'HTTP://a.example:8080/x/../y?z=http://b/', 'a.example:8080', 'a.example', 8080, '/x/../y?z=http://b/'],
    ['GET', 'http://a.example:?q', 'a.example:', 'a.example', 80, '/?q'],
    ['GET', 'http://a.example//b', 'a.example', 'a.example', 80, '//b'],
    ['GET', 'http://[2001:DB8::1]:1/', '[2001:DB8::1]:1', '2001:db8::1', 1, '/'],
    ['OPTIONS', 'http://a.example', 'a.example', 'a.example', 80, '*'],
    ['OPTIONS', 'http://a.example/', 'a.example', 'a.example', 80, '/'],
    ['OPTIONS', 'http://a.example?q', 'a.example', 'a.example', 80, '/?q'],
  ]
  for (const [method, target, authority, host, port, path] of rows) {
    t.same(parseAbsoluteForm(method, target), { authority, host, port, path }, `${method} ${target}`)
  }
})

t.test('refused', async (t) => {
  const rows: [string, string][] = [
    ['/x', 'connect_bad_target'],
    ['http:/a', 'connect_bad_target'],
    ['http://a#', 'connect_bad_target'],
    ['https://a/', 'connect_https_absolute_form'],
    ['HTTPS://a/', 'connect_https_absolute_form'],
    ['gopher://a/', 'connect_unsupported_scheme'],
    ['http://', 'connect_bad_host'],
    ['http:///a', 'connect_bad_host'],
    ['http://?a', 'connect_bad_host'],
    ['http://b@a/', 'connect_userinfo'],
  ]
  for (const [target, code] of rows) t.match(parseAbsoluteForm('GET', target), { code }, target)
})

t.test('an @ in the path is no user name', async (t) => {
  t.match(parseAbsoluteForm('GET', 'http://a.example/@b'), { host: 'a.example', path: '/@b' })
  t.match(parseAbsoluteForm('GET', 'http://a.example?@b'), { host: 'a.example', path: '/?@b' })
})

t.test('isAbsoluteForm', async (t) => {
  for (const target of ['http://a', 'x+y-1.z://']) t.ok(isAbsoluteForm(target), target)
  for (const target of ['a:1', '/', '*', '1http://a', 'http:a']) t.notOk(isAbsoluteForm(target), target)
})
