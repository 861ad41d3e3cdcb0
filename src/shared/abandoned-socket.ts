/**
 * isAbandonedSocket: whether a Unix socket's file was left behind by a process that was killed, so that another may take its place.
 * No thread of its own.
 */

import { lstatSync } from 'node:fs'
import { connect } from 'node:net'

/** True for a socket that refuses connections: nobody listens on it. A live one, and any other kind of file, is somebody's. */
export function isAbandonedSocket(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) {
      resolve(false)
      return
    }
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(false)
    })
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
}
