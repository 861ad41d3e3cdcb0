/**
 * Peers on this machine, which get the classical key agreement groups, clients and origins alike. Worker thread.
 *
 * A post-quantum key share (X25519MLKEM768) protects what is recorded today from a quantum computer of tomorrow. What is said to a
 * peer on this machine never leaves it, and whoever can record the loopback interface can read the memory of both ends. OpenSSL
 * keeps ML-KEM's keys, and the hellos that carry them, as long as the connection: 6 KB with a client, 12 KB with an origin, an
 * eighth of what an idle session takes (`docs/decisions/0004-memory-per-session.md`). What lies behind a peer on this machine is
 * not known: a forwarder that carries a distant peer's TLS unchanged makes it look local.
 */

/** 127.0.0.0/8 (RFC 1122 §3.2.1.3), also as IPv6 sockets show it, and ::1 (RFC 4291 §2.5.3), in the system's spelling. */
const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/

/** `ip`: as the system tells it; empty where the peer came through a Unix socket. */
export function isLocalPeer(ip: string): boolean {
  return ip === '' || LOOPBACK.test(ip)
}
