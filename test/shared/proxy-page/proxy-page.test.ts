/** Mirror test of `src/shared/proxy-page/proxy-page.ts` and its HTML. */

import { createHash } from 'node:crypto'
import t from 'tap'
import { ProxyPage } from '../../../src/shared/proxy-page/proxy-page.ts'
import { parseResponse } from '../../support/recorders/parse-response.ts'

const PEM = '-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n'
const DER = Uint8Array.of(0, 1, 2, 255)
const page = new ProxyPage({ pem: PEM, der: DER }, '127.0.0.1:8080')

function request(method: string, path: string, format?: 'json') {
  return parseResponse(page.respond({ method, path, format }, 0))
}

t.test('the page', async (t) => {
  const { statusLine, fields, body } = request('GET', '/?utm=1')
  t.equal(statusLine, 'HTTP/1.1 200 OK')
  t.match(fields, { 'content-type': 'text/html; charset=utf-8', connection: 'close', 'cache-control': 'no-store', date: /1970/ })
  t.equal(fields['content-length'], String(body.length))
  const html = Buffer.from(body).toString('utf8')
  const hash = createHash('sha256').update(DER).digest('hex')
  t.equal(page.fingerprint.replaceAll(':', '').toLowerCase(), hash)
  t.ok(html.includes(page.fingerprint))
  const names = ['Debian', 'Fedora', 'macOS', 'Windows', 'Firefox', 'Java', 'Node.js', 'Python', 'curl', 'git', 'npm', 'iOS', 'Android']
  for (const name of [...names, 'NODE_EXTRA_CA_CERTS', 'http://127.0.0.1:8080', '-Dhttps.proxyPort=8080']) t.ok(html.includes(name), name)
  t.notMatch(html, /<script|<img|<link|src=|url\(|PROXY_|\/\/PROXY/, 'nothing is loaded, nothing is left to fill in')
  for (const [, href] of html.matchAll(/href="([^"]*)"/g)) t.match(request('GET', href ?? '').statusLine, '200', `${href} is served`)
})

t.test('elements are closed', async (t) => {
  const html = Buffer.from(request('GET', '/').body).toString('utf8')
  const open: string[] = []
  for (const [, slash, name = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
    if (name === 'meta') continue
    if (slash === '/') t.equal(open.pop(), name)
    else open.push(name)
  }
  t.same(open, [])
})

t.test('the certificate', async (t) => {
  const pem = request('GET', '/ca.pem')
  t.equal(Buffer.from(pem.body).toString(), PEM)
  t.match(pem.fields, { 'content-type': 'application/x-pem-file', 'content-disposition': /soth-mitm-ca\.pem/ })
  const der = request('GET', '/ca.crt')
  t.same(Uint8Array.from(der.body), DER)
  t.match(der.fields, { 'content-type': 'application/x-x509-ca-cert', 'content-length': '4' })
})

t.test('HEAD has the fields of GET', async (t) => {
  for (const path of ['/', '/ca.pem', '/ca.crt', '/none']) {
    const head = request('HEAD', path)
    t.equal(head.body.length, 0)
    t.same(head.fields, request('GET', path).fields)
  }
})

t.test('everything else', async (t) => {
  for (const path of ['/x', '//', '/ca.pem/', '/ca.key', '/../ca.pem', '*', '']) t.match(request('GET', path).statusLine, '404', path)
  t.match(request('POST', '/'), { statusLine: /405/, fields: { allow: 'GET, HEAD' } })
  t.match(request('OPTIONS', '*').statusLine, '405')
  t.equal(JSON.parse(Buffer.from(request('GET', '/x', 'json').body).toString()).code, 'page_not_found')
})

t.test('an address from the configuration cannot add markup', async (t) => {
  const odd = new ProxyPage({ pem: PEM, der: DER }, '<b>:1')
  t.notMatch(Buffer.from(odd.respond({ method: 'GET', path: '/' }, 0)).toString(), '<b>')
})
