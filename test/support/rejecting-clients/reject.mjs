// GETs argv[3] through the proxy on port argv[2] by node:https over a tunnel; argv[4] is the protocol version.
import { request } from 'node:http'
import { get } from 'node:https'

const [, , proxy, url, version] = process.argv
const { host, hostname } = new URL(url)
request({ port: proxy, host: '127.0.0.1', method: 'CONNECT', path: host })
  .on('connect', (_response, socket) => {
    get(url, { agent: false, socket, servername: hostname, minVersion: version, maxVersion: version }).on('error', () => process.exit(1))
  })
  .end()
