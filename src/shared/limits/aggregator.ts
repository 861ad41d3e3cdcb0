/**
 * Limits of the aggregator: its tables, queues and waits. No thread of its own.
 */

const KIBIBYTE = 1_024
const MEBIBYTE = 1_024 * KIBIBYTE

/** Flows in the flow table. An entry takes about 0.5 KB, so 64 MB at the bound; 10 × the sessions that 20,000 descriptors allow. */
export const FLOW_TABLE_FLOWS = 131_072
/** Open exchanges remembered per flow, 10 × the 100 streams that RFC 9113 §6.5.2 recommends as the least to allow. */
export const FLOW_OPEN_EXCHANGES = 1_000

/**
 * Pause between polls while traffic flows, milliseconds: at first, and at most. A wake costs some 40 µs of CPU with its cold caches,
 * however many records came: 12 ms make at most 84 a second, 48 ms 21. Nobody who reads events sees them later by more. Where a ring
 * fills meanwhile, the thread is called (`ALARM_DIVISOR` in `ring.ts`).
 */
export const POLL_INTERVAL_MS = 12
export const POLL_INTERVAL_MAX_MS = 48
/**
 * Records of one poll below which the next pause is twice as long, and above which it is half. 512 records take some 150 µs, so that
 * the wake is a fifth; 2,048 are half of what may be on its way to one subscriber (`SUBSCRIPTION_QUEUE_EVENTS`).
 */
export const FEW_RECORDS = 512
export const MANY_RECORDS = 2_048
/** A poll that took longer, milliseconds, has left that many thousand records behind it: the next one follows without a pause. */
export const POLL_BEHIND_MS = 4
/** Empty polls in a row before the thread parks on the doorbell: 8 × 12 ms, so that a keep-alive pause does not park it. */
export const IDLE_POLLS_BEFORE_PARK = 8

/** One write buffer of the NDJSON sink, octets: large enough that a write costs little per line. */
export const NDJSON_CHUNK_BYTES = 256 * KIBIBYTE
/** What the NDJSON sink holds before it loses events, octets: half a second at 64 MB/s, the rate of 150,000 lines/s. */
export const NDJSON_QUEUE_BYTES = 32 * MEBIBYTE
/** Wait before a failed write (ENOSPC, EIO) is tried again, milliseconds. */
export const NDJSON_RETRY_MS = 1_000
/** Wait before a full terminal (EAGAIN) is tried again, milliseconds. */
export const NDJSON_FULL_RETRY_MS = 5
/** What closing waits for a sink to write what it holds, milliseconds. */
export const SINK_CLOSE_MS = 5_000

/** In-process subscriptions open at a time. */
export const SUBSCRIPTIONS = 256
/** Events in flight to one subscriber: default, and the most that may be asked for. */
export const SUBSCRIPTION_QUEUE_EVENTS = 4_096
export const SUBSCRIPTION_QUEUE_EVENTS_MAX = 1_048_576
/** Entries in one list of a subscription's filter. */
export const FILTER_ENTRIES = 1_024

/** Distinct values of a label whose values are codes of ours, before `other`. */
export const LABEL_CODES = 256
/** Octets of a host in a label: the longest DNS name (RFC 1035 §2.3.4) is 255 on the wire, 253 as text. */
export const LABEL_HOST_CHARACTERS = 253
/** Hosts watched as candidates for a label of their own; replacing one scans them all, about 1 µs. */
export const HOST_CANDIDATES = 256

/** Limits of the admin server. Scrapers send small heads and take their answer at once. */
export const ADMIN_HEAD_BYTES = 16 * KIBIBYTE
export const ADMIN_HEADERS_TIMEOUT_MS = 5_000
export const ADMIN_REQUEST_TIMEOUT_MS = 10_000
/** So late at most the two above are kept; by default it is 30 s. */
export const ADMIN_TIMEOUT_CHECK_MS = 1_000
export const ADMIN_KEEP_ALIVE_TIMEOUT_MS = 30_000
/**
 * How long a client may take nothing of its answer, at least, and twice that at most: three times what Prometheus waits for a whole scrape. It
 * holds one of the connections below.
 */
export const ADMIN_STALL_MS = 30_000
export const ADMIN_CONNECTIONS = 256
/** Requests on one connection that wait for answers to those before them; scrapers have one. */
export const ADMIN_REQUESTS_WAITING = 16
/** How long the admin server waits for an answer of the main thread, milliseconds: its longest turns are start and reload. */
export const QUESTION_TIMEOUT_MS = 5_000
/** Flows listed by `/flows`: default, and the most that `?limit=` may ask for. */
export const ADMIN_FLOWS_LISTED = 100
export const ADMIN_FLOWS_LISTED_MAX = 1_000

/** What is on its way to one client of the feed or the sidecar, octets, before events are lost: with 128 clients 512 MiB at the worst. */
export const FEED_QUEUE_BYTES = 4 * MEBIBYTE
/** A message from a client of the feed: a filter of 1,024 entries of the longest names fits. */
export const FEED_MESSAGE_BYTES = 256 * KIBIBYTE
/** Between two pings; who has not answered by the next one is gone. Below the 60 s after which middleboxes forget a connection. */
export const FEED_PING_MS = 30_000
/** What closing waits for a client to take what is on its way and answer the close frame, milliseconds. */
export const FEED_CLOSE_MS = 2_000
/** A request to the sidecar: a filter of 1,024 entries of the longest names fits. */
export const SIDECAR_MESSAGE_BYTES = 256 * KIBIBYTE
/** Calls at a time on one connection of the sidecar. */
export const SIDECAR_STREAMS = 256
/** How long the sidecar waits for a reload: 100,000 rules of YAML take 6 s. */
export const RELOAD_TIMEOUT_MS = 60_000
