/**
 * JsonPaths: the places in a JSON document that a scanner reports, as a trie. Compiled once per protocol. Worker thread.
 *
 *     [[ID, 'id'], [CODE, 'error', 'code'], [STOP, 'choices', '*', 'finish_reason']]      '*': every element of an array
 */

/** What `path` is where a node is only on the way to others. */
export const NO_PATH = -1

export interface JsonNode {
  /** What the value here is reported as; NO_PATH: not at all. */
  path: number
  readonly keys: { readonly name: Buffer; readonly node: JsonNode }[]
  element: JsonNode | undefined
}

/** A number of the caller's choice, then the keys that lead to the place. Several places may share a number. */
export type JsonPath = readonly [number, ...string[]]

export function compileJsonPaths(paths: readonly JsonPath[]): JsonNode {
  const root = emptyNode()
  for (const [path, ...segments] of paths) {
    let node = root
    for (const segment of segments) node = segment === '*' ? elementOf(node) : memberOf(node, segment)
    node.path = path
  }
  return root
}

function emptyNode(): JsonNode {
  return { path: NO_PATH, keys: [], element: undefined }
}

function elementOf(node: JsonNode): JsonNode {
  node.element ??= emptyNode()
  return node.element
}

function memberOf(node: JsonNode, key: string): JsonNode {
  const name = Buffer.from(key)
  const known = node.keys.find((member) => member.name.equals(name))
  if (known !== undefined) return known.node
  const member = { name, node: emptyNode() }
  node.keys.push(member)
  return member.node
}
