import { printable } from '@sitedrive/core'

/** Jekyll's own lines have their topic right-aligned in so many columns. */
const TOPIC_COLUMNS = 20
/** Whatever ends sooner is not worth a word. Milliseconds. */
const QUIET_MS = 500
const DRAW_EVERY_MS = 100

const COLORS = { red: 31, yellow: 33 } as const

/** What the bridge says, in the manner of Jekyll. With `--json` stdout carries one object and nothing else. */
export class Screen {
  readonly isJson: boolean
  private readonly env: NodeJS.ProcessEnv
  private progressText = ''
  private progressSince = 0
  private timer: NodeJS.Timeout | null = null
  private isDrawn = false

  constructor(isJson: boolean, env: NodeJS.ProcessEnv) {
    this.isJson = isJson
    this.env = env
  }

  /** The result as one object; of no effect without `--json`. */
  json(value: unknown): void {
    if (this.isJson) this.write(process.stdout, JSON.stringify(value))
  }

  say(text: string): void {
    this.write(this.isJson ? process.stderr : process.stdout, topic('Sitedrive:') + printable(text))
  }

  /** A line that people copy and programs read. */
  bare(text: string): void {
    this.write(this.isJson ? process.stderr : process.stdout, text)
  }

  warn(text: string): void {
    this.write(process.stderr, this.paint('yellow', topic('Sitedrive warning:') + printable(text)))
  }

  fail(text: string): void {
    // One line, whatever a library said.
    const line = printable(text.replace(/\s*\n\s*/g, ' '))
    this.write(process.stderr, this.paint('red', topic('Sitedrive error:') + line))
  }

  /** On a terminal one line that is written over; elsewhere nothing. */
  progress(text: string): void {
    if (!process.stderr.isTTY || this.env['TERM'] === 'dumb') return
    this.progressText = text
    if (this.timer) return
    this.progressSince = performance.now()
    this.timer = setInterval(() => this.draw(), DRAW_EVERY_MS).unref()
  }

  endProgress(): void {
    if (this.timer) clearInterval(this.timer)
    this.timer = null
    this.clear()
  }

  private draw(): void {
    if (performance.now() - this.progressSince < QUIET_MS) return
    const columns = (process.stderr.columns || 80) - 1
    process.stderr.write(`\r\x1b[K${(topic('Sitedrive:') + this.progressText).slice(0, columns)}`)
    this.isDrawn = true
  }

  private clear(): void {
    if (this.isDrawn) process.stderr.write('\r\x1b[K')
    this.isDrawn = false
  }

  private write(stream: NodeJS.WriteStream, line: string): void {
    this.clear()
    stream.write(`${line}\n`)
  }

  private paint(color: keyof typeof COLORS, text: string): string {
    const isColored = process.stderr.isTTY && !this.env['NO_COLOR'] && this.env['TERM'] !== 'dumb'
    return isColored ? `\x1b[${COLORS[color]}m${text}\x1b[0m` : text
  }
}

function topic(text: string): string {
  return `${text} `.padStart(TOPIC_COLUMNS)
}
