const WIDTH = 760
const HEIGHT = 320
const LEFT = 64
const RIGHT = 240
const TOP = 32
const BOTTOM = 48
/** Readable on white and on black. */
const INK = '#7d8590'
const STROKES = [
  { color: '#2f81f7', dash: '' },
  { color: '#d9730d', dash: '6 3' },
  { color: '#2da44e', dash: '2 3' },
  { color: '#a371f7', dash: '10 3 2 3' },
  { color: '#d6409f', dash: '1 2' }
]

/**
 * @typedef {object} Axis
 * @property {string} label with its unit
 * @property {boolean} [isLog] a zero is not shown then
 */

/**
 * Draws lines as an SVG image without a background.
 *
 * @param {{ title: string, x: Axis, y: Axis, lines: { name: string, points: [number, number][] }[] }} options
 * @returns {string}
 */
export function plot({ title, x, y, lines }) {
  const shown = lines
    .map(({ name, points }) => ({
      name,
      points: points.filter(([a, b]) => (!x.isLog || a > 0) && (!y.isLog || b > 0))
    }))
    .filter(({ points }) => points.length > 0)
  const across = scale(
    x,
    shown.flatMap(({ points }) => points.map(([value]) => value)),
    [LEFT, WIDTH - RIGHT]
  )
  const upwards = scale(
    y,
    shown.flatMap(({ points }) => points.map(([, value]) => value)),
    [HEIGHT - BOTTOM, TOP]
  )
  const parts = [
    text(LEFT, 18, title, 'font-weight="bold"'),
    ...across.ticks.flatMap((value) => [
      line(across.at(value), TOP, across.at(value), HEIGHT - BOTTOM),
      text(across.at(value), HEIGHT - BOTTOM + 16, write(value), 'text-anchor="middle"')
    ]),
    ...upwards.ticks.flatMap((value) => [
      line(LEFT, upwards.at(value), WIDTH - RIGHT, upwards.at(value)),
      text(LEFT - 6, upwards.at(value) + 4, write(value), 'text-anchor="end"')
    ]),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x.label, 'text-anchor="middle"'),
    text(
      0,
      0,
      y.label,
      `text-anchor="middle" transform="translate(14 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)"`
    ),
    ...shown.flatMap(({ name, points }, number) => {
      const { color, dash } = STROKES[number % STROKES.length]
      const stroke = `fill="none" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}"`
      const path = points.map(([a, b]) => `${round(across.at(a))},${round(upwards.at(b))}`).join(' ')
      const top = TOP + 8 + number * 22
      const left = WIDTH - RIGHT + 12
      return [
        `<polyline points="${path}" ${stroke}/>`,
        ...(points.length > 20
          ? []
          : points.map(
              ([a, b]) =>
                `<circle cx="${round(across.at(a))}" cy="${round(upwards.at(b))}" r="3" fill="${color}"/>`
            )),
        `<line x1="${left}" y1="${top}" x2="${left + 24}" y2="${top}" ${stroke}/>`,
        text(left + 30, top + 4, name)
      ]
    })
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">\n${parts.join('\n')}\n</svg>\n`
}

function scale({ isLog = false }, values, [from, to]) {
  const highest = values.length > 0 ? Math.max(...values) : 1
  const lowest = isLog ? Math.min(...values) : 0
  const ticks = isLog ? logTicks(lowest, highest) : linearTicks(highest)
  const [low, high] = [ticks[0], ticks.at(-1)].map((value) => (isLog ? Math.log10(value) : value))
  const at = (value) => from + (((isLog ? Math.log10(value) : value) - low) / (high - low || 1)) * (to - from)
  return { ticks, at }
}

function logTicks(lowest, highest) {
  const decades = Math.log10(highest / lowest)
  const steps = decades > 2.5 ? [1] : [1, 2, 5]
  const ticks = []
  for (let power = Math.floor(Math.log10(lowest)); power <= Math.ceil(Math.log10(highest)); power++)
    ticks.push(...steps.map((step) => step * 10 ** power))
  const first = ticks.findLastIndex((value) => value <= lowest * 1.0001)
  const last = ticks.findIndex((value) => value >= highest * 0.9999)
  return ticks.slice(first, Math.max(last, first + 1) + 1)
}

function linearTicks(highest) {
  const raw = (highest || 1) / 5
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = power * [1, 2, 5, 10].find((each) => each * power >= raw)
  return Array.from({ length: Math.ceil((highest || 1) / step) + 1 }, (_, number) => number * step)
}

function write(value) {
  return Number(value.toPrecision(3)).toLocaleString('en')
}

function text(x, y, content, attributes = '') {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${round(x)}" y="${round(y)}" fill="${INK}" ${attributes}>${safe}</text>`
}

function line(x1, y1, x2, y2) {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${INK}" stroke-opacity="0.25"/>`
}

function round(value) {
  return Math.round(value * 10) / 10
}
