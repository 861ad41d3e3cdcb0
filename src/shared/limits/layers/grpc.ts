/**
 * Limits of the gRPC observer. Messages of any size are relayed and counted; these bound what is kept or believed. No thread of
 * its own.
 */

/** Octets that a message may announce, 1 GiB: implementations take 4 MiB unless told otherwise, protobuf at most 2 GiB. */
export const GRPC_MESSAGE_BYTES = 1_073_741_824

/** Octets kept of a trailer frame of gRPC-Web or an end-of-stream message of Connect: a status and its message have below 1 KiB. */
export const GRPC_TRAILER_BYTES = 8_192

/** Characters kept of a status message: implementations keep theirs below the 8 KiB of a header list. */
export const GRPC_STATUS_MESSAGE_CHARACTERS = 1_024

/**
 * Octets that a captured message may decompress to, 64 KiB: what one record of the ring can carry at most, and below a millisecond
 * of inflating on the loop.
 */
export const GRPC_DECOMPRESSED_BYTES = 65_536
