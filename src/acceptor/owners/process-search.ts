/**
 * Which process holds a socket, and what its program is called (proc(5): `/proc/<pid>/fd`, `exe`, `comm`). Linux. Main thread; every
 * look into the file system is asynchronous.
 *
 * The search walks the processes of one user, those first that were found lately: a client opens many connections. A process of
 * another user can be looked into by root only.
 */

import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { DESCRIPTORS_AT_ONCE, RECENT_PROCESSES } from '../../shared/limits/policy.ts'

export class ProcessSearch {
  readonly #root: string
  /** Found lately, the last at the end. */
  #recent: string[] = []

  constructor(root = '/proc') {
    this.#root = root
  }

  /** Name of the program that holds the socket `inode`, of the user `uid`. Gives up when `isOver` says so. */
  async nameOf(inode: number, uid: number, isOver: () => boolean): Promise<string | undefined> {
    const target = `socket:[${inode}]`
    for (const pid of await this.#candidates()) {
      if (isOver()) return undefined
      if (!(await this.#isOf(pid, uid)) || !(await this.#holds(pid, target, isOver))) continue
      this.#recent = [...this.#recent.filter((known) => known !== pid), pid].slice(-RECENT_PROCESSES)
      return this.programOf(pid)
    }
    return undefined
  }

  /** Name of the file that process `pid` runs; else what it calls itself. */
  async programOf(pid: string): Promise<string | undefined> {
    const file = await quietly(readlink(`${this.#root}/${pid}/exe`))
    // A program that was replaced while it ran.
    if (file !== undefined) return basename(file.replace(/ \(deleted\)$/, ''))
    return (await quietly(readFile(`${this.#root}/${pid}/comm`, 'utf8')))?.trim()
  }

  async #candidates(): Promise<string[]> {
    const all = (await quietly(readdir(this.#root)))?.filter((name) => /^\d+$/.test(name)) ?? []
    // The newest have the highest numbers: clients are younger than services.
    const rest = all.filter((pid) => !this.#recent.includes(pid)).sort((a, b) => Number(b) - Number(a))
    return [...this.#recent.toReversed(), ...rest]
  }

  async #isOf(pid: string, uid: number): Promise<boolean> {
    return (await quietly(stat(`${this.#root}/${pid}`)))?.uid === uid
  }

  async #holds(pid: string, target: string, isOver: () => boolean): Promise<boolean> {
    const folder = `${this.#root}/${pid}/fd`
    const descriptors = (await quietly(readdir(folder))) ?? []
    for (let at = 0; at < descriptors.length && !isOver(); at += DESCRIPTORS_AT_ONCE) {
      const some = descriptors.slice(at, at + DESCRIPTORS_AT_ONCE)
      const targets = await Promise.all(some.map((descriptor) => quietly(readlink(`${folder}/${descriptor}`))))
      if (targets.includes(target)) return true
    }
    return false
  }
}

/** Processes end while they are looked at, and others may not be looked into: that is no error. */
async function quietly<Value>(look: Promise<Value>): Promise<Value | undefined> {
  try {
    return await look
  } catch {
    return undefined
  }
}
