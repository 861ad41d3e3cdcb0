/**
 * http3Authority: where an Alt-Svc value offers HTTP/3, so that a client that believes it leaves for UDP, past a proxy of TCP.
 * Pure. Worker thread. RFC 7838 §3, RFC 9114 §3.1.1.
 *
 *     Alt-Svc       = clear / 1#alt-value
 *     alt-value     = alternative *( OWS ";" OWS parameter )
 *     alternative   = protocol-id "=" alt-authority        h3=":443"; ma=86400, h3-29=":443"
 */

/** `h3`, and the drafts that browsers spoke before it; the authority is quoted, without escapes that mean anything. */
const HTTP3 = /(?:^|,)[ \t]*h3(?:-[0-9a-z]{1,8})?=(?:"([^"]{0,255})"|([^\s,;"]{1,255}))/i

/** The authority of the first offer, as `host:port` or `:port`; undefined where there is none. */
export function http3Authority(altSvc: string): string | undefined {
  const match = HTTP3.exec(altSvc)
  return match === null ? undefined : (match[1] ?? match[2])
}
