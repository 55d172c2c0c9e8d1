/**
 * Draws the Merkle tree over a log of `length` entries as an SVG that takes its colours from the page.
 *
 * Nodes are numbered in order, as Hypercore does it: leaf `i` is node `2i`, and every parent's number lies between
 * those of its children. So a node's number is also its place from left to right.
 * Source: DEP-0002, "Flat In-Order Trees", https://www.datprotocol.com/deps/0002-hypercore/
 */
export function drawTree(length) {
  if (length === 0) return ''
  const roots = rootsOf(length)
  const height = Math.max(...roots.map((root) => root.depth))
  const x = (node) => 14 + node.index * 20
  const y = (node) => 16 + (height - node.depth) * 34

  const lines = []
  const dots = []
  const visit = (node, isRoot) => {
    if (node.depth === 0) {
      const newest = node.index === 2 * (length - 1)
      if (isRoot)
        dots.push(`<rect class="root" x="${x(node) - 13}" y="${y(node) - 13}" width="26" height="26"/>`)
      dots.push(
        `<rect class="leaf${newest ? ' newest' : ''}" x="${x(node) - 8}" y="${y(node) - 8}" width="16" height="16"/>`
      )
      return
    }
    for (const child of childrenOf(node)) {
      lines.push(`M${x(node)} ${y(node)}H${x(child)}V${y(child)}`)
      visit(child, false)
    }
    if (isRoot) dots.push(`<circle class="root" cx="${x(node)}" cy="${y(node)}" r="11"/>`)
    dots.push(`<circle class="parent" cx="${x(node)}" cy="${y(node)}" r="6"/>`)
  }
  for (const root of roots) visit(root, true)

  const width = 28 + 2 * (length - 1) * 20
  const label = `Merkle tree over ${length} entries, with ${roots.length} ${roots.length === 1 ? 'root' : 'roots'}`
  return `<svg class="tree" viewBox="0 0 ${width} ${height * 34 + 32}" role="img" aria-label="${label}"><path d="${lines.join('')}"/>${dots.join('')}</svg>`
}

/** The full subtrees that cover `length` leaves, largest first: one for each 1 in `length` written in binary. */
function rootsOf(length) {
  const roots = []
  for (let depth = 30, start = 0; depth >= 0; depth--) {
    if ((length & (1 << depth)) === 0) continue
    roots.push({ depth, index: 2 * start + (1 << depth) - 1 })
    start += 1 << depth
  }
  return roots
}

function childrenOf({ depth, index }) {
  const half = 1 << (depth - 1)
  return [index - half, index + half].map((child) => ({ depth: depth - 1, index: child }))
}
