/**
 * The variables that `exec` sets, alone and over what an environment had before.
 */

import t from 'tap'
import { proxyUrl, proxyVariables } from '../../../src/cli/exec/proxy-variables.ts'
import { TRUST_VARIABLES } from '../../../src/cli/trust/trust-variables.ts'
import { FAKE_FILES } from '../../support/fake-machine.ts'

const place = { host: '127.0.0.1', port: 8080 }

t.test('URLs', async (t) => {
  t.equal(proxyUrl(place), 'http://127.0.0.1:8080')
  t.equal(proxyUrl({ host: '::1', port: 1 }), 'http://[::1]:1')
  t.equal(proxyUrl({ ...place, credentials: { name: 'a:b', password: 'p@ss/word' } }), 'http://a%3Ab:p%40ss%2Fword@127.0.0.1:8080')
})

t.test('all variables', async (t) => {
  const variables = proxyVariables(place, FAKE_FILES, {})
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']) {
    t.equal(variables[name], 'http://127.0.0.1:8080', name)
  }
  for (const { name, effect } of TRUST_VARIABLES) t.equal(variables[name], effect === 'adds' ? FAKE_FILES.ca : FAKE_FILES.bundle, name)
  t.match(variables, { NO_PROXY: '', no_proxy: '', NODE_USE_ENV_PROXY: '1', WGETRC: FAKE_FILES.wgetrc })
  t.match(variables['JAVA_TOOL_OPTIONS'], '-Dhttp.nonProxyHosts= -Djavax.net.ssl.trustStore=/ca/ca-truststore.p12 ')
})

t.test('what the environment had before', async (t) => {
  const env = { no_proxy: 'localhost, .corp.example', NODE_EXTRA_CA_CERTS: '/company.pem', JAVA_TOOL_OPTIONS: '-Xmx1g' }
  const variables = proxyVariables(place, { ...FAKE_FILES, trustStore: '/a b/t.p12' }, env)
  t.equal(variables['NO_PROXY'], 'localhost, .corp.example')
  t.equal(variables['NODE_EXTRA_CA_CERTS'], FAKE_FILES.bundle, 'it holds the company’s root as well')
  t.match(
    variables['JAVA_TOOL_OPTIONS'],
    /^-Xmx1g .*-Dhttp\.nonProxyHosts=localhost\|\*\.localhost\|\*\.corp\.example "-Djavax\.net\.ssl\.trustStore=\/a b\/t\.p12"/,
  )
  const both = proxyVariables(place, FAKE_FILES, { NO_PROXY: '', no_proxy: 'a.example' })
  t.match(both, { NO_PROXY: '', no_proxy: 'a.example' }, 'each stays as it was')
  t.match(proxyVariables(place, FAKE_FILES, { NO_PROXY: '*' })['JAVA_TOOL_OPTIONS'], '-Dhttp.nonProxyHosts=* ')
  t.equal(proxyVariables(place, FAKE_FILES, { NODE_EXTRA_CA_CERTS: FAKE_FILES.ca })['NODE_EXTRA_CA_CERTS'], FAKE_FILES.ca)
})
