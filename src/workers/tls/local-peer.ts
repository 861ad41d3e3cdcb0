/**
 * Peers on this machine, which get the classical key agreement groups, clients and origins alike. Worker thread.
 *
 * A post-quantum key share (X25519MLKEM768) protects what is recorded today from a quantum computer of tomorrow. What is said to a
 * peer on this machine never leaves it, and whoever can record the loopback interface can read the memory of both ends. OpenSSL
 * keeps ML-KEM's keys, and the hellos that carry them, as long as the connection: 6 KB with a client, 12 KB with an origin, an
 * eighth of what an idle session takes (`docs/decisions/0004-memory-per-session.md`). What lies behind a peer on this machine is
 * not known: a forwarder that carries a distant peer's TLS unchanged makes it look local.
 */

import { BlockList } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** `ip`: empty where the peer came through a Unix socket. */
export function isLocalPeer(ip: string): boolean {
  return ip === '' || loopback.check(ip, ip.includes(':') ? 'ipv6' : 'ipv4')
}
