/**
 * MB/s of the record tracker over application data, in socket reads of 64 KiB, against doing nothing but a call. One process.
 */

import { ORIGIN } from '../src/shared/side.ts'
import type { RecordHandler } from '../src/workers/tls/records/record-handler.ts'
import { RecordTracker } from '../src/workers/tls/records/record-tracker.ts'

const TOTAL_BYTES = 4e9
const READ_BYTES = 65_536

const SILENT: RecordHandler = {
  onClientHello() {},
  onServerHello() {},
  onHandshakeMessage() {},
  onAlert() {},
  onEncrypted() {},
  onApplicationData() {},
  onNotTls() {},
  onViolation() {},
}

for (const record of [16_384 + 17, 1400, 100]) {
  const stream = new Uint8Array((record + 5) * Math.ceil((READ_BYTES * 8) / (record + 5)))
  for (let at = 0; at < stream.length; at += record + 5) stream.set([0x17, 3, 3, record >> 8, record & 0xff], at)
  const tracker = new RecordTracker(SILENT)
  const start = process.hrtime.bigint()
  let bytes = 0
  while (bytes < TOTAL_BYTES) {
    for (let at = 0; at < stream.length; at += READ_BYTES) tracker.execute(ORIGIN, stream.subarray(at, at + READ_BYTES))
    bytes += stream.length
  }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9
  const perRecord = (seconds * 1e9) / (bytes / (record + 5))
  console.log(`records of ${String(record).padStart(6)}: ${(bytes / 1e6 / seconds).toFixed(0)} MB/s, ${perRecord.toFixed(1)} ns per record`)
}
