import messages from 'hyperbee/lib/messages.js'
import { KEY_PREFIX, type SetEntry } from './index-op.js'

/** As in hyperbee: a node of its B-tree has at most so many children, and this many at least unless it is the root. */
const MOST_CHILDREN = 9
const FEWEST_CHILDREN = 5

/** A node: numbers of blocks in place of its keys, and two numbers for each child: its block, and its place in that block. */
interface Node {
  keys: number[]
  children: number[]
}

/**
 * The blocks of an index in which all is new, in the order of the entries. Hyperbee would add one entry after the other, keep all
 * states of all nodes until the end, and leave most nodes half full. Here each node is made once.
 *
 * A node may be in any block; here it is in that of its first key. The last block has the root in front, where readers begin.
 *
 * @param entries at least one, each under a path of its own
 * @param firstBlock the number of the first block
 */
export function* firstIndex(entries: readonly SetEntry[], firstBlock: number): Generator<Buffer> {
  const keys = entries.map(({ path }) => Buffer.from(KEY_PREFIX + path))
  const last = keys.length - 1
  const { root, nodes } = treeOver(keys, firstBlock)
  for (const [at, { blob, metadata }] of entries.entries()) {
    const own = nodes.get(at)
    const levels = own ? [own] : []
    if (at === last) levels.unshift(root)
    yield messages.Node.encode({
      index: messages.YoloIndex.encode({ levels }),
      key: keys[at] as Buffer,
      value: Buffer.from(JSON.stringify({ executable: false, linkname: null, blob, metadata }))
    })
  }
}

/** @returns the nodes by the place of their first key in `keys`; the root apart */
function treeOver(keys: readonly Buffer[], firstBlock: number): { root: Node; nodes: Map<number, Node> } {
  const places = Uint32Array.from(keys.keys())
  const sorted = places.sort((a, b) => Buffer.compare(keys[a] as Buffer, keys[b] as Buffer))
  const last = keys.length - 1
  const nodes = new Map<number, Node>()

  /**
   * @param start the keys from here to `end`; between them and around them are as many gaps and one more
   * @param mostGaps of a child; 1: the node has no children
   */
  const nodeOver = (start: number, end: number, mostGaps: number, fewest: number): Node => {
    const node: Node = { keys: [], children: [] }
    const gaps = end - start + 1
    const count = mostGaps === 1 ? gaps : Math.max(fewest, Math.ceil(gaps / mostGaps))
    let from = start
    for (let nth = 1; nth <= count; nth++) {
      const to = start + Math.floor((gaps * nth) / count) - 1
      if (mostGaps > 1) {
        const child = nodeOver(from, to, mostGaps / MOST_CHILDREN, FEWEST_CHILDREN)
        const place = (child.keys[0] as number) - firstBlock
        nodes.set(place, child)
        node.children.push(firstBlock + place, place === last ? 1 : 0)
      }
      if (to < end) node.keys.push(firstBlock + (sorted[to] as number))
      from = to + 1
    }
    return node
  }
  let mostGaps = 1
  while (mostGaps * MOST_CHILDREN < keys.length + 1) mostGaps *= MOST_CHILDREN
  return { root: nodeOver(0, keys.length, mostGaps, 2), nodes }
}
