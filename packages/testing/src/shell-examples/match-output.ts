/** Words in angle brackets that stand for something, such as `<peer key>`, and what they stand for. */
export type Values = Map<string, string>

const PLACEHOLDER = /<([a-z][a-z0-9 -]*)>/
const TIME = /\d[\d.,]* ?(?:ms|s|min|seconds|minutes)(?![\w/])/
const SIZE = /\d[\d.,]* ?(?:B|bytes|kB|MB|GB)(?!\w)/
const PERCENT = /\d[\d.,]* ?%/
const PORT = /\b((?:[\w.-]+\.)?localhost|127\.0\.0\.1):(\d{2,5})/
const PARTS = new RegExp(
  [/…/, PLACEHOLDER, PORT, TIME, SIZE, PERCENT]
    .map(({ source }) => `(?:${source.replaceAll(/\((?!\?)/g, '(?:')})`)
    .join('|'),
  'g'
)

/**
 * Compares what a command printed with what its page shows.
 *
 * `…` stands for any text within a line, a line of `…` alone for any lines. Times, sizes, percentages and ports on this machine may
 * be others. `<words>` stands for text without spaces, the same at each place. Empty lines and spaces at the ends of lines say nothing.
 *
 * @param values what placeholders stand for; new ones are added when the output fits
 * @param isWhole false: more may come after what is expected
 * @returns whether it fits
 */
export function matchOutput(
  expected: readonly string[],
  output: string,
  values: Values,
  isWhole = true
): boolean {
  const found = new Map<string, string>() // by the names of groups
  const body = expected.map((line) =>
    line.trim() === '…' ? '(?:.*\\n)*?' : `${patternOf(line.trimEnd(), values, found)}\\n`
  )
  const match = new RegExp(`^${body.join('')}${isWhole ? '$' : ''}`).exec(plainLines(output))
  if (!match) return false
  for (const [group, name] of found) values.set(name, match.groups?.[group] ?? '')
  return true
}

/** Puts what is known in the place of placeholders and ports. @throws when a placeholder is not known */
export function fillIn(command: string, values: Values): string {
  return command
    .replace(new RegExp(PLACEHOLDER, 'g'), (all, name: string) => {
      const value = values.get(name)
      if (value === undefined && command.includes(`</${name}>`)) return all // markup
      if (value === undefined) throw new Error(`nothing before it told what ${all} is`)
      return value
    })
    .replace(new RegExp(PORT, 'g'), (all, host: string, port: string) => {
      const value = values.get(`port ${port}`)
      return value === undefined ? all : `${host}:${value}`
    })
}

/** Without colours, empty lines, and what a slow or busy machine adds: steps that take long, another port. */
export function plainLines(output: string): string {
  return output
    .replaceAll(COLOUR, '')
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) =>
      line
        .slice(line.lastIndexOf('\r') + 1)
        .replace(/\([\d.]+ms each, /, '(')
        .trimEnd()
    )
    .filter((line) => line !== '' && !ADDED.test(line))
    .map((line) => `${line}\n`)
    .join('')
}

// eslint-disable-next-line no-control-regex
const COLOUR = /\u001B\[[0-9;?]*[A-Za-z]/g
const ADDED =
  /^\s*(\[sitedrive\] |Sitedrive: )?(Reading |Rolling back to|Comparing|Storing|Writing the index|Opening |Asking |Looking |Waiting |Joining |Seed \w+…: \d|Stopping\.|Warning: The port \d+ is taken)|^\[11ty\] Benchmark /

function patternOf(line: string, values: Values, found: Map<string, string>): string {
  let pattern = ''
  let from = 0
  for (const { 0: part, index } of line.matchAll(PARTS)) {
    pattern += literal(line.slice(from, index)) + partPattern(part, values, found)
    from = index + part.length
  }
  return pattern + literal(line.slice(from))
}

function partPattern(part: string, values: Values, found: Map<string, string>): string {
  if (part === '…') return '.*?'
  const [, name] = PLACEHOLDER.exec(part) ?? []
  if (name !== undefined) return valuePattern(name, '\\S+?', values, found)
  const [, host, port] = PORT.exec(part) ?? []
  if (host !== undefined) return `${literal(host)}:${valuePattern(`port ${port}`, '\\d+', values, found)}`
  if (PERCENT.test(part)) return '\\d[\\d.,]* ?%'
  return TIME.test(part) ? TIME.source : SIZE.source
}

function valuePattern(name: string, any: string, values: Values, found: Map<string, string>): string {
  const known = values.get(name)
  if (known !== undefined) return literal(known)
  const group = `v${[...name].map((letter) => letter.codePointAt(0)?.toString(16)).join('_')}`
  if (found.has(group)) return `\\k<${group}>`
  found.set(group, name)
  return `(?<${group}>${any})`
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
