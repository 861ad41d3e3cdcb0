/**
 * Limits of configuration files. No thread of its own.
 */

/** 200,000 rules (the schema's bound) of about 50 octets each; read whole into memory. */
export const CONFIG_FILE_BYTES = 10 * 1024 * 1024

/** Times that the aliases of a YAML file may repeat anchored nodes, multiplied through: the bound on "billion laughs". */
export const CONFIG_ALIASES = 1_000

/** Problems of one configuration that are told: operators stop reading long before, and to place each is a walk through the text. */
export const CONFIG_PROBLEMS = 100

/** For the writer of a pipe, from octet to octet: programs that make a configuration take a second or two. */
export const CONFIG_PIPE_WAIT_MS = 10_000
