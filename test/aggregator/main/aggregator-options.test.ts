/** aggregatorOptions: defaults, and what the operator says. */

import t from 'tap'
import { aggregatorOptions } from '../../../src/aggregator/main/aggregator-options.ts'
import { optionsSchema } from '../../../src/shared/options/schema.ts'

t.test('defaults', (t) => {
  t.same(aggregatorOptions(optionsSchema.parse({}), ['a']), {
    admin: '127.0.0.1:9090',
    adminHosts: [],
    events: undefined,
    feed: undefined,
    sidecar: undefined,
    metricHosts: 100,
    redactFields: [
      ...['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key', 'api-key', 'x-goog-api-key'],
      ...['x-amz-security-token', 'x-auth-token'],
    ],
    redactQuery: [
      ...['access_token', 'refresh_token', 'id_token', 'token', 'client_secret', 'password', 'key', 'api_key', 'apikey', 'api-key'],
      ...['sig', 'signature', 'x-amz-signature', 'x-amz-security-token', 'x-goog-signature'],
    ],
    refusalCodes: ['a'],
  })
  t.end()
})

t.test('a file, and no admin server', (t) => {
  const options = optionsSchema.parse({
    admin: false,
    admin_hosts: ['x'],
    feed: { enabled: true, origins: ['http://a'] },
    sidecar: { listen: 'unix:/run/s' },
    events: { file: '-', rotate_keep: 2 },
    limits: { metric_hosts: 0 },
  })
  t.match(aggregatorOptions(options, []), {
    admin: false,
    adminHosts: ['x'],
    events: { file: '-', rotateBytes: 268_435_456, rotateKeep: 2 },
    feed: { clients: 16, queue: 4_096, origins: ['http://a'] },
    sidecar: { listen: 'unix:/run/s', clients: 16, queue: 4_096 },
    metricHosts: 0,
  })
  t.end()
})
