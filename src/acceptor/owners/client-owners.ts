/**
 * ClientOwners: the user and the program at the other end of a connection from this very machine. Asked only where a rule asks
 * (`match.user`, `match.process`), once per connection, before its first decision. Linux; elsewhere nobody is known. Main thread.
 *
 *     TCP, loopback or own address   /proc/net/tcp{,6} ─▶ uid, inode ─▶ /proc/<pid>/fd ─▶ program
 *     Unix socket                    SO_PEERCRED ─▶ uid, pid ─▶ program
 *
 * Off the hot path and bounded: files are read by libuv's pool, connections that come together share one reading of the tables, and
 * after a deadline the owner is not known, which no condition matches.
 */

import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { OWNER_DEADLINE_MS } from '../../shared/limits/policy.ts'
import type { ClientOwner } from '../../shared/policy/policy-facts.ts'
import { descriptorOf } from '../../shared/socket-handle.ts'
import type { PeerCredentials } from '../descriptor.ts'
import { ProcessSearch } from './process-search.ts'
import { findSocket, type TableEntry } from './socket-table.ts'

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const
const USERS = '/etc/passwd'
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/

export interface ClientOwnersOptions {
  /** Whether the program is asked for, which costs a search. */
  readonly programs: boolean
  /** Undefined where the platform cannot tell. */
  readonly credentials: PeerCredentials | undefined
}

export class ClientOwners {
  readonly #options: ClientOwnersOptions
  readonly #processes = new ProcessSearch()
  #reading: Promise<string> | undefined = undefined
  #next: Promise<string> | undefined = undefined

  constructor(options: ClientOwnersOptions) {
    this.#options = options
  }

  /** Undefined: the client is not on this machine, so there is nothing to wait for. */
  ownerOf(socket: Socket): Promise<ClientOwner | undefined> | undefined {
    const { remoteAddress, localAddress } = socket
    if (remoteAddress !== undefined && remoteAddress !== localAddress && !LOOPBACK.test(remoteAddress)) return undefined
    return this.#search(socket)
  }

  async #search(socket: Socket): Promise<ClientOwner | undefined> {
    let isLate = false
    let deadline: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      deadline = setTimeout(() => {
        isLate = true
        resolve(undefined)
      }, OWNER_DEADLINE_MS)
    })
    const found = (socket.remoteAddress === undefined ? this.#ofUnixSocket(socket) : this.#ofTcp(socket, () => isLate)).catch(ignore)
    const owner = await Promise.race([found, late])
    clearTimeout(deadline)
    return owner
  }

  async #ofTcp(socket: Socket, isLate: () => boolean): Promise<ClientOwner | undefined> {
    const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket
    const own = { address: remoteAddress, port: remotePort }
    const entry = findSocket(await this.#tables(), own, { address: localAddress, port: localPort })
    if (entry === undefined) return undefined
    const user = await userOf(entry)
    if (!this.#options.programs) return user
    return { ...user, process: await this.#processes.nameOf(entry.inode, entry.uid, isLate) }
  }

  async #ofUnixSocket(socket: Socket): Promise<ClientOwner | undefined> {
    const credentials = this.#options.credentials?.(descriptorOf(socket))
    if (credentials === undefined) return undefined
    const user = await userOf(credentials)
    return { ...user, process: await this.#processes.programOf(String(credentials.pid)) }
  }

  /** The tables as they are from now on: a reading that has begun already may have missed this connection. */
  #tables(): Promise<string> {
    this.#next ??= this.#readNext()
    return this.#next
  }

  async #readNext(): Promise<string> {
    await this.#reading?.catch(ignore)
    this.#reading = this.#next
    this.#next = undefined
    const texts = await Promise.all(TABLES.map((file) => readFile(file, 'latin1').catch(() => '')))
    return texts.join('\n')
  }
}

async function userOf({ uid }: Pick<TableEntry, 'uid'>): Promise<ClientOwner> {
  const users = await readFile(USERS, 'utf8').catch(() => '')
  const [, name] = new RegExp(`^([^:\\n]+):[^:\\n]*:${uid}:`, 'm').exec(users) ?? []
  return { user: name ?? String(uid), uid: String(uid) }
}

function ignore(): undefined {
  return undefined
}
