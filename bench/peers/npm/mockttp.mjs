// mockttp as an intercepting proxy that changes nothing. argv: port, CA certificate, CA key.
import { getLocal } from 'mockttp'

const [port, certPath, keyPath] = process.argv.slice(2)
const server = getLocal({ https: { certPath, keyPath }, recordTraffic: false, http2: false })
await server.forAnyRequest().thenPassThrough()
await server.start(Number(port))
