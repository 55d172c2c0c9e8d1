// Draws a dry stone wall. The build draws the one that the page comes with; the browser draws others.

interface Stone {
  /** Corners, clockwise from the upper left. */
  corners: [number, number][]
  /** Which of the shades it has. */
  shade: number
}

const SHADES = 6
const GAP = 2.4

/** Numbers from 0 to 1, the same for a seed every time. */
function chances(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The heights of the courses from the top: big stones lie below. */
function courses(height: number, chance: () => number): number[] {
  const heights: number[] = []
  let left = height
  for (let size = 15; left > size * 1.4; size += 3.1) {
    const course = size * (0.9 + chance() * 0.25)
    heights.push(course)
    left -= course
  }
  return [...heights, left]
}

/** Where the joints of a course are: none above one of the course below, so that every stone rests on two. */
function joints(width: number, size: number, below: number[], chance: () => number): number[] {
  const found: number[] = []
  let at = -chance() * size
  while (at < width + size) {
    at += size * (1.1 + chance() * 1.5)
    const near = below.find((joint) => Math.abs(joint - at) < size * 0.32)
    if (near !== undefined) at = near + size * 0.42
    found.push(at)
  }
  return found
}

function stonesOf(width: number, height: number, seed: number): Stone[] {
  const chance = chances(seed)
  const jitter = (size: number) => (chance() - 0.5) * size
  const stones: Stone[] = []
  const cope = 30
  const rows = courses(height - cope, chance)
  let bottom = height
  let below: number[] = []
  for (const row of rows.toReversed()) {
    const edges = joints(width, row, below, chance)
    let left = -row
    for (const right of edges) {
      const wobble = row * 0.16
      stones.push({
        corners: [
          [left + GAP + jitter(wobble), bottom - row + GAP + jitter(wobble * 0.6)],
          [right - GAP + jitter(wobble), bottom - row + GAP + jitter(wobble * 0.6)],
          [right - GAP + jitter(wobble), bottom - GAP + jitter(wobble * 0.5)],
          [left + GAP + jitter(wobble), bottom - GAP + jitter(wobble * 0.5)]
        ],
        shade: Math.floor(chance() * SHADES)
      })
      left = right
    }
    below = edges
    bottom -= row
  }
  // The cope: stones on edge, leaning on one another, whose weight holds the wall together.
  for (let left = -20; left < width + 20; ) {
    const right = left + 11 + chance() * 12
    const top = bottom - cope * (0.62 + chance() * 0.38)
    const lean = 5
    stones.push({
      corners: [
        [left + lean + GAP * 0.6, top + jitter(3)],
        [right + lean - GAP * 0.6, top + jitter(3)],
        [right - GAP * 0.6, bottom - GAP * 0.5],
        [left + GAP * 0.6, bottom - GAP * 0.5]
      ],
      shade: Math.floor(chance() * SHADES)
    })
    left = right
  }
  return stones
}

/** A polygon whose corners are worn. */
function outline(corners: [number, number][]): string {
  const between = (a: [number, number], b: [number, number], part: number): string =>
    `${(a[0] + (b[0] - a[0]) * part).toFixed(1)} ${(a[1] + (b[1] - a[1]) * part).toFixed(1)}`
  return `${corners
    .map((corner, index) => {
      const before = corners.at(index - 1)!
      const after = corners[(index + 1) % corners.length]!
      const [x, y] = corner.map((value) => value.toFixed(1))
      return `${index === 0 ? 'M' : 'L'}${between(corner, before, 0.24)}Q${x} ${y} ${between(corner, after, 0.24)}`
    })
    .join('')}Z`
}

/** The stones as the inside of an `<svg>`; a style sheet gives the shades their colors. */
export function drawWall(width: number, height: number, seed: number): string {
  return stonesOf(width, height, seed)
    .map(({ corners, shade }, index) => {
      const delay = Math.round((index / 140) * 900)
      return `<path class="stone s${shade}" style="--d:${delay}ms" d="${outline(corners)}"/>`
    })
    .join('')
}
