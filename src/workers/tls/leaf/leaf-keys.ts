/**
 * The key pairs of all leaves of one worker: one P-256, one RSA-2048, each made when first needed.
 *
 * One key for all leaves, since they are all ours; never the CA's own, or chain builders that match by key identifier would
 * mix the two up. An RSA pair costs 50 to 300 ms, so it is made off the event loop: sessions await `prepare`. Worker thread.
 */

import { generateKeyPair, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { KeyAlgorithm } from '../x509/certificate-builder.ts'
import { type Asn1, embed } from '../x509/der-writer.ts'

export interface LeafKey {
  readonly keyPem: string
  /** SubjectPublicKeyInfo */
  readonly publicKey: Asn1
}

interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export class LeafKeys {
  #ecdsa: LeafKey | undefined
  #rsa: LeafKey | undefined
  #preparing: Promise<void> | undefined

  /** True where `key` will not have to make the pair. */
  isReady(algorithm: KeyAlgorithm): boolean {
    return algorithm === 'ecdsa' || this.#rsa !== undefined
  }

  /** Makes the pair off the event loop; calls that come meanwhile share it. */
  prepare(algorithm: KeyAlgorithm): Promise<void> {
    if (this.isReady(algorithm)) return Promise.resolve()
    this.#preparing ??= makeRsaPair()
      .then((pair) => {
        this.#rsa ??= leafKey(pair)
      })
      .finally(() => {
        this.#preparing = undefined
      })
    return this.#preparing
  }

  /** The pair, made on the spot if `prepare` was not awaited. */
  key(algorithm: KeyAlgorithm): LeafKey {
    if (algorithm === 'rsa') {
      this.#rsa ??= leafKey(generateKeyPairSync('rsa', { modulusLength: RSA_BITS }))
      return this.#rsa
    }
    this.#ecdsa ??= leafKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }))
    return this.#ecdsa
  }
}

const RSA_BITS = 2048

function makeRsaPair(): Promise<KeyPair> {
  return new Promise((resolve, reject) => {
    generateKeyPair('rsa', { modulusLength: RSA_BITS }, (error, publicKey, privateKey) => {
      if (error === null) resolve({ privateKey, publicKey })
      else reject(error)
    })
  })
}

function leafKey({ privateKey, publicKey }: KeyPair): LeafKey {
  return {
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: embed(publicKey.export({ type: 'spki', format: 'der' })),
  }
}
