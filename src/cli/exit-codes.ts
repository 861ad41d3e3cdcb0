/**
 * Exit codes of the command line, the table of `docs/cli.md`. Main thread.
 */

/** Done, or stopped by a first SIGTERM or SIGINT and drained. */
export const EXIT_OK = 0
/** The system refused something: a port, a file, a directory. */
export const EXIT_FAILED = 1
/** The command line itself was wrong. */
export const EXIT_USAGE = 2
/** The configuration was not accepted. */
export const EXIT_CONFIG = 3
/** A bug of ours: the only case with a stack trace (EX_SOFTWARE of sysexits). */
export const EXIT_BUG = 70
/** A second signal ended the process at once: this and the signal's number. */
export const EXIT_SIGNAL_BASE = 128
