/**
 * startNghttpd: a real nghttpd (nghttp2) as an HTTP/2 origin over TLS: `/small` has 6 octets, `/large` one MiB, and trailers follow both.
 */

import type { Test } from 'tap'
import { startChildOrigin } from './child-origin.ts'

export const LARGE_OCTETS = 1_048_576

/** Resolves to its port; stopped with the test. */
export function startNghttpd(t: Test): Promise<number> {
  return startChildOrigin(t, {
    command: 'nghttpd',
    args: (folder, port) => ['-a', '127.0.0.1', '-d', folder, '--trailer=x-end: yes', '--echo-upload', `${port}`, 'key.pem', 'cert.pem'],
    files: () => ({ small: 'small\n', large: 'x'.repeat(LARGE_OCTETS) }),
  })
}
