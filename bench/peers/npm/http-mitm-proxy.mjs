// http-mitm-proxy as an intercepting proxy that changes nothing. argv: port, CA folder.
import { Agent } from 'node:https'
import { Proxy as MitmProxy } from 'http-mitm-proxy'

const [port, sslCaDir] = process.argv.slice(2)
const proxy = new MitmProxy()
proxy.onError((_context, error) => error?.code !== 'ECONNRESET' && console.error(error))
proxy.listen({ port: Number(port), host: '127.0.0.1', sslCaDir, keepAlive: true, httpsAgent: new Agent({ keepAlive: true }) })
